/* expect: forbidden_call chroot */
/* Changes its root, to climb out of it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_chroot, (long)".", 0, 0, 0);
}
