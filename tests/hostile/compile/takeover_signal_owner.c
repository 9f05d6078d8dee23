/* expect: forbidden_call fcntl */
/* profile: compile */
/* In the place of the compiler: has the kernel send a signal of its choice to init when a
 * descriptor that the runner holds too becomes ready. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fcntl, OUTPUT, F_SETOWN, 1, 0);
}
