/* expect: forbidden_call personality */
/* Asks that readable memory be executable. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_personality, 0x0400000, 0, 0, 0);
}
