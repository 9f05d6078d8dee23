/* expect: wrong range. Sums in float. */
#include "quantized_matmul.cuh"

//@ launch product<<<((N+15)/16, (M+15)/16), (16, 16)>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
//@     w_scale, bias, c_scale, c_zero, acc, C)

extern "C" __global__ void product(int M, int N, int K, const int8_t *A, const int8_t *W,
                                   int a_zero, const int *w_zero, const float *a_scale,
                                   const float *w_scale, const int *bias, float c_scale, int c_zero,
                                   int *acc, int8_t *C)
{
    const int n = blockIdx.x * 16 + threadIdx.x, m = blockIdx.y * 16 + threadIdx.y;

    if (m >= M || n >= N)
        return;
    float part = 0;
    for (int k = 0; k < K; k++)
        part += (A[(size_t)m * K + k] - a_zero) * (W[(size_t)n * K + k] - w_zero[n]);
    const int sum = (int)part + bias[n];
    const size_t at = (size_t)m * N + n;
    const double y = rint((double)sum * a_scale[m] * w_scale[n] / c_scale) + c_zero;
    acc[at] = sum;
    C[at] = (int8_t)(y < -128 ? -128 : y > 127 ? 127 : y);
}
