/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* Takes it all inside one call: the kernel fills the pages, and must notice the limit by itself. */
#include "tests/hostile/hostile.h"

int main(void)
{
    void *at = mmap(NULL, 1UL << 30, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (at == MAP_FAILED)
        return 0;
    for (size_t i = 0; i < 1UL << 30; i += 4096)
        ((volatile char *)at)[i] = 1;
    breach("a gigabyte");
}
