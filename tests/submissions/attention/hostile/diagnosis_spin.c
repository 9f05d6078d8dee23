/* expect: wrong */
/* Wrong at once, and without an end where it is watched: the diagnosis has a limit of its own. */
#include "attention.h"

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    (void)B, (void)H, (void)Tq, (void)Tk, (void)D, (void)q, (void)k, (void)v, (void)kvlen;
    (void)causal;
#ifdef __SANITIZE_ADDRESS__
    for (volatile int forever = 1; forever;)
        o[0] = 1.0f;
#endif
    o[0] = 0.0f;
}
