/* expect: forbidden_call membarrier */
/* Interrupts every processor of the host. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_membarrier, 1, 0, 0, 0);
}
