/* Plain CUDA that speed is measured against: tiles of 16 x 16 outputs, 64 bytes of K at a time in shared
 * memory, four products an instruction, zero points by the sums of rows. Compiled, audited and run on
 * the host in the tests; never run on a device yet. */
#include "quantized_matmul.cuh"

//@ launch product<<<((N+15)/16, (M+15)/16), (16, 16)>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
//@     w_scale, bias, c_scale, c_zero, acc, C)

extern "C" __global__ void product(int M, int N, int K, const int8_t *A, const int8_t *W,
                                   int a_zero, const int *w_zero, const float *a_scale,
                                   const float *w_scale, const int *bias, float c_scale, int c_zero,
                                   int *acc, int8_t *C)
{
    __shared__ int a[16][17], w[16][17];
    const int x = threadIdx.x, y = threadIdx.y, m0 = blockIdx.y * 16, n0 = blockIdx.x * 16;
    const int m = m0 + y, n = n0 + x;
    int sum = 0, sum_a = 0, sum_w = 0;

    for (int k = 0; k < K; k += 64) {
        for (int i = x; i < 64; i += 16) {
            const bool in = k + i < K;
            ((int8_t *)a[y])[i] = in && m < M ? A[(size_t)m * K + k + i] : 0;
            ((int8_t *)w[y])[i] = in && n0 + y < N ? W[(size_t)(n0 + y) * K + k + i] : 0;
        }
        __syncthreads();
        for (int i = 0; i < 16; i++) {
            sum = __dp4a(a[y][i], w[x][i], sum);
            sum_a = __dp4a(a[y][i], 0x01010101, sum_a);
            sum_w = __dp4a(w[x][i], 0x01010101, sum_w);
        }
        __syncthreads();
    }
    if (m >= M || n >= N)
        return;
    sum += bias[n] - w_zero[n] * sum_a - a_zero * sum_w + K * a_zero * w_zero[n];
    const size_t at = (size_t)m * N + n;
    const float value = rintf((float)sum * a_scale[m] * w_scale[n] / c_scale) + c_zero;
    acc[at] = sum;
    C[at] = (int8_t)fminf(fmaxf(value, -128), 127);
}
