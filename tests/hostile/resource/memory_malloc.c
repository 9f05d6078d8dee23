/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* Takes memory by malloc until there is none. The group's OOM counter ends it; without groups
 * malloc says no. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (size_t i = 0; i < 4096; i++) {
        char *piece = malloc(1 << 20);
        if (piece == NULL)
            return 0;
        memset(piece, 1, 1 << 20);
    }
    breach("four gigabytes");
}
