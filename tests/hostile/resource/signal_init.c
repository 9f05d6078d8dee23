/* expect: forbidden_call kill */
/* Kills its init, to end the run without a verdict. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kill, 1, SIGKILL, 0, 0);
}
