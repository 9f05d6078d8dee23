/* expect: wrong range */
/* Pairs of u8 x s8 saturate at 16 bits, as with vpmaddubsw. */
#include "quantized_matmul.h"

#include <math.h>

/* What vpmaddubsw does to one pair. */
__attribute__((noinline)) static int saturated(int value)
{
    return value < -32768 ? -32768 : value > 32767 ? 32767 : value;
}

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = bias[n], w_sum = 0, a_sum = 0;
            for (int k = 0; k < K; k += 2) {
                int pair = 0;
                for (int i = k; i < k + 2 && i < K; i++) {
                    pair += (A[m * K + i] + 128) * W[n * K + i];
                    w_sum += W[n * K + i];
                    a_sum += A[m * K + i];
                }
                sum += saturated(pair);
            }
            sum += -(a_zero + 128) * w_sum - w_zero[n] * a_sum + K * a_zero * w_zero[n];
            float value = rintf((float)sum * (a_scale[m] * w_scale[n] / c_scale)) + (float)c_zero;
            value = value < -128 ? -128 : value > 127 ? 127 : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)value;
        }
    }
}
