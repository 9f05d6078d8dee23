/* expect: forbidden_call fcntl */
/* profile: compile */
/* In the place of the compiler: seals its streams, which it shares with the runner, so that nobody
 * can write or shorten them any more. */
#include "tests/hostile/hostile.h"

int main(void)
{
    if (write(OUTPUT, "x", 1) != 1)
        return 1;
    never(SYS_fcntl, OUTPUT, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SHRINK, 0);
}
