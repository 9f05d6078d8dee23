/* expect: forbidden_call mlock */
/* Locks memory, which no accounting could take back. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char page[8192];
    never(SYS_mlock, (long)page, 4096, 0, 0);
}
