/* expect: forbidden_call setpriority */
/* Makes itself more important than its neighbours. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setpriority, 0, 0, -20, 0);
}
