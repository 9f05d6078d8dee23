/* expect: pass */
/* int16 pairs with vpmaddwd along k, a horizontal sum, a scalar tail. */
#include "quantized_matmul.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif
#include <math.h>

static int32_t dot(const int8_t *a, const int8_t *w, int a_zero, int w_zero, int K)
{
    int32_t sum = 0;
    int k = 0;
#ifdef __AVX2__
    __m256i sums = _mm256_setzero_si256();
    __m256i za = _mm256_set1_epi16((short)a_zero), zw = _mm256_set1_epi16((short)w_zero);
    for (; k + 16 <= K; k += 16) {
        __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + k)));
        __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + k)));
        x = _mm256_sub_epi16(x, za);
        y = _mm256_sub_epi16(y, zw);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(x, y));
    }
    int32_t lanes[8];
    _mm256_storeu_si256((__m256i *)lanes, sums);
    for (int i = 0; i < 8; i++)
        sum += lanes[i];
#endif
    for (; k < K; k++)
        sum += (a[k] - a_zero) * (w[k] - w_zero);
    return sum;
}

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    for (int m = 0; m < M; m++) {
        for (int n = 0; n < N; n++) {
            int32_t sum = bias[n] + dot(A + m * K, W + n * K, a_zero, w_zero[n], K);
            float value = rintf((float)sum * a_scale[m] * w_scale[n] / c_scale) + (float)c_zero;
            acc[m * N + n] = sum;
            C[m * N + n] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
    }
}
