/* expect: static_memory. A gigabyte that no line asked for. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

__device__ float kept[1 << 28];
extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    kept[Tq] += 1;
    o[0] = kept[D];
}
