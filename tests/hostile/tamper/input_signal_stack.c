/* expect: signalled SEGV */
/* Makes its input the stack of a signal handler, so that the kernel writes the frame there: it
 * cannot, and the program dies. */
#include "tests/hostile/hostile.h"

static void on_signal(int number)
{
    (void)number;
    breach("a handler on the input");
}

int main(void)
{
    stack_t stack = {.ss_sp = shared_map(INPUT, PROT_READ), .ss_size = SHARED_BYTES};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) < 0)
        return 1;
    (void)sigaction(SIGUSR1, &action, NULL);
    (void)syscall(SYS_tgkill, 2, 2, SIGUSR1);
    breach("it went on");
}
