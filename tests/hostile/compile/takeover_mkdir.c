/* expect: forbidden_call mkdir */
/* profile: compile */
/* In the place of the compiler: makes its output a directory. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mkdir, (long)"a.o", 0700, 0, 0);
}
