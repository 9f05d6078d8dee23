/* expect: forbidden_call fork (x32) */
/* A bomb by the x32 numbers, which come through the 64-bit entry with one bit set. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(0x40000000 | SYS_fork, 0, 0, 0, 0);
}
