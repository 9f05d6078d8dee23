/* expect: wrong shapes. No barrier behind a tile: the next one overwrites it. */
/* A race: on a device, either side may win it. */
#include "attention.cuh"

//@ launch attention<<<((Tq+31)/32, H, B), 32, 4*2*16*D>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    extern __shared__ float tiles[];
    float *const kt = tiles, *const vt = tiles + 16 * D;
    const int i = blockIdx.x * 32 + threadIdx.x, b = blockIdx.z;
    const size_t head = (size_t)b * H + blockIdx.y;
    const int keys = causal ? min(kvlen[b], i + kvlen[b] - Tq + 1) : kvlen[b];
    float out[128], most = -INFINITY, total = 0;

    for (int c = 0; c < D; c++)
        out[c] = 0;
    for (int tile = 0; tile < kvlen[b]; tile += 16) {
        for (int at = threadIdx.x; at < 16 * D; at += 32) {
            const bool there = tile + at / D < Tk;
            kt[at] = there ? k[(head * Tk + tile) * D + at] : 0;
            vt[at] = there ? v[(head * Tk + tile) * D + at] : 0;
        }
        __syncthreads();
        for (int j = 0; j < 16 && tile + j < keys && i < Tq; j++) {
            float s = 0;
            for (int c = 0; c < D; c++)
                s += q[(head * Tq + i) * D + c] * kt[j * D + c];
            s /= sqrtf((float)D);
            const float now = fmaxf(most, s), scale = expf(most - now), p = expf(s - now);
            total = total * scale + p;
            for (int c = 0; c < D; c++)
                out[c] = out[c] * scale + p * vt[j * D + c];
            most = now;
        }
    }
    for (int c = 0; c < D && i < Tq; c++)
        o[(head * Tq + i) * D + c] = total > 0 ? out[c] / total : 0;
}
