/* expect: wall_limit */
/* profile: compile */
/* In the place of the compiler: waits for ever. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (int word = 0;;)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
