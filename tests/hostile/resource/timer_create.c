/* expect: forbidden_call timer_create */
/* Makes timers, each of which is kernel memory. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int id = 0;
    never(SYS_timer_create, CLOCK_MONOTONIC, 0, (long)&id, 0);
}
