/* expect: compile_error */
/* Code that runs while the program is still being set up. */
#include "attention.h"
static void real(void)
{
}
static void *pick(void)
{
    return real;
}
void chosen(void) __attribute__((ifunc("pick")));
void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    chosen();
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen, (void)causal, (void)o;
}
