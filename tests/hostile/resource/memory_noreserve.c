/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* Reserves a terabyte that costs nothing, then touches it page by page. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *at = mmap(NULL, 1UL << 40, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    for (size_t i = 0; i < 1UL << 30; i += 4096)
        at[i] = 1;
    breach("a gigabyte");
}
