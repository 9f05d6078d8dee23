/* expect: forbidden_call fork */
/* profile: compile */
/* In the place of the compiler: starts a helper, which shall outlive it. The tools need no such
 * call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fork, 0, 0, 0, 0);
}
