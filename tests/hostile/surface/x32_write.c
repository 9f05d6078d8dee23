/* expect: forbidden_call write (x32) */
/* An allowed number by the x32 entry. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(0x40000000 | SYS_write, OUTPUT, (long)"x", 1, 0);
}
