/* expect: forbidden_call sched_setaffinity */
/* Moves to another processor, next to the one that is being timed. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned long mask = 3;
    never(SYS_sched_setaffinity, 0, 8, (long)&mask, 0);
}
