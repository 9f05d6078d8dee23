/* expect: forbidden_call chdir */
/* profile: compile */
/* In the place of the compiler: leaves /work. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_chdir, (long)"/", 0, 0, 0);
}
