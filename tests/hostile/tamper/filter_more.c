/* expect: forbidden_call seccomp */
/* Adds a filter of its own, to make the calls of its init lie. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_seccomp, 1, 0, 0, 0);
}
