/* expect: forbidden_call execve */
/* profile: compile */
/* In the place of the compiler: becomes another program of the view. The tools need no such
 * call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_execve, (long)"/usr/bin/as", 0, 0, 0);
}
