/* expect: forbidden_call symlinkat */
/* profile: compile */
/* In the place of the compiler: the same by the other call. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_symlinkat, (long)"/etc/passwd", AT_FDCWD, (long)"a.o", 0);
}
