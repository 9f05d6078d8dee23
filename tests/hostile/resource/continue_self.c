/* expect: forbidden_call tgkill */
/* Sends itself SIGCONT without end: where there is no freezer, each would undo a stop of ours. */
#include "tests/hostile/hostile.h"

int main(void)
{
    for (;;)
        never(SYS_tgkill, 2, 2, SIGCONT, 0);
}
