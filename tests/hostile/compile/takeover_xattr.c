/* expect: forbidden_call setxattr */
/* profile: compile */
/* In the place of the compiler: marks files. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setxattr, (long)"a.c", (long)"user.x", (long)"y", 1);
}
