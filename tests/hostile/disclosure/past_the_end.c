/* expect: signalled BUS */
/* Reads behind the end of its input, in the pages that the mapping has and the file has not. */
#include "tests/hostile/hostile.h"

int main(void)
{
    volatile unsigned char *at = mmap(NULL, 2 * SHARED_BYTES, PROT_READ, MAP_SHARED, INPUT, 0);
    if (at == MAP_FAILED)
        return 1;
    (void)at[SHARED_BYTES];
    breach("there is more than the input");
}
