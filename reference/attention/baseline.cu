/* Plain CUDA that speed is measured against: one block per query row, a warp per key for the scores, each
 * exp once, then a thread per channel. Compiled, audited and run on the host in the tests; never run on a
 * device yet. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128, 4*Tk>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    extern __shared__ float s[];
    const int i = blockIdx.x, h = blockIdx.y, b = blockIdx.z;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const size_t head = (size_t)b * H + h;
    const float *qi = q + (head * Tq + i) * D;
    int keys = kvlen[b];

    if (causal && i + kvlen[b] - Tq + 1 < keys)
        keys = i + kvlen[b] - Tq + 1;
    for (int j = warp; j < keys; j += 4) {
        float sum = 0;
        for (int c = lane; c < D; c += 32)
            sum += qi[c] * k[(head * Tk + j) * D + c];
        for (int by = 16; by > 0; by /= 2)
            sum += __shfl_down_sync(0xffffffff, sum, by);
        if (lane == 0)
            s[j] = sum / sqrtf((float)D);
    }
    __syncthreads();

    float most = -INFINITY, total = 0;
    for (int j = 0; j < keys; j++)
        most = fmaxf(most, s[j]);
    __syncthreads();
    for (int j = threadIdx.x; j < keys; j += 128)
        s[j] = expf(s[j] - most);
    __syncthreads();
    for (int j = 0; j < keys; j++)
        total += s[j];
    for (int c = threadIdx.x; c < D; c += 128) {
        float sum = 0;
        for (int j = 0; j < keys; j++)
            sum += s[j] * v[(head * Tk + j) * D + c];
        o[(head * Tq + i) * D + c] = keys > 0 ? sum / total : 0;
    }
}
