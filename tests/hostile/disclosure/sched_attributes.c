/* expect: forbidden_call sched_getattr */
/* Asks how its init is scheduled. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char attributes[64];
    never(SYS_sched_getattr, 1, (long)attributes, 48, 0);
}
