/* A fast attention on one thread, to learn from. Four ideas:
 *
 * 1. Rows in blocks. QUERIES rows are worked on together, so that each key and value that is
 *    loaded serves QUERIES rows: from memory-bound to arithmetic-bound.
 * 2. Keys transposed once per head into panels: LANES keys lie side by side, and a score needs no
 *    horizontal sum. The sums stay in registers over the whole of d.
 * 3. The scores of a block are kept (QUERIES rows of at most 1024: 32 KiB, the first-level cache).
 *    So softmax takes the true maximum, and no rescaling is needed.
 * 4. exp in vectors: 2^n by the exponent's bits, the rest by a polynomial.
 *
 * Masks cost nothing inside the loops: keys are taken up to the longest row of the block, rounded
 * up to whole vectors, and what a row may not see gets the weight 0. The tail of a transposed head
 * is zero, so nothing that was never written is read.
 *
 * GCC's vector extension instead of intrinsics: the same text is AVX-512 and AVX2, and the
 * compiler fuses a * b + c. */
#include "attention.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#ifdef __AVX512F__
enum { LANES = 16, QUERIES = 8, PAIR = 2 }; /* 8 x 2 sums of 32 registers */
#else
enum { LANES = 8, QUERIES = 6, PAIR = 2 }; /* 6 x 2 sums of 16 registers */
#endif

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int ivec __attribute__((vector_size(LANES * 4)));
typedef float vec_loose __attribute__((vector_size(LANES * 4), aligned(4)));

enum {
    STEP = LANES * PAIR, /* keys or channels of one inner loop */
    KEY_PANELS = (ATTENTION_TK_MAX + STEP - 1) / STEP,
    CHANNEL_PANELS = (ATTENTION_D_MAX + STEP - 1) / STEP,
};

/* One head's work: 512 KiB + 512 KiB + 32 KiB. Every call fills what it reads. Panels are walked
 * from front to back: rows 4 KiB apart would all fall into the same few lines of the cache. For
 * the same reason a row of weights is a line longer than it needs to be. */
static float keys[KEY_PANELS][ATTENTION_D_MAX][STEP] __attribute__((aligned(64)));
static float values[CHANNEL_PANELS][ATTENTION_TK_MAX][STEP] __attribute__((aligned(64)));
static float weights[QUERIES][KEY_PANELS * STEP + 16] __attribute__((aligned(64)));
static float queries[ATTENTION_D_MAX][QUERIES] __attribute__((aligned(64))); /* scaled */

static inline vec load(const float *at)
{
    return *(const vec *)(const void *)at;
}

static inline void store(float *at, vec x)
{
    *(vec *)(void *)at = x;
}

static inline vec all(float x)
{
    return x - (vec){0};
}

static inline vec pick(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}

/* exp(x) for x <= 0, within 2 ulp; 0 below -87, where the weight no longer counts.
 * x = n ln 2 + r with |r| <= ln 2 / 2; adding 1.5 * 2^23 leaves n in the low bits. ln 2 in two
 * parts, so that n * the first is exact (Cody and Waite). */
static inline vec exp_vec(vec x)
{
    const vec magic = all(0x1.8p23f);
    vec shifted = x * 0x1.715476p0f + magic;
    vec n = shifted - magic;
    vec r = x - n * 0x1.62e4p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    vec y = all(1.0f / 720);
    y = y * r + 1.0f / 120;
    y = y * r + 1.0f / 24;
    y = y * r + 1.0f / 6;
    y = y * r + 0.5f;
    y = y * r + 1.0f;
    y = y * r + 1.0f;
    vec power = (vec)(((ivec)shifted << 23) + (ivec)all(1.0f));
    return pick(x < all(-87.0f), (vec){0}, y * power);
}

/* Key j, channel d to keys[j / STEP][d][j % STEP] and values[d / STEP][j][d % STEP]; zero where a
 * last panel is not full. */
static void head_pack(int D, int count, const float *restrict k, const float *restrict v)
{
    for (int j0 = 0; j0 < count; j0 += STEP)
        for (int d = 0; d < D; d++)
            for (int j = 0; j < STEP; j++)
                keys[j0 / STEP][d][j] =
                    j0 + j < count ? k[(size_t)(j0 + j) * (size_t)D + (size_t)d] : 0;

    for (int d0 = 0; d0 < D; d0 += STEP) {
        int here = D - d0 < STEP ? D - d0 : STEP;
        for (int j = 0; j < count; j++) {
            float *to = values[d0 / STEP][j];
            memcpy(to, v + (size_t)j * (size_t)D + d0, (size_t)here * sizeof(float));
            memset(to + here, 0, (size_t)(STEP - here) * sizeof(float));
        }
    }
}

/* Raw scores of the block for keys 0 .. count - 1, rounded up to whole steps. */
static void block_scores(int D, int count)
{
    for (int j = 0; j < count; j += STEP) {
        vec sum[QUERIES][PAIR] = {0};
        for (int d = 0; d < D; d++) {
            const float *key = keys[j / STEP][d];
            vec a = load(key), b = load(key + LANES);
            for (int i = 0; i < QUERIES; i++) {
                sum[i][0] += queries[d][i] * a;
                sum[i][1] += queries[d][i] * b;
            }
        }
        for (int i = 0; i < QUERIES; i++) {
            store(&weights[i][j], sum[i][0]);
            store(&weights[i][j + LANES], sum[i][1]);
        }
    }
}

/* Scores become exp(score - highest) up to `visible`, 0 up to `count`. Returns 1 / their sum. */
static float row_softmax(float *restrict row, int visible, int count)
{
    float highest = -INFINITY, sum = 0;
    vec high[PAIR] = {all(-INFINITY), all(-INFINITY)}, total[PAIR] = {0};
    int padded = (count + STEP - 1) / STEP * STEP;

    if (visible <= 0) {
        memset(row, 0, (size_t)padded * sizeof *row);
        return 0;
    }
    for (int j = visible; j < padded; j++)
        row[j] = -INFINITY;
    for (int j = 0; j < padded; j += STEP)
        for (int p = 0; p < PAIR; p++) {
            vec s = load(row + j + p * LANES);
            high[p] = pick(s > high[p], s, high[p]);
        }
    high[0] = pick(high[0] > high[1], high[0], high[1]);
    for (int l = 0; l < LANES; l++)
        highest = high[0][l] > highest ? high[0][l] : highest;
    for (int j = 0; j < padded; j += STEP)
        for (int p = 0; p < PAIR; p++) {
            vec e = exp_vec(load(row + j + p * LANES) - highest);
            store(row + j + p * LANES, e);
            total[p] += e;
        }
    total[0] += total[1];
    for (int l = 0; l < LANES; l++)
        sum += total[0][l];
    return 1 / sum;
}

/* out[i] = scale[i] * sum over keys of weights[i][j] v[j], for `rows` rows of the block. */
static void block_values(int D, int count, int rows, const float *scale, float *restrict out)
{
    for (int d = 0; d < D; d += STEP) {
        vec sum[QUERIES][PAIR] = {0};
        for (int j = 0; j < count; j++) {
            const float *value = values[d / STEP][j];
            vec a = load(value), b = load(value + LANES);
            for (int i = 0; i < QUERIES; i++) {
                sum[i][0] += weights[i][j] * a;
                sum[i][1] += weights[i][j] * b;
            }
        }
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < PAIR; p++) {
                float *to = out + (size_t)i * (size_t)D + (size_t)(d + p * LANES);
                vec y = sum[i][p] * scale[i];
                int left = D - d - p * LANES;
                if (left >= LANES)
                    *(vec_loose *)(void *)to = y;
                else
                    for (int l = 0; l < left; l++)
                        to[l] = y[l];
            }
    }
}

/* Rows i .. i + rows - 1 of one head. */
static void block(int D, int Tq, int kvlen, int causal, int i, int rows, const float *restrict q,
                  float *restrict o)
{
    int visible[QUERIES] = {0}, count = 0;
    float scale[QUERIES], root = 1 / sqrtf((float)D);

    for (int r = 0; r < QUERIES; r++) {
        if (r < rows) {
            visible[r] = kvlen;
            if (causal && i + r + 1 + kvlen - Tq < kvlen)
                visible[r] = i + r + 1 + kvlen - Tq;
        }
        if (visible[r] > count)
            count = visible[r];
        for (int d = 0; d < D; d++)
            queries[d][r] = r < rows ? q[(size_t)(i + r) * (size_t)D + (size_t)d] * root : 0;
    }
    block_scores(D, count);
    for (int r = 0; r < QUERIES; r++)
        scale[r] = row_softmax(weights[r], visible[r], count);
    block_values(D, count, rows, scale, o + (size_t)i * (size_t)D);
}

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,
               const float *restrict k, const float *restrict v, const int *restrict kvlen,
               int causal, float *restrict o)
{
    for (int b = 0; b < B; b++)
        for (int h = 0; h < H; h++) {
            size_t head = (size_t)b * (size_t)H + (size_t)h;
            size_t rows = head * (size_t)Tq * (size_t)D, from = head * (size_t)Tk * (size_t)D;
            head_pack(D, kvlen[b], k + from, v + from);
            for (int i = 0; i < Tq; i += QUERIES)
                block(D, Tq, kvlen[b], causal, i, Tq - i < QUERIES ? Tq - i : QUERIES, q + rows,
                      o + rows);
        }
}
