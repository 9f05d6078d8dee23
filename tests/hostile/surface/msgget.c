/* expect: forbidden_call msgget */
/* Makes a System V queue that outlives it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_msgget, 1, 01600, 0, 0);
}
