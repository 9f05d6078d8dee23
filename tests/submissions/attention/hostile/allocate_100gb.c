/* expect: memory_limit|runtime_error */
/* Allocates 100 GB and writes to them: in one case, since half a gigabyte of fresh pages takes a
 * slow host ten seconds. */
#include "attention.h"

#include <stdlib.h>
#include <string.h>
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int i = 0; i < 100 && Tk == 1; i++) {
        volatile char *at = malloc((size_t)1 << 30);
        for (size_t j = 0; j < (size_t)1 << 30; j += 4096)
            at[j] = 1;
    }
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen,
        (void)causal, (void)o;
}
