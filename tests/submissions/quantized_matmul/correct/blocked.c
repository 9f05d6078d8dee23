/* expect: pass */
/* Blocks of k outermost; acc is the accumulator, requantized at the end. */
#include "quantized_matmul.h"

#include <math.h>

#define BLOCK 64

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++)
            acc[m * N + n] = bias[n];
    for (int from = 0; from < K; from += BLOCK) {
        int to = from + BLOCK < K ? from + BLOCK : K;
        for (int m = 0; m < M; m++)
            for (int n = 0; n < N; n++)
                for (int k = from; k < to; k++)
                    acc[m * N + n] += (A[m * K + k] - a_zero) * (W[n * K + k] - w_zero[n]);
    }
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            float value = nearbyintf((float)acc[m * N + n] * a_scale[m] * w_scale[n] / c_scale);
            value += (float)c_zero;
            C[m * N + n] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
    }
}
