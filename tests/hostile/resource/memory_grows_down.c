/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* Takes memory by mappings that grow downwards by themselves. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char *at = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    for (size_t i = 0; i < 1UL << 30; i += 4096)
        at[(1UL << 30) - 1 - i] = 1;
    breach("a gigabyte");
}
