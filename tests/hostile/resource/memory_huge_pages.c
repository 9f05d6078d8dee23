/* expect: forbidden_call mmap */
/* Takes a huge page from the pool of the host, past the accounting. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mmap, 0, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
}
