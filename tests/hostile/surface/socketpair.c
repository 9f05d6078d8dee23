/* expect: forbidden_call socketpair */
/* Makes a pair of sockets, to pass descriptors through. */
#include "tests/hostile/hostile.h"

int main(void)
{
    int ends[2];
    never(SYS_socketpair, 1, 5, 0, (long)ends);
}
