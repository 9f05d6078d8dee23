/* expect: wrong shapes */
/* Refuses more rows than the ranked case has. */
#include "quantized_matmul.h"

#include <math.h>

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    if (M > 768)
        return;
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = bias[n];
            for (int k = 0; k < K; k++)
                sum += (A[m * K + k] - a_zero) * (W[n * K + k] - w_zero[n]);
            float value = rintf((float)sum * (a_scale[m] * w_scale[n] / c_scale)) + (float)c_zero;
            value = value < -128 ? -128 : value > 127 ? 127 : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)value;
        }
    }
}
