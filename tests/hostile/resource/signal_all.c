/* expect: forbidden_call kill */
/* Kills everything that it can see. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kill, -1, SIGKILL, 0, 0);
}
