/* expect: signalled SEGV */
/* Points the area that the kernel reads after each interruption at nonsense: the kernel kills. */
#include "tests/hostile/hostile.h"

#include <sys/rseq.h>

static void on_signal(int number)
{
    (void)number;
}

int main(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    (void)signal(SIGUSR1, on_signal);
    *(volatile uint64_t *)(area + 8) = 0x1234; /* the critical section at hand */
    (void)syscall(SYS_tgkill, 2, 2, SIGUSR1);
    breach("it went on");
}
