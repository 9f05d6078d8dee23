/* expect: exited 0 cut */
/* profile: compile */
/* In the place of the compiler: ends well without an output. */
#include "tests/hostile/hostile.h"

int main(void)
{
    return 0;
}
