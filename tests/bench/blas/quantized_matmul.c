/* sgemm on operands widened to float. OpenBLAS has no product of int8; sums beyond 2^24 round, so
 * acc may come out wrong: a time to compare with, no answer. */
#include "quantized_matmul.h"

#include <cblas.h>
#include <math.h>
#include <stddef.h>

static float a[1024 * 4097], w[1024 * 4097], sums[1024 * 1024];

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (size_t i = 0; i < (size_t)M * K; i++)
        a[i] = (float)(A[i] - a_zero);
    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            w[(size_t)n * K + k] = (float)(W[(size_t)n * K + k] - w_zero[n]);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, N, K, 1, a, K, w, K, 0, sums, N);
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) {
            size_t at = (size_t)m * N + n;
            float value;
            acc[at] = (int32_t)sums[at] + bias[n];
            value = rintf((float)acc[at] * (a_scale[m] * w_scale[n] / c_scale)) + (float)c_zero;
            C[at] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
}
