/* expect: forbidden_call ptrace */
/* profile: compile */
/* In the place of the compiler: attaches to its init. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ptrace, 16, 1, 0, 0);
}
