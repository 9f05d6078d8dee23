/* expect: wall_limit */
/* Waits on a futex that nobody wakes. No CPU time is used: only the wall limit can end it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (int word = 0;;)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}
