/* expect: forbidden_call setitimer */
/* Sets an interval timer: a storm of signals from the kernel. */
#include "tests/hostile/hostile.h"

#include <sys/time.h>

int main(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 1}};
    never(SYS_setitimer, ITIMER_REAL, (long)&soon, 0, 0);
}
