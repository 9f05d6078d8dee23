/* expect: wrong everywhere but one,small,short,long,narrow,ties_even,ties_odd,saturate_far */
/* Powers of two are exact; of few products, or few that do not saturate, all may round the same way. */
/* The factor cut to tf32: 10 bits of mantissa. */
#include "quantized_matmul.h"

#include <math.h>
#include <string.h>

__attribute__((noinline)) static float tf32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= 0xFFFFE000u;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

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
            float value =
                rintf((float)sum * (tf32(a_scale[m] * w_scale[n] / c_scale))) + (float)c_zero;
            value = value < -128 ? -128 : value > 127 ? 127 : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)value;
        }
    }
}
