/* expect: forbidden_call setgroups */
/* Drops its groups, some of which may deny. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_setgroups, 0, 0, 0, 0);
}
