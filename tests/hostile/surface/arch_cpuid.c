/* expect: forbidden_call arch_prctl */
/* Makes cpuid fault. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_arch_prctl, 0x1012, 0, 0, 0);
}
