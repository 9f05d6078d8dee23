/* expect: wrong shapes. One array for maximum and sum: fast warps overwrite what slow ones still read. */
/* A race: on a device, either side may win it. */
#include "attention.cuh"

//@ launch attention<<<(Tq, H, B), 128, 4*Tk>>>(H, Tq, Tk, D, q, k, v, kvlen, causal, o)

/* Over the whole block, in every thread. */
__device__ float block_sum(float x, float *part)
{
    for (int by = 16; by > 0; by /= 2)
        x += __shfl_xor_sync(0xffffffff, x, by);
    if (threadIdx.x % 32 == 0)
        part[threadIdx.x / 32] = x;
    __syncthreads();
    return part[0] + part[1] + part[2] + part[3];
}

__device__ float block_most(float x, float *part)
{
    for (int by = 16; by > 0; by /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffff, x, by));
    if (threadIdx.x % 32 == 0)
        part[threadIdx.x / 32] = x;
    __syncthreads();
    return fmaxf(fmaxf(part[0], part[1]), fmaxf(part[2], part[3]));
}

extern "C" __global__ void attention(int H, int Tq, int Tk, int D, const float *q, const float *k,
                                     const float *v, const int *kvlen, int causal, float *o)
{
    extern __shared__ float s[];
    __shared__ float most_part[4], total_part[4];
    const int i = blockIdx.x, h = blockIdx.y, b = blockIdx.z;
    const size_t head = (size_t)b * H + h;
    const float *qi = q + (head * Tq + i) * D;
    const float scale = rsqrtf((float)D);
    const int keys = causal ? min(kvlen[b], i + kvlen[b] - Tq + 1) : kvlen[b];
    float most = -INFINITY, total = 0;

    for (int j = threadIdx.x; j < keys; j += blockDim.x) {
        const float *kj = k + (head * Tk + j) * D;
        float sum = 0;
        for (int c = 0; c < D; c++)
            sum += qi[c] * kj[c];
        s[j] = sum * scale;
        most = fmaxf(most, s[j]);
    }
    most = block_most(most, most_part);
    for (int j = threadIdx.x; j < keys; j += blockDim.x) {
        s[j] = expf(s[j] - most);
        total += s[j];
    }
    total = block_sum(total, most_part);
    for (int c = threadIdx.x; c < D; c += blockDim.x) {
        float sum = 0;
        for (int j = 0; j < keys; j++)
            sum += s[j] * v[(head * Tk + j) * D + c];
        o[(head * Tq + i) * D + c] = keys > 0 ? sum / total : 0;
    }
}
