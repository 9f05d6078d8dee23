/* expect: runtime_error */
/* Recurses for ever. */
#include "attention.h"
static int deeper(volatile int *at)
{
    volatile int here[256];
    here[0] = at[0] + 1;
    return deeper(here) + here[1];
}
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    volatile int start[1] = {0};
    o[0] = (float)deeper(start);
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
