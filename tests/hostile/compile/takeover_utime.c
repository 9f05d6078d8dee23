/* expect: forbidden_call utimensat */
/* profile: compile */
/* In the place of the compiler: makes a header look newer. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_utimensat, AT_FDCWD, (long)"/usr/include/stdio.h", 0, 0);
}
