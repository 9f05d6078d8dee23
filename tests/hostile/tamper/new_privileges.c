/* expect: forbidden_call prctl */
/* Takes no_new_privs back. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_prctl, 38, 0, 0, 0);
}
