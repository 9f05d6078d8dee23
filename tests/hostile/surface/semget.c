/* expect: forbidden_call semget */
/* Makes semaphores that outlive it. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_semget, 1, 1, 01600, 0);
}
