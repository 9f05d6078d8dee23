/* attention in CUDA: start here. This compiles and is wrong. The lines with an at sign say what is
 * launched: attention.cuh explains them. The rest is in attention.h and TASK.md. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128, 4*Tk>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

/* One block per query row of one head of one sequence; s has room for a score per key. */
extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    extern __shared__ float s[];
    const int i = blockIdx.x, h = blockIdx.y, b = blockIdx.z;
    const size_t row = (((size_t)b * H + h) * Tq + i) * D;

    /* 1. how many keys does row i see?  2. their scores into s  3. softmax  4. the sum of values */
    for (int c = threadIdx.x; c < D; c += blockDim.x)
        o[row + c] = 0;
}
