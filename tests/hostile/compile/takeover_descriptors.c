/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: opens files until it is refused, at 64. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int opened = 0;
    while (opened < 1000 && open(".", O_RDONLY) >= 0)
        opened++;
    return opened < 64 ? 0 : BREACH;
}
