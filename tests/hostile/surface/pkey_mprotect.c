/* expect: forbidden_call pkey_mprotect */
/* Makes memory executable by the other call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char page[8192];
    never(SYS_pkey_mprotect, (long)page, 4096, PROT_READ | PROT_EXEC, -1);
}
