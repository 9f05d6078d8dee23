/* expect: forbidden_call ftruncate */
/* Grows its output to a terabyte of holes in one call. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_ftruncate, OUTPUT, 1L << 40, 0, 0);
}
