/* expect: forbidden_call prctl */
/* Becomes the one whom orphans go to. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_prctl, 36, 1, 0, 0);
}
