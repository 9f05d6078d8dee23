/* expect: forbidden_call finit_module */
/* Loads a kernel module from a descriptor. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_finit_module, INPUT, (long)"", 0, 0);
}
