/* expect: forbidden_call kill */
/* Stops its process group, in the hope that init is in it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kill, 0, SIGSTOP, 0, 0);
}
