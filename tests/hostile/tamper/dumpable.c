/* expect: forbidden_call prctl */
/* Makes itself traceable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_prctl, 4, 1, 0, 0);
}
