/* expect: pass */
/* AVX2 by hand: four rows at a time, masked tails, the padded w kept in a local array. */
#pragma GCC target("avx2,fma")
#include "gradient_descent.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>

enum { ROWS = 4, LANES = 8 };

/* The first `count` lanes. */
static inline __m256i mask_of(int count)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

static inline float sum_of(__m256 x)
{
    __m128 low = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    low = _mm_add_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_add_ss(low, _mm_movehdup_ps(low)));
}

static inline __m256 part(const float *x, int d, int j)
{
    return d - j >= LANES ? _mm256_loadu_ps(x + j) : _mm256_maskload_ps(x + j, mask_of(d - j));
}

static void rows_add(int logistic, int rows, int d, const float *x, const float *y, const float *w,
                     float b, float *gradient, float *bias)
{
    float r[ROWS] = {0};

    for (int i = 0; i < rows; i++) {
        __m256 sum = _mm256_setzero_ps();
        for (int j = 0; j < d; j += LANES)
            sum = _mm256_fmadd_ps(part(x + (size_t)i * d, d, j), _mm256_load_ps(w + j), sum);
        float z = sum_of(sum) + b;
        r[i] = (logistic ? 1 / (1 + expf(-z)) : z) - y[i];
        *bias += r[i];
    }
    for (int j = 0; j < d; j += LANES) {
        __m256 sum = _mm256_load_ps(gradient + j);
        for (int i = 0; i < rows; i++)
            sum = _mm256_fmadd_ps(part(x + (size_t)i * d, d, j), _mm256_set1_ps(r[i]), sum);
        _mm256_store_ps(gradient + j, sum);
    }
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    _Alignas(32) float gradient[GRADIENT_DESCENT_D_MAX];
    _Alignas(32) float weights[GRADIENT_DESCENT_D_MAX] = {0};

    for (int j = 0; j < d; j++)
        weights[j] = w[j];
    for (int step = 0; step < steps; step++) {
        float bias = 0;
        for (int j = 0; j < GRADIENT_DESCENT_D_MAX; j++)
            gradient[j] = 0;
        for (int i = 0; i < n; i += ROWS)
            rows_add(logistic, n - i < ROWS ? n - i : ROWS, d, X + (size_t)i * d, y + i, weights,
                     b[0], gradient, &bias);
        for (int j = 0; j < d; j++)
            weights[j] -= lr / n * gradient[j];
        b[0] -= lr / n * bias;
    }
    for (int j = 0; j < d; j++)
        w[j] = weights[j];
}
