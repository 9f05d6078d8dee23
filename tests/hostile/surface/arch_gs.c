/* expect: forbidden_call arch_prctl */
/* Sets the other segment base; only the thread pointer is for start-up. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_arch_prctl, 0x1001, 0, 0, 0);
}
