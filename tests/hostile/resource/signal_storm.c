/* expect: cpu_limit | signalled SEGV */
/* Raises a signal inside its own handler, nesting until the stack is full, on a stack of its
 * own. */
#include "tests/hostile/hostile.h"

static void on_signal(int number)
{
    (void)syscall(SYS_tgkill, 2, 2, number);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER};
    (void)sigaction(SIGUSR1, &action, NULL);
    for (;;)
        (void)syscall(SYS_tgkill, 2, 2, SIGUSR1);
}
