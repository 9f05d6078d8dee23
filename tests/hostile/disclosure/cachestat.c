/* expect: forbidden_call cachestat */
/* The same by the newest call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned long range[2] = {0}, state[5] = {0};
    never(CALL_CACHESTAT, INPUT, (long)range, (long)state, 0);
}
