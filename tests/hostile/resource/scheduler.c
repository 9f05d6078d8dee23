/* expect: forbidden_call sched_setscheduler */
/* Becomes a real-time process. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int one = 1;
    never(SYS_sched_setscheduler, 0, 1, (long)&one, 0);
}
