/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* Grows one mapping again and again. */
#include "tests/hostile/hostile.h"

int main(void)
{
    size_t size = 1 << 20;
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    while (at != MAP_FAILED && size < 1UL << 32) {
        memset(at + size / 2, 1, size / 2);
        at = mremap(at, size, size * 2, MREMAP_MAYMOVE);
        size *= 2;
    }
    return at == MAP_FAILED ? 0 : BREACH;
}
