/* expect: forbidden_call vhangup */
/* Hangs the terminal up. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_vhangup, 0, 0, 0, 0);
}
