/* expect: pass */
/* 512-bit vpmaddwd with a masked tail, where the instruction set has it; pairs by hand elsewhere.
 */
#include "quantized_matmul.h"

#ifdef __AVX512BW__
#include <immintrin.h>
#endif
#include <math.h>

static int32_t dot(const int8_t *a, const int8_t *w, int a_zero, int w_zero, int K)
{
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    __m512i sums = _mm512_setzero_si512();
    __m512i za = _mm512_set1_epi16((short)a_zero), zw = _mm512_set1_epi16((short)w_zero);
    for (int k = 0; k < K; k += 32) {
        __mmask32 mask = K - k >= 32 ? 0xFFFFFFFFu : (1u << (K - k)) - 1;
        __m512i x = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, a + k));
        __m512i y = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, w + k));
        x = _mm512_maskz_sub_epi16(mask, x, za);
        y = _mm512_maskz_sub_epi16(mask, y, zw);
        sums = _mm512_add_epi32(sums, _mm512_madd_epi16(x, y));
    }
    return _mm512_reduce_add_epi32(sums);
#else
    int32_t even = 0, odd = 0;
    for (int k = 0; k + 1 < K; k += 2) {
        even += (a[k] - a_zero) * (w[k] - w_zero);
        odd += (a[k + 1] - a_zero) * (w[k + 1] - w_zero);
    }
    if (K % 2 == 1)
        even += (a[K - 1] - a_zero) * (w[K - 1] - w_zero);
    return even + odd;
#endif
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
