/* expect: forbidden_call tgkill */
/* Kills its init by the call that it may use on itself: the rule reads the number. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_tgkill, 1, 1, SIGKILL, 0);
}
