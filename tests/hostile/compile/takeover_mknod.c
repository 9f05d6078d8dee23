/* expect: forbidden_call mknod */
/* profile: compile */
/* In the place of the compiler: makes its output a pipe that blocks whoever opens it. The tools
 * need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mknod, (long)"a.o", 010600, 0, 0);
}
