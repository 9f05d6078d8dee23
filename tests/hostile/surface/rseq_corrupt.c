/* expect: signalled SEGV */
/* Points the area that the kernel reads after each interruption at nonsense: the kernel kills. */
#include "tests/hostile/hostile.h"

#include <sys/rseq.h>

int main(void)
{
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    *(volatile uint64_t *)(area + 8) = 0x1234; /* the critical section at hand */
    for (int i = 0; i < 10000; i++)
        (void)syscall(SYS_sched_yield);
    breach("it went on");
}
