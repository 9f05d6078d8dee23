/* expect: forbidden_call clock_adjtime */
/* Skews the clock. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char state[256] = {0};
    never(SYS_clock_adjtime, CLOCK_REALTIME, (long)state, 0, 0);
}
