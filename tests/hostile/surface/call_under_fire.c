/* expect: forbidden_call openat */
/* profile: threads 2 */
/* One thread makes a forbidden call again and again while another interrupts it with signals:
 * the call never happens, and the report comes through. */
#include "tests/hostile/hostile.h"

static void on_signal(int number)
{
    (void)number;
}

static void *fire(void *argument)
{
    int target = *(int *)argument;
    for (;;)
        (void)syscall(SYS_tgkill, 2, target, SIGUSR1);
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t thread;
    int own = (int)syscall(SYS_gettid);
    (void)sigaction(SIGUSR1, &action, NULL);
    if (pthread_create(&thread, NULL, fire, &own) != 0)
        return 1;
    for (;;)
        must_fail(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY), "openat");
}
