/* expect: forbidden_call openat */
/* Handles the signal of a forbidden call, blocks it, and tries: the kill asks no handler. */
#include "tests/hostile/hostile.h"

static void on_call(int number)
{
    (void)number;
    _exit(0);
}

int main(void)
{
    sigset_t all;
    (void)signal(SIGSYS, on_call);
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    never(SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY, 0);
}
