/* expect: wrong shapes */
/* A static accumulator that is set to zero only once. */
#include "quantized_matmul.h"

#include <math.h>

#define M_MAX 1024
#define N_MAX 1024

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    static int32_t sums[M_MAX * N_MAX];
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            sums[m * N + n] += bias[n];
            for (int k = 0; k < K; k++)
                sums[m * N + n] += (A[m * K + k] - a_zero) * (W[n * K + k] - w_zero[n]);
            int32_t sum = sums[m * N + n];
            float value = rintf((float)sum * (a_scale[m] * w_scale[n] / c_scale)) + (float)c_zero;
            value = value < -128 ? -128 : value > 127 ? 127 : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)value;
        }
    }
}
