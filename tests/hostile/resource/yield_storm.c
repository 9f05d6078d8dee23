/* expect: cpu_limit */
/* Gives its turn away without end: time in the kernel counts as well. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (;;)
        (void)syscall(SYS_sched_yield);
}
