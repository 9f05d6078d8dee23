/* expect: forbidden_call chroot */
/* profile: compile */
/* In the place of the compiler: makes /work its root. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_chroot, (long)"/work", 0, 0, 0);
}
