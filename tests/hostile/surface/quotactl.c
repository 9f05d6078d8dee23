/* expect: forbidden_call quotactl */
/* Asks for disk quotas. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_quotactl, 0, 0, 0, 0);
}
