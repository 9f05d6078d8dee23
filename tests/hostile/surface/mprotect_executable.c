/* expect: forbidden_call mprotect */
/* Makes data executable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    static char page[8192];
    never(SYS_mprotect, (long)page, 4096, PROT_READ | PROT_EXEC, 0);
}
