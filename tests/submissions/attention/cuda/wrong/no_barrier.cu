/* expect: wrong basics. No barrier between scores and their use. */
/* A race: on a device, either side may win it. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128, 4*Tk>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    extern __shared__ float s[];
    const int i = blockIdx.x, h = blockIdx.y, b = blockIdx.z;
    const size_t head = (size_t)b * H + h;
    const float *qi = q + (head * Tq + i) * D;
    int keys = kvlen[b];

    if (causal && i + kvlen[b] - Tq + 1 < keys)
        keys = i + kvlen[b] - Tq + 1;
    for (int j = threadIdx.x; j < keys; j += blockDim.x) {
        const float *kj = k + (head * Tk + j) * D;
        float sum = 0;
        for (int c = 0; c < D; c++)
            sum += qi[c] * kj[c];
        s[j] = sum / sqrtf((float)D);
    }

    float most = -INFINITY, total = 0;
    for (int j = 0; j < keys; j++)
        most = fmaxf(most, s[j]);
    for (int j = 0; j < keys; j++)
        total += expf(s[j] - most);
    for (int c = threadIdx.x; c < D; c += blockDim.x) {
        float sum = 0;
        for (int j = 0; j < keys; j++)
            sum += expf(s[j] - most) * v[(head * Tk + j) * D + c];
        o[(head * Tq + i) * D + c] = keys > 0 ? sum / total : 0;
    }
}
