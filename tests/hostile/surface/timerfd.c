/* expect: forbidden_call timerfd_create */
/* Makes a timer in the kernel. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_timerfd_create, 0, 0, 0, 0);
}
