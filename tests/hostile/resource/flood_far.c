/* expect: output_limit */
/* Seeks a terabyte ahead and writes there: the limit is on the offset, not on what was written. */
#include "tests/hostile/hostile.h"

int main(void)
{
    (void)lseek(OUTPUT, 1L << 40, SEEK_SET);
    (void)!write(OUTPUT, "x", 1);
    breach("a terabyte of output");
}
