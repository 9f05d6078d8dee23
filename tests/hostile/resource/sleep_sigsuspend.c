/* expect: forbidden_call rt_sigsuspend */
/* Waits for a signal with a mask of its own. */
#include "tests/hostile/hostile.h"

int main(void)
{
    sigset_t none;
    (void)sigemptyset(&none);
    never(SYS_rt_sigsuspend, (long)&none, 8, 0, 0);
}
