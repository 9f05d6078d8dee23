/* expect: forbidden_call landlock_create_ruleset */
/* Asks for rule sets. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_landlock_create_ruleset, 0, 0, 1, 0);
}
