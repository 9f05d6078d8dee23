/* expect: forbidden_call pidfd_open */
/* Gets a handle of its init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_pidfd_open, 1, 0, 0, 0);
}
