/* expect: forbidden_call landlock_restrict_self */
/* Stacks rule sets of its own. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_landlock_restrict_self, INPUT, 0, 0, 0);
}
