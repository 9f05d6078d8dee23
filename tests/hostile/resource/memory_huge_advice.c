/* expect: forbidden_call madvise */
/* Asks for transparent huge pages: timings would not repeat. The table has two advices. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char page[8192];
    never(SYS_madvise, (long)page, 4096, MADV_HUGEPAGE, 0);
}
