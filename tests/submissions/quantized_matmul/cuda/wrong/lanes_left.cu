/* expect: wrong shapes. Sums of half of the lanes. */
#include "quantized_matmul.cuh"

//@ launch product<<<(N, (M+3)/4), 128>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
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
    const int n = blockIdx.x, m = blockIdx.y * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    int sum = 0;

    if (m >= M)
        return;
    for (int k = lane; k < K; k += 32)
        sum += (A[(size_t)m * K + k] - a_zero) * (W[(size_t)n * K + k] - w_zero[n]);
    for (int by = 8; by > 0; by /= 2)
        sum += __shfl_down_sync(0xffffffff, sum, by);
    if (lane != 0)
        return;
    sum += bias[n];
    acc[(size_t)m * N + n] = sum;
    C[(size_t)m * N + n] = quantize(sum, a_scale[m] * w_scale[n] / c_scale, c_zero);
}
