/* expect: runtime_error */
/* Everything that the shadow would have to cover: a static array of 256 MiB, a local one of 16 GiB,
 * and memory that is never given back. */
#include "attention.h"

#include <stdlib.h>

static char large[256 << 20];

static __attribute__((noinline)) int deep(long n)
{
    volatile char local[16L << 30];
    local[n] = 1;
    return local[n / 2];
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal;
    large[B] = 1;
    for (int i = 0; i < 1000; i++) {
        char *volatile lost = malloc(1000);
        lost[0] = large[B];
    }
    o[0] = (float)deep(B);
}
