/* expect: wrong basics. Keeps the first answer in a device global and gives it again. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

__device__ float kept[1 << 16];
__device__ int calls;
extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    const int at = threadIdx.x;
    if (calls > 0)
        o[at] = kept[at];
    else
        kept[at] = o[at] = q[at];
    if (at == 0)
        calls++;
}
