/* expect: forbidden_call init_module */
/* Loads a kernel module. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_init_module, 0, 0, (long)"", 0);
}
