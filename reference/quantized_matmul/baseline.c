/* Baseline of quantized_matmul: the formula of the header, written down. What speed is measured
 * against. */
#include "quantized_matmul.h"

#include <math.h>
#include <stddef.h>

static int8_t requantize(int32_t sum, float scale, int c_zero);

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            const int8_t *a = A + (size_t)m * (size_t)K, *w = W + (size_t)n * (size_t)K;
            size_t at = (size_t)m * (size_t)N + (size_t)n;
            int32_t sum = bias[n];
            for (int k = 0; k < K; k++)
                sum += (a[k] - a_zero) * (w[k] - w_zero[n]);
            acc[at] = sum;
            C[at] = requantize(sum, a_scale[m] * w_scale[n] / c_scale, c_zero);
        }
    }
}

static int8_t requantize(int32_t sum, float scale, int c_zero)
{
    float value = rintf((float)sum * scale) + (float)c_zero;
    if (value < -128)
        return -128;
    if (value > 127)
        return 127;
    return (int8_t)value;
}
