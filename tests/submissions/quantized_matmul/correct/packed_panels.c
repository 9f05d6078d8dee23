/* expect: pass */
/* Weights less their zero points packed as int16 in panels of 16 channels; vectors along n. */
#include "quantized_matmul.h"

#include <math.h>

#define N_MAX 1024
#define K_MAX 4097
#define PANEL 16

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    static int16_t packed[(N_MAX + PANEL) * K_MAX];

    for (int n = 0; n < N; n++)
        for (int k = 0; k < K; k++)
            packed[(n / PANEL * K + k) * PANEL + n % PANEL] = (int16_t)(W[n * K + k] - w_zero[n]);
    for (int from = 0; from < N; from += PANEL) {
        int count = N - from < PANEL ? N - from : PANEL;
        for (int m = 0; m < M; m++) {
            int32_t sums[PANEL] = {0};
            for (int k = 0; k < K; k++) {
                int a = A[m * K + k] - a_zero;
                const int16_t *w = packed + (from / PANEL * K + k) * PANEL;
                for (int i = 0; i < PANEL; i++)
                    sums[i] += a * w[i];
            }
            for (int i = 0; i < count; i++) {
                int n = from + i;
                int32_t sum = sums[i] + bias[n];
                float value = (float)sum * (a_scale[m] * w_scale[n]) / c_scale;
                value = rintf(value) + (float)c_zero;
                acc[m * N + n] = sum;
                C[m * N + n] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
            }
        }
    }
}
