/* expect: wrong basics. Looks for the expected output in the memory of its context. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    const float *at = o;
    for (size_t i = 0; i < (size_t)1 << 20; i++)
        if (at[i] == 0.5f)
            o[0] = at[i + 1];
}
