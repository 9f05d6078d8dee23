/* expect: forbidden_call arch_prctl */
/* Asks for the large matrix state of the processor. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_arch_prctl, 0x1023, 18, 0, 0);
}
