/* expect: forbidden_call link */
/* profile: compile */
/* In the place of the compiler: plants a hard link. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_link, (long)"/usr/include/stdio.h", (long)"a.o", 0, 0);
}
