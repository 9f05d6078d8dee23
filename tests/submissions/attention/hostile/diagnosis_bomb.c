/* expect: wrong */
/* Compiles in no time, and without an end where it would be watched. */
#include "attention.h"

#ifdef __SANITIZE_ADDRESS__
#define A(x) x x x x x x x x
#define BIG A(A(A(A(A(A(A(+1)))))))
static const double bomb = 0 BIG;
#else
static const double bomb = 0;
#endif

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen;
    (void)causal;
    o[0] = (float)bomb;
}
