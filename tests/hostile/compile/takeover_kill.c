/* expect: forbidden_call kill */
/* profile: compile */
/* In the place of the compiler: kills its init. The tools need no such call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kill, 1, SIGKILL, 0, 0);
}
