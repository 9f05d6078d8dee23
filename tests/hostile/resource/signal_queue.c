/* expect: forbidden_call rt_sigqueueinfo */
/* Kills its init with a forged sender. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_rt_sigqueueinfo, 1, SIGKILL, 0, 0);
}
