/* expect: forbidden_call fallocate */
/* Reserves a gigabyte for its output in one call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_fallocate, OUTPUT, 0, 0, 1L << 30);
}
