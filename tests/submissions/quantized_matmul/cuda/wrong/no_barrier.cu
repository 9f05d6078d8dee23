/* expect: wrong basics. No barrier between a tile and its use. */
/* A race: on a device, either side may win it. */
#include "quantized_matmul.cuh"

//@ launch product<<<((N+15)/16, (M+15)/16), (16, 16)>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
//@     w_scale, bias, c_scale, c_zero, acc, C)

__device__ int8_t quantize(int acc, float scale, int zero)
{
    const float y = rintf(fminf(fmaxf((float)acc * scale, -1000.0f), 1000.0f)) + zero;
    return (int8_t)fminf(fmaxf(y, -128.0f), 127.0f);
}

extern "C" __global__ void product(int M, int N, int K, const int8_t *A, const int8_t *W,
                                   int a_zero, const int *w_zero, const float *a_scale,
                                   const float *w_scale, const int *bias, float c_scale, int c_zero,
                                   int *acc, int8_t *C)
{
    __shared__ short a[16][16], w[16][17];
    const int x = threadIdx.x, y = threadIdx.y, n0 = blockIdx.x * 16, m0 = blockIdx.y * 16;
    const int m = m0 + y, n = n0 + x;
    int sum = 0;

    for (int k = 0; k < K; k += 16) {
        const bool in = k + x < K;
        a[y][x] = in && m < M ? A[(size_t)m * K + k + x] - a_zero : 0;
        w[y][x] = in && n0 + y < N ? W[(size_t)(n0 + y) * K + k + x] - w_zero[n0 + y] : 0;
        for (int i = 0; i < 16; i++)
            sum += a[y][i] * w[x][i];
        __syncthreads();
    }
    if (m >= M || n >= N)
        return;
    sum += bias[n];
    acc[(size_t)m * N + n] = sum;
    C[(size_t)m * N + n] = quantize(sum, a_scale[m] * w_scale[n] / c_scale, c_zero);
}
