/* expect: pass */
/* Takes the zero points out of the sum: products of raw bytes, then corrections by row and column
 * sums. */
#include "quantized_matmul.h"

#include <math.h>

#define M_MAX 1024
#define N_MAX 1024

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    static int32_t row[M_MAX], column[N_MAX];

    for (int m = 0; m < M; m++) {
        row[m] = 0;
        for (int k = 0; k < K; k++)
            row[m] += A[m * K + k];
    }
    for (int n = 0; n < N; n++) {
        column[n] = 0;
        for (int k = 0; k < K; k++)
            column[n] += W[n * K + k];
    }
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = 0;
            for (int k = 0; k < K; k++)
                sum += A[m * K + k] * W[n * K + k];
            sum += bias[n] - a_zero * column[n] - w_zero[n] * row[m] + K * a_zero * w_zero[n];
            float value = rintf((float)sum * (a_scale[m] * (w_scale[n] / c_scale))) + (float)c_zero;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
    }
}
