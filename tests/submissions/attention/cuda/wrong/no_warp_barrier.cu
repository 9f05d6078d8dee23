/* expect: wrong basics. No barrier of the warp between weights and their use. */
/* A race: on a device, either side may win it. */
#include "attention.cuh"

//@ launch attention<<<(B*H*Tq+3)/4, 128>>>(B, H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int B, int H, int Tq, int Tk, int D, const float *q,
                                     const float *k, const float *v, const int *kvlen, int causal,
                                     float *o)
{
    __shared__ float weights[4][32];
    const int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= B * H * Tq)
        return; /* whole warps */
    float *const p = weights[threadIdx.x / 32];
    const int i = row % Tq, head = row / Tq, len = kvlen[head / H];
    const int keys = causal ? min(len, i + len - Tq + 1) : len;
    float out[4] = {}, most = -INFINITY, total = 0;

    for (int first = 0; first < keys; first += 32) {
        float s = -INFINITY;
        if (first + lane < keys) {
            s = 0;
            for (int c = 0; c < D; c++)
                s += q[(size_t)row * D + c] * k[((size_t)head * Tk + first + lane) * D + c];
            s /= sqrtf((float)D);
        }
        float now = fmaxf(most, s);
        for (int by = 16; by > 0; by /= 2)
            now = fmaxf(now, __shfl_xor_sync(0xffffffff, now, by));
        const float scale = expf(most - now);
        most = now;
        p[lane] = expf(s - now);
        total = total * scale + p[lane];
        for (int c = lane; c < D; c += 32) {
            float sum = 0;
            for (int j = 0; j < 32 && first + j < keys; j++)
                sum += p[j] * v[((size_t)head * Tk + first + j) * D + c];
            out[c / 32] = out[c / 32] * scale + sum;
        }
        __syncwarp(); /* before the next weights overwrite these */
    }
    for (int by = 16; by > 0; by /= 2)
        total += __shfl_xor_sync(0xffffffff, total, by);
    for (int c = lane; c < D; c += 32)
        o[(size_t)row * D + c] = total > 0 ? out[c / 32] / total : 0;
}
