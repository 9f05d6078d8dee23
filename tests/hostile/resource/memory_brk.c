/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* The same by the program break. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (size_t i = 0; i < 4096; i++) {
        char *piece = sbrk(1 << 20);
        if (piece == (void *)-1)
            return 0;
        memset(piece, 1, 1 << 20);
    }
    breach("four gigabytes");
}
