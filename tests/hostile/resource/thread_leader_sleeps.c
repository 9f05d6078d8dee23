/* expect: wall_limit */
/* profile: threads 2 */
/* The first thread ends, a second one waits for ever, deaf to everything. */
#include "tests/hostile/hostile.h"

static void *wait_for_ever(void *argument)
{
    int word = 0;
    while (argument == NULL)
        (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    return argument;
}

int main(void)
{
    sigset_t all;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)pthread_create(&thread, NULL, wait_for_ever, NULL);
    (void)syscall(SYS_exit, 0);
    breach("it went on");
}
