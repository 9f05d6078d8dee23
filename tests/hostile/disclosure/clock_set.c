/* expect: forbidden_call clock_settime */
/* Sets the clock. */
#include "tests/hostile/hostile.h"

int main(void)
{
    struct timespec zero = {0};
    never(SYS_clock_settime, CLOCK_REALTIME, (long)&zero, 0, 0);
}
