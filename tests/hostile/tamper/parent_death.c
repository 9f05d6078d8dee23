/* expect: forbidden_call prctl */
/* Stops dying with its parent. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_prctl, 1, 0, 0, 0);
}
