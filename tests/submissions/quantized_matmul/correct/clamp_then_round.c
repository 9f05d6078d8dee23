/* expect: pass */
/* Limits first and rounds with lrintf; the limits are integers, so the order does not matter. */
#include "quantized_matmul.h"

#include <math.h>

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = bias[n];
            for (int k = 0; k < K; k++)
                sum += (A[m * K + k] - a_zero) * (W[n * K + k] - w_zero[n]);
            float value = (float)sum * (a_scale[m] * w_scale[n] / c_scale);
            float low = (float)(-128 - c_zero), high = (float)(127 - c_zero);
            value = value < low ? low : value > high ? high : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)(lrintf(value) + c_zero);
        }
    }
}
