/* expect: forbidden_call swapon */
/* Swaps onto a disk. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_swapon, (long)"/dev/sda", 0, 0, 0);
}
