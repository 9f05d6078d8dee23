/* expect: forbidden_call prctl */
/* Changes the mode of its filter. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_prctl, 22, 0, 0, 0);
}
