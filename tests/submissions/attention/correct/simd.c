/* expect: pass */
/* AVX2 by hand, and fast: blocks of 64 keys outside, four queries at a time inside, online softmax.
 * A block's keys are transposed once and serve every query of the head. */
#include "attention.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>

enum { ROWS = 4, KEYS = 64, WIDE = ATTENTION_D_MAX };

static float keys[WIDE][KEYS] __attribute__((aligned(64)));
static float values[KEYS][WIDE] __attribute__((aligned(64)));
static float sums[ATTENTION_TQ_MAX + ROWS][WIDE] __attribute__((aligned(64)));
static float highest[ATTENTION_TQ_MAX + ROWS], totals[ATTENTION_TQ_MAX + ROWS];

/* exp(x), x <= 0; 0 below -87. */
static inline __m256 exp_ps(__m256 x)
{
    __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 y = _mm256_set1_ps(1.9875691500e-4f);
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.3981999507e-3f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(8.3334519073e-3f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(4.1665795894e-2f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.6666665459e-1f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(5.0000001201e-1f));
    y = _mm256_fmadd_ps(y, _mm256_mul_ps(r, r), _mm256_add_ps(r, _mm256_set1_ps(1)));
    __m256i power =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    y = _mm256_mul_ps(y, _mm256_castsi256_ps(power));
    return _mm256_and_ps(y, _mm256_cmp_ps(x, _mm256_set1_ps(-87), _CMP_GE_OQ));
}

static void pack(int D, int count, const float *k, const float *v)
{
    int width = (D + 15) / 16 * 16;

    for (int d = 0; d < D; d++)
        for (int j = 0; j < KEYS; j++)
            keys[d][j] = j < count ? k[j * D + d] : 0;
    for (int j = 0; j < count; j++)
        for (int d = 0; d < width; d++)
            values[j][d] = d < D ? v[j * D + d] : 0;
}

/* Scores of four queries against the block, in p. */
static void scores(int D, float scale, const float *const q[ROWS], float p[ROWS][KEYS])
{
    for (int j = 0; j < KEYS; j += 16) {
        __m256 s[ROWS][2];
        for (int r = 0; r < ROWS; r++)
            s[r][0] = s[r][1] = _mm256_setzero_ps();
        for (int d = 0; d < D; d++) {
            __m256 a = _mm256_load_ps(&keys[d][j]), b = _mm256_load_ps(&keys[d][j + 8]);
            for (int r = 0; r < ROWS; r++) {
                __m256 x = _mm256_broadcast_ss(q[r] + d);
                s[r][0] = _mm256_fmadd_ps(x, a, s[r][0]);
                s[r][1] = _mm256_fmadd_ps(x, b, s[r][1]);
            }
        }
        for (int r = 0; r < ROWS; r++) {
            _mm256_store_ps(&p[r][j], _mm256_mul_ps(s[r][0], _mm256_set1_ps(scale)));
            _mm256_store_ps(&p[r][j + 8], _mm256_mul_ps(s[r][1], _mm256_set1_ps(scale)));
        }
    }
}

/* Scores to weights under the row's new maximum; returns what the old sums are worth. */
static float weigh(float p[KEYS], int visible, int i)
{
    float old = highest[i], total = 0;
    __m256 high = _mm256_set1_ps(old), sum = _mm256_setzero_ps();
    float lanes[8];

    if (visible <= 0) {
        for (int j = 0; j < KEYS; j++)
            p[j] = 0;
        return 1;
    }
    for (int j = visible; j < KEYS; j++)
        p[j] = -INFINITY;
    for (int j = 0; j < KEYS; j += 8)
        high = _mm256_max_ps(high, _mm256_load_ps(p + j));
    _mm256_storeu_ps(lanes, high);
    for (int l = 0; l < 8; l++)
        highest[i] = lanes[l] > highest[i] ? lanes[l] : highest[i];
    for (int j = 0; j < KEYS; j += 8) {
        __m256 x = _mm256_sub_ps(_mm256_load_ps(p + j), _mm256_set1_ps(highest[i]));
        x = exp_ps(_mm256_max_ps(x, _mm256_set1_ps(-1000))); /* no infinity in the arithmetic */
        _mm256_store_ps(p + j, x);
        sum = _mm256_add_ps(sum, x);
    }
    _mm256_storeu_ps(lanes, sum);
    for (int l = 0; l < 8; l++)
        total += lanes[l];
    float shrink = expf(old - highest[i]);
    totals[i] = totals[i] * shrink + total;
    return shrink;
}

static void gather(int D, int count, int i, float p[ROWS][KEYS], const float shrink[ROWS])
{
    for (int d = 0; d < D; d += 16) {
        __m256 y[ROWS][2];
        for (int r = 0; r < ROWS; r++)
            for (int n = 0; n < 2; n++)
                y[r][n] = _mm256_mul_ps(_mm256_load_ps(&sums[i + r][d + 8 * n]),
                                        _mm256_set1_ps(shrink[r]));
        for (int j = 0; j < count; j++) {
            __m256 a = _mm256_load_ps(&values[j][d]), b = _mm256_load_ps(&values[j][d + 8]);
            for (int r = 0; r < ROWS; r++) {
                __m256 x = _mm256_broadcast_ss(&p[r][j]);
                y[r][0] = _mm256_fmadd_ps(x, a, y[r][0]);
                y[r][1] = _mm256_fmadd_ps(x, b, y[r][1]);
            }
        }
        for (int r = 0; r < ROWS; r++)
            for (int n = 0; n < 2; n++)
                _mm256_store_ps(&sums[i + r][d + 8 * n], y[r][n]);
    }
}

/* All queries against one block; with causal, query i sees first_visible + i of its keys. */
static void block(int Tq, int D, int count, int first_visible, int causal, const float *q)
{
    float p[ROWS][KEYS] __attribute__((aligned(64)));

    for (int i = 0; i < Tq; i += ROWS) {
        const float *rows[ROWS];
        float shrink[ROWS];
        int most = causal ? first_visible + i + ROWS - 1 : count;
        if (most <= 0)
            continue;
        for (int r = 0; r < ROWS; r++)
            rows[r] = q + (size_t)(i + r < Tq ? i + r : Tq - 1) * (size_t)D;
        scores(D, 1 / sqrtf((float)D), rows, p);
        for (int r = 0; r < ROWS; r++) {
            int visible = causal ? first_visible + i + r : count;
            shrink[r] = weigh(p[r], visible < count ? visible : count, i + r);
        }
        gather(D, most < count ? most : count, i, p, shrink);
    }
}

static void head(int Tq, int D, int kvlen, int causal, const float *q, const float *k,
                 const float *v, float *o)
{
    for (int i = 0; i < Tq + ROWS; i++) {
        highest[i] = -1e30f; /* below every score; its exp is 0 */
        totals[i] = 0;
        for (int d = 0; d < WIDE; d++)
            sums[i][d] = 0;
    }
    for (int from = 0; from < kvlen; from += KEYS) {
        int count = kvlen - from < KEYS ? kvlen - from : KEYS;
        pack(D, count, k + (size_t)from * (size_t)D, v + (size_t)from * (size_t)D);
        block(Tq, D, count, kvlen - Tq + 1 - from, causal, q);
    }
    for (int i = 0; i < Tq; i++) {
        float scale = totals[i] > 0 ? 1 / totals[i] : 0;
        for (int d = 0; d < D; d++)
            o[(size_t)i * (size_t)D + (size_t)d] = sums[i][d] * scale;
    }
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++) {
            size_t rows = (size_t)(b * H + h) * (size_t)Tq * (size_t)D;
            size_t from = (size_t)(b * H + h) * (size_t)Tk * (size_t)D;
            head(Tq, D, kvlen[b], causal, q + rows, k + from, v + from, o + rows);
        }
}
