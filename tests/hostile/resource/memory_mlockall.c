/* expect: forbidden_call mlockall */
/* Locks all memory that it will ever have. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_mlockall, MCL_CURRENT | MCL_FUTURE, 0, 0, 0);
}
