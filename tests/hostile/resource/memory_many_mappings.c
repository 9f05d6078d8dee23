/* expect: exited 0 | memory_limit | cpu_limit */
/* Makes mappings of one page with gaps until the kernel says no: each is kernel memory, bounded
 * in number and charged. On a slow machine the clock says no first. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (int i = 0; i < 1 << 20; i++) {
        int protection = i % 2 == 0 ? PROT_READ : PROT_READ | PROT_WRITE;
        if (mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
            return 0;
    }
    breach("a million mappings");
}
