/* expect: cpu_limit */
/* Gives pages back and faults them in again, without end. */
#include "tests/hostile/hostile.h"

int main(void)
{
    enum { SIZE = 16 << 20 };
    char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return 1;
    for (;;) {
        for (size_t i = 0; i < SIZE; i += 4096)
            at[i] = 1;
        (void)madvise(at, SIZE, MADV_DONTNEED);
    }
}
