/* expect: memory_limit @cgroup | exited 0 @rlimits */
/* The same by shared anonymous mappings, which are files of the page cache; populated, since
 * a fault for each page may use up the CPU limit first. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (size_t i = 0; i < 4096; i++) {
        char *piece = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (piece == MAP_FAILED)
            return 0;
        memset(piece, 1, 1 << 20);
    }
    breach("four gigabytes");
}
