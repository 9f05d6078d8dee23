/* expect: forbidden_call kcmp */
/* Compares its descriptors with those of its init. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_kcmp, 1, 2, 0, 0);
}
