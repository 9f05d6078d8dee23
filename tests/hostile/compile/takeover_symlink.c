/* expect: forbidden_call symlink */
/* profile: compile */
/* In the place of the compiler: plants a symbolic link where its output is expected. The tools
 * need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_symlink, (long)"/etc/passwd", (long)"a.o", 0, 0);
}
