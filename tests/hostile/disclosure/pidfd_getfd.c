/* expect: forbidden_call pidfd_getfd */
/* Takes a descriptor out of another process. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pidfd_getfd, INPUT, 0, 0, 0);
}
