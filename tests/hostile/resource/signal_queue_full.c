/* expect: exited 0 */
/* Queues signals to itself while they are blocked: each is kernel memory, and there are 64. */
#include "tests/hostile/hostile.h"

int main(void)
{
    sigset_t all;
    int queued = 0;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    while (queued < 100000 && syscall(SYS_tgkill, 2, 2, SIGRTMIN) == 0)
        queued++;
    return queued < 100000 ? 0 : BREACH;
}
