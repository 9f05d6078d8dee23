/* expect: forbidden_call nanosleep */
/* Sleeps a day. No kernel needs to sleep, so the call is outside the table. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct timespec day = {.tv_sec = 86400};
    never(SYS_nanosleep, (long)&day, 0, 0, 0);
}
