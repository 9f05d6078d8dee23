/* expect: forbidden_call setrlimit */
/* Raises a limit by the old call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    unsigned long all[2] = {-1UL, -1UL};
    never(SYS_setrlimit, 1, (long)all, 0, 0);
}
