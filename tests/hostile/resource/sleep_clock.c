/* expect: forbidden_call clock_nanosleep */
/* Sleeps a day by the other call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct timespec day = {.tv_sec = 86400};
    never(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, (long)&day, 0);
}
