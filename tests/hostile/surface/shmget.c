/* expect: forbidden_call shmget */
/* Makes shared memory that outlives it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_shmget, 1, 4096, 01600, 0);
}
