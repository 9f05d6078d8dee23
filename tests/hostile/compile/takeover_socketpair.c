/* expect: forbidden_call socketpair */
/* profile: compile */
/* In the place of the compiler: makes a pair of sockets. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int ends[2];
    never(SYS_socketpair, 1, 5, 0, (long)ends);
}
