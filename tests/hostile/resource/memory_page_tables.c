/* expect: memory_limit @cgroup | cpu_limit @cgroup | exited 0 @rlimits */
/* Reads one byte of every two megabytes: the bytes are the shared page of zeros, but each needs
 * a page table, and those are charged too. Where faults are slow, its time is up before. */
#include "tests/hostile/hostile.h"

int main(void)
{
    volatile char *at =
        mmap(NULL, 1UL << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    for (size_t i = 0; i < 1UL << 40; i += 2 << 20)
        (void)at[i];
    breach("two gigabytes of page tables");
}
