/* expect: forbidden_call userfaultfd */
/* Handles its own page faults: stops the kernel in the middle of a copy. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_userfaultfd, 0, 0, 0, 0);
}
