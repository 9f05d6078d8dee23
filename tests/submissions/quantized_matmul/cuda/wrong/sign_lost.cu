/* expect: wrong basics. Bytes lose their sign bit. */
#include "quantized_matmul.cuh"

//@ launch product<<<((N+31)/32, M), 32>>>(M, N, K, A, W, a_zero, w_zero, a_scale,
//@     w_scale, bias, c_scale, c_zero, acc, C)

__device__ int8_t quantize(int acc, float scale, int zero)
{
    const float y = rintf(fminf(fmaxf((float)acc * scale, -1000.0f), 1000.0f)) + zero;
    return (int8_t)fminf(fmaxf(y, -128.0f), 127.0f);
}

/* Bytes k to k + 3 of a row of K, zeros past its end. */
__device__ int word(const int8_t *row, int k, int K)
{
    unsigned bits = 0;

    for (int i = 0; i < 4 && k + i < K; i++)
        bits |= (unsigned)(uint8_t)row[k + i] << 8 * i;
    return (int)(bits & 0x7f7f7f7f);
}

extern "C" __global__ void product(int M, int N, int K, const int8_t *A, const int8_t *W,
                                   int a_zero, const int *w_zero, const float *a_scale,
                                   const float *w_scale, const int *bias, float c_scale, int c_zero,
                                   int *acc, int8_t *C)
{
    const int m = blockIdx.y, n = blockIdx.x * 32 + threadIdx.x;
    int sum = 0, sum_a = 0, sum_w = 0;

    if (n >= N)
        return;
    for (int k = 0; k < K; k += 4) {
        const int a = word(A + (size_t)m * K, k, K), w = word(W + (size_t)n * K, k, K);
        sum = __dp4a(a, w, sum);
        sum_a = __dp4a(a, 0x01010101, sum_a);
        sum_w = __dp4a(w, 0x01010101, sum_w);
    }
    sum += bias[n] - w_zero[n] * sum_a - a_zero * sum_w + K * a_zero * w_zero[n];
    acc[(size_t)m * N + n] = sum;
    C[(size_t)m * N + n] = quantize(sum, a_scale[m] * w_scale[n] / c_scale, c_zero);
}
