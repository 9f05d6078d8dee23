/* expect: compile_error */
/* Wants to run before main. */
#include "attention.h"
__attribute__((constructor)) static void early(void)
{
    *(volatile int *)&(int){1} = 2;
}
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    early();
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
