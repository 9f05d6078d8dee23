/* quantized_matmul in CUDA: start here. This compiles and is wrong. The lines with an at sign say what is
 * launched: quantized_matmul.cuh explains them. The rest is in quantized_matmul.h and TASK.md. */
#include "quantized_matmul.cuh"

//@ launch product<<<((N+15)/16, (M+15)/16), (16, 16)>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
//@     w_scale, bias, c_scale, c_zero, acc, C)

/* One thread per element. */
extern "C" __global__ void product(int M, int N, int K, const int8_t *A, const int8_t *W,
                                   int a_zero, const int *w_zero, const float *a_scale,
                                   const float *w_scale, const int *bias, float c_scale, int c_zero,
                                   int *acc, int8_t *C)
{
    const int n = blockIdx.x * 16 + threadIdx.x, m = blockIdx.y * 16 + threadIdx.y;

    if (m >= M || n >= N)
        return;
    acc[(size_t)m * N + n] = 0;
    C[(size_t)m * N + n] = 0;
}
