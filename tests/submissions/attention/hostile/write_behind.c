/* expect: runtime_error */
/* Writes behind the end of its output. */
#include "attention.h"

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    for (long i = 0; i < 1000000; i++)
        ((volatile float *)o)[(long)B * H * Tq * D + i] = 1;
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
