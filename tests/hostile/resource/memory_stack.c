/* expect: signalled SEGV */
/* Recurses without end. The stack has its own limit, and no core is written. */
#include "tests/hostile/hostile.h"

static int deeper(volatile int *above)
{
    volatile int here[256];
    here[0] = above[0] + 1;
    return here[0] < 0 ? 0 : deeper(here) + here[0];
}

int main(void)
{
    volatile int first[1] = {0};
    return deeper(first);
}
