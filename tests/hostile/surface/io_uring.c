/* expect: forbidden_call io_uring_setup */
/* Makes calls that no filter sees, through a ring. */
#include "tests/hostile/hostile.h"

int main(void)
{
    char parameters[120] = {0};
    never(SYS_io_uring_setup, 8, (long)parameters, 0, 0);
}
