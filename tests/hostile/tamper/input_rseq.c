/* expect: exited 0 | signalled SEGV */
/* Registers its input as the place where the kernel notes the processor number. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned char *at = shared_map(INPUT, PROT_READ);
    if (at == NULL)
        return 1;
    (void)syscall(SYS_rseq, at, 32, 0, 0x53053053);
    for (int i = 0; i < 100; i++)
        (void)syscall(SYS_sched_yield);
    return 0;
}
