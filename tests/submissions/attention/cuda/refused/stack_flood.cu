/* expect: stack_memory. 64 KiB for each of a hundred thousand threads. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    float rows[16384];
    for (int i = 0; i < 16384; i++)
        rows[i] = q[i * Tq];
    o[0] = rows[D];
}
