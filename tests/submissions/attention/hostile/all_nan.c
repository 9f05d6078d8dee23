/* expect: wrong */
/* Hopes that NaN compares equal to everything. */
#include "attention.h"

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    for (long i = 0; i < (long)B * H * Tq * D; i++)
        o[i] = __builtin_nanf("");
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
