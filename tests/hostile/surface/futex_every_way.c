/* expect: exited 0 */
/* Tries every futex operation that the table has, with every flag, on a word that nobody else
 * knows. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static const int operations[] = {FUTEX_WAIT,        FUTEX_WAKE,    FUTEX_REQUEUE,
                                     FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP, FUTEX_WAIT_BITSET,
                                     FUTEX_WAKE_BITSET};
    static const int flags[] = {0, FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME,
                                FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME};
    static unsigned words[2];
    struct timespec soon = {.tv_nsec = 1};
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        for (unsigned f = 0; f < sizeof flags / sizeof flags[0]; f++) {
            words[0] = words[1] = 0;
            (void)syscall(SYS_futex, &words[0], operations[i] | flags[f], 1, &soon, &words[1], 1);
        }
    }
    return 0;
}
