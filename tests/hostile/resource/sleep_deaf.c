/* expect: wall_limit */
/* Waits with every signal ignored or blocked. The kill is a SIGKILL to its init, which asks
 * nobody. */
#include "tests/hostile/hostile.h"

int main(void)
{
    sigset_t all;
    struct timespec day = {.tv_sec = 86400};
    int word = 0;
    for (int number = 1; number < 65; number++)
        (void)signal(number, SIG_IGN);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, &day, NULL, 0);
}
