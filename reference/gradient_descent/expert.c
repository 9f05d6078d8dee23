/* A fast gradient descent on one thread, to learn from. Four ideas:
 *
 * 1. X is read once per step. The residual of a row needs only that row, so a block of ROWS rows is
 *    multiplied by w and, while it is still in the first-level cache, added to the gradient. X as a
 *    whole fits at best the second level, and every further pass would fetch it from there.
 * 2. ROWS rows at a time. A load of w serves ROWS products, and the gradient is loaded and stored
 *    once for ROWS rows; a single row would spend more on w and the gradient than on X.
 * 3. The residuals of a block are one vector: ROWS is LANES, the horizontal sums end up side by
 *    side, and the sigmoid costs one vector exp for the whole block.
 * 4. While one block is added to the gradient, the next is fetched. Its rows are read side by side,
 *    an order that the hardware's prefetcher does not foresee.
 *
 * Many short sums are also more exact than one long one: LANES partial sums a row, and the gradient
 * adds ROWS products before it meets the running sum.
 *
 * GCC's vector extension instead of intrinsics: the same text is AVX-512 and AVX2, and the
 * compiler fuses a * b + c. */
#include "gradient_descent.h"

#include <stddef.h>
#include <string.h>

#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
enum { ROWS = LANES, LINE = 16 }; /* floats of a cache line */

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int ivec __attribute__((vector_size(LANES * 4)));
typedef float vec_loose __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

static inline vec load(const float *from)
{
    return *(const vec_loose *)from;
}

static inline void store(float *to, vec x)
{
    *(vec_loose *)to = x;
}

static inline vec all(float x)
{
    return x - (vec){0};
}

/* exp, within 3u, for |x| <= 87: x = n ln 2 + r, and 2^n goes into the exponent's bits. Adding
 * 1.5 * 2^23 rounds to an integer and leaves it in the low bits. */
static inline vec exp_vec(vec x)
{
    vec shifted = x * 0x1.715476p+0f + 0x1.8p23f;
    vec n = shifted - 0x1.8p23f;
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
    return y * power;
}

static inline vec pick(ivec yes, vec a, vec b)
{
    return (vec)((yes & (ivec)a) | (~yes & (ivec)b));
}

/* Past +-80 the sigmoid is 0 or 1 in fp32, as far as any gradient can tell. */
static inline vec sigmoid(vec z)
{
    z = pick(z < all(-80.0f), all(-80.0f), z);
    z = pick(z > all(80.0f), all(80.0f), z);
    return 1 / (1 + exp_vec(-z));
}

/* Adds opposite halves of groups of 2 * half lanes: of `a` into the lower half of each group, of
 * `b` into the upper one. With a constant `half` both shuffles have constant patterns. */
static inline vec fold(vec a, vec b, int half)
{
#ifdef __AVX512F__
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7};
#endif
    ivec upper = ((lane & half) != 0) & LANES; /* index LANES + l is lane l of b */
    return __builtin_shuffle(a, b, lane + upper) + __builtin_shuffle(a, b, (lane ^ half) + upper);
}

/* Lane r of the answer is the sum of all lanes of rows[r]: each round halves the vectors. */
static inline vec sums_of(vec rows[ROWS])
{
    for (int r = 0; LANES == 16 && r < 8; r++)
        rows[r] = fold(rows[r], rows[r + 8], 8);
    for (int r = 0; r < 4; r++)
        rows[r] = fold(rows[r], rows[r + 4], 4);
    for (int r = 0; r < 2; r++)
        rows[r] = fold(rows[r], rows[r + 2], 2);
    return fold(rows[0], rows[1], 1);
}

/* z[r] = X[r] . w for a block of ROWS rows. */
static inline vec block_dots(int d, const float *restrict x, const float *restrict w)
{
    vec sums[ROWS] = {0};
    float rest[ROWS] = {0};
    int j = 0;

    for (; j + LANES <= d; j += LANES) {
        vec weight = load(w + j);
        for (int r = 0; r < ROWS; r++)
            sums[r] += load(x + (size_t)r * (size_t)d + j) * weight;
    }
    for (; j < d; j++)
        for (int r = 0; r < ROWS; r++)
            rest[r] += x[(size_t)r * (size_t)d + (size_t)j] * w[j];
    return sums_of(sums) + load(rest);
}

/* gradient += sum over the block's rows of r X. */
static inline void block_add(int d, const float *restrict x, vec r, float *restrict gradient)
{
    int j = 0;

    for (; j + LANES <= d; j += LANES) {
        vec even = load(x + j) * r[0], odd = load(x + (size_t)d + j) * r[1];
        /* Past the end of X this does nothing: a prefetch never faults. */
        for (int i = 0; i < ROWS && j % LINE == 0; i++)
            __builtin_prefetch(x + (size_t)(ROWS + i) * (size_t)d + j);
        for (int i = 2; i < ROWS; i += 2) {
            even += load(x + (size_t)i * (size_t)d + j) * r[i];
            odd += load(x + (size_t)(i + 1) * (size_t)d + j) * r[i + 1];
        }
        store(gradient + j, load(gradient + j) + (even + odd));
    }
    for (; j < d; j++) {
        float sum = 0;
        for (int i = 0; i < ROWS; i++)
            sum += x[(size_t)i * (size_t)d + (size_t)j] * r[i];
        gradient[j] += sum;
    }
}

/* Fewer than ROWS rows are copied beside rows of zeros, whose residuals are then set to zero. */
static void block(int logistic, int rows, int d, const float *restrict x, const float *restrict y,
                  const float *restrict w, float b, float *restrict gradient, vec *bias)
{
    float padded[ROWS * GRADIENT_DESCENT_D_MAX], labels[ROWS] = {0};

    if (rows < ROWS) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, x, (size_t)rows * (size_t)d * sizeof *x);
        memcpy(labels, y, (size_t)rows * sizeof *y);
        x = padded;
        y = labels;
    }
    vec z = block_dots(d, x, w) + b;
    vec r = (logistic ? sigmoid(z) : z) - load(y);
    for (int i = rows; i < ROWS; i++)
        r[i] = 0;
    block_add(d, x, r, gradient);
    *bias += r;
}

void gradient_descent(int logistic, int n, int d, const float *restrict X, const float *restrict y,
                      float lr, int steps, float *restrict w, float *restrict b)
{
    float gradient[GRADIENT_DESCENT_D_MAX], scale = lr / (float)n;

    for (int step = 0; step < steps; step++) {
        vec bias = {0};
        float sum = 0;

        memset(gradient, 0, sizeof gradient);
        for (int i = 0; i < n; i += ROWS)
            block(logistic, n - i < ROWS ? n - i : ROWS, d, X + (size_t)i * (size_t)d, y + i, w,
                  b[0], gradient, &bias);
        for (int j = 0; j < d; j++)
            w[j] -= scale * gradient[j];
        for (int l = 0; l < LANES; l++)
            sum += bias[l];
        b[0] -= scale * sum;
    }
}
