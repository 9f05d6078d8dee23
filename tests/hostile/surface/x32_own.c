/* expect: forbidden_call ioctl (x32) */
/* A number that only x32 has (its ioctl). */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(0x40000000 | 514, 0, 0, 0, 0);
}
