/* The answer for attention: in double, with the bound of an honest fp32 program carried along.
 *
 * What a program in fp32 may lose, u = 2^-24, g from reference/bound.h, one row of L visible keys:
 *
 * 1. A score is a sum of D products, scaled: off by (g(D) + 4) u sum|q||k| / sqrt(D), where the 4
 *    pays for 1/sqrt(D), its product and the products' own rounding.
 * 2. exp(s - m) takes a rounded difference: off by u |s - m|, and once more where the maximum moves
 *    while the row is walked (online softmax rescales by exp(m_old - m_new)); expf is granted 8u.
 * 3. So each weight is off by a factor within 1 +- e_j, e_j = expm1(the sum of 1. and 2.): an error
 *    in a score is a factor in its weight. The argument is capped at 50 to stay finite.
 * 4. o = sum w_j v_j / sum w_j. The factors of 3. move numerator and denominator together: to first
 *    order do = sum p_j e_j (v_j - o), which is why |v_j - o| stands there and not |v_j|; a common
 *    factor costs nothing.
 * 5. Two sums of L terms, of p v and of p, and a division: (2 g(L) + 6) u sum p_j |v_j|.
 *
 *     tol = sum_j (p_j e_j + t) |v_j - o| + (2 g(L) + 6) u sum_j p_j |v_j| + L t
 *
 * 6. A weight or a product below the normal floats may vanish: t = 2^-126 each. It shows where the
 *    heaviest key has v = 0: the answer may then be 1e-80, which a float does not have.
 *
 * A row without a visible key has no rounding: exactly zero, bound zero. With one key p = 1 and
 * v_j = o: only 5. remains.
 *
 * Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1, 3.3
 * (running error analysis) and 4.2; P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing
 * the log-sum-exp and softmax functions, IMA J. Numer. Anal. 41 (2021). */
#include "reference/oracle.h"

#include "reference/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENT_MAX 50.0 /* of expm1: beyond, any answer is allowed and must only stay finite */

struct shape {
    int B, H, Tq, Tk, D;
    bool causal;
};

/* Sixteen channels are summed side by side, so that the sums stay in registers: GCC's vector
 * extension, because this runs on every timed output. */
#define QUADS 4
#define CHANNELS ((size_t)4 * QUADS)
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t quad_bits __attribute__((vector_size(32)));

/* Scratch in double, one head at a time. Rows of v, o and tol are `width` long: D rounded up to
 * whole CHANNELS, the rest zero. */
struct work {
    double *all; /* owns the rest */
    int width;
    double *q, *k, *v; /* (Tq, D), (Tk, D), (Tk, width) */
    double *weight;    /* Tk: the score, then its probability */
    double *wrong;     /* Tk: sum|q||k| / sqrt(D), then p_j e_j */
    double *o, *tol;   /* width: the answer and its bound */
};

ORACLE_DECLARE(attention);

static bool work_make(struct work *work, const struct shape *shape);
static void widen(double *restrict to, int width, const float *restrict from, int rows, int D);
static void head_judge(const struct work *work, const struct shape *shape, int kvlen,
                       const float *answer, struct compare *compare);
static int visible_count(const struct shape *shape, int kvlen, int i);
static void row_scores(const struct work *work, int D, int count, const double *restrict q);
static void row_weights(const struct work *work, int D, int count);
static void row_sums(const struct work *work, int count);
static quad quad_abs(quad x);
static void row_judge(const struct work *work, int D, const float *answer, struct compare *compare);

struct err attention_oracle(const struct call *given, const struct call *answer,
                            struct compare *compare)
{
    const struct shape shape = {
        .B = call_size(given, "B"),
        .H = call_size(given, "H"),
        .Tq = call_size(given, "Tq"),
        .Tk = call_size(given, "Tk"),
        .D = call_size(given, "D"),
        .causal = call_size(given, "causal") != 0,
    };
    const float *q = call_f32(given, "q"), *k = call_f32(given, "k"), *v = call_f32(given, "v");
    const float *o = call_f32(answer, "o");
    size_t queries = (size_t)shape.Tq * (size_t)shape.D, keys = (size_t)shape.Tk * (size_t)shape.D;
    struct work work;

    if (!work_make(&work, &shape))
        return err_make(ERR_SYSTEM, "scratch of the attention oracle");

    compare_begin(compare, "o", "bhid", 4, (int64_t[]){shape.B, shape.H, shape.Tq, shape.D});
    for (int b = 0; b < shape.B; b++)
        for (int h = 0; h < shape.H; h++) {
            size_t head = (size_t)b * (size_t)shape.H + (size_t)h;
            widen(work.q, shape.D, q + head * queries, shape.Tq, shape.D);
            widen(work.k, shape.D, k + head * keys, shape.Tk, shape.D);
            widen(work.v, work.width, v + head * keys, shape.Tk, shape.D);
            head_judge(&work, &shape, call_i32(given, "kvlen")[b], o + head * queries, compare);
        }
    compare_end(compare);
    free(work.all);
    return err_none();
}

static bool work_make(struct work *work, const struct shape *shape)
{
    size_t D = (size_t)shape->D, Tq = (size_t)shape->Tq, Tk = (size_t)shape->Tk;
    size_t width = (D + CHANNELS - 1) / CHANNELS * CHANNELS;

    work->width = (int)width;
    work->all = calloc((Tq + Tk) * D + Tk * width + 2 * Tk + 2 * width, sizeof *work->all);
    if (work->all == NULL)
        return false;
    work->q = work->all;
    work->k = work->q + Tq * D;
    work->v = work->k + Tk * D;
    work->weight = work->v + Tk * width;
    work->wrong = work->weight + Tk;
    work->o = work->wrong + Tk;
    work->tol = work->o + width;
    return true;
}

static void widen(double *restrict to, int width, const float *restrict from, int rows, int D)
{
    for (size_t row = 0; row < (size_t)rows; row++)
        for (size_t d = 0; d < (size_t)D; d++)
            to[row * (size_t)width + d] = (double)from[row * (size_t)D + d];
}

static void head_judge(const struct work *work, const struct shape *shape, int kvlen,
                       const float *answer, struct compare *compare)
{
    size_t D = (size_t)shape->D;

    for (int i = 0; i < shape->Tq; i++) {
        int count = visible_count(shape, kvlen, i);
        row_scores(work, shape->D, count, work->q + (size_t)i * D);
        row_weights(work, shape->D, count);
        row_sums(work, count);
        row_judge(work, shape->D, answer + (size_t)i * D, compare);
    }
}

/* Visible keys are always the first few. */
static int visible_count(const struct shape *shape, int kvlen, int i)
{
    int last = i + kvlen - shape->Tq; /* of a causal row; below 0: none */

    if (!shape->causal || last >= kvlen)
        return kvlen;
    return last < 0 ? 0 : last + 1;
}

static void row_scores(const struct work *work, int D, int count, const double *restrict q)
{
    double scale = 1 / sqrt(D);

    for (int j = 0; j < count; j++) {
        const double *restrict k = work->k + (size_t)j * (size_t)D;
        double sum = 0, magnitude = 0;
        for (int d = 0; d < D; d++) {
            sum += q[d] * k[d];
            magnitude += fabs(q[d] * k[d]);
        }
        work->weight[j] = sum * scale;
        work->wrong[j] = magnitude * scale;
    }
}

static void row_weights(const struct work *work, int D, int count)
{
    double *restrict weight = work->weight, *restrict wrong = work->wrong;
    double highest = -INFINITY, sum = 0;

    for (int j = 0; j < count; j++)
        highest = weight[j] > highest ? weight[j] : highest;
    for (int j = 0; j < count; j++) {
        double below = highest - weight[j];
        double off = (bound_g(D) + 4) * BOUND_U * wrong[j] + BOUND_U * (2 * below + 8);
        weight[j] = exp(-below);
        wrong[j] = off > ARGUMENT_MAX ? ARGUMENT_MAX : off;
        sum += weight[j];
    }
    for (int j = 0; j < count; j++) {
        weight[j] /= sum;
        /* expm1 x <= x + 0.502 x^2 up to 0.01, which is nearly always the case and cheap. */
        wrong[j] =
            weight[j] * (wrong[j] < 0.01 ? wrong[j] * (1 + 0.502 * wrong[j]) : expm1(wrong[j])) +
            BOUND_TINY;
    }
}

static void row_sums(const struct work *work, int count)
{
    double sums = (2 * bound_g(count) + 6) * BOUND_U;

    for (size_t d = 0; d < (size_t)work->width; d += CHANNELS) {
        quad o[QUADS] = {0}, tol[QUADS];
        for (int n = 0; n < QUADS; n++)
            tol[n] = (quad){0} + count * BOUND_TINY;
        for (int j = 0; j < count; j++) {
            const quad *v = (const quad *)(work->v + (size_t)j * (size_t)work->width + d);
            for (int n = 0; n < QUADS; n++)
                o[n] += work->weight[j] * v[n];
        }
        for (int j = 0; j < count; j++) {
            const quad *v = (const quad *)(work->v + (size_t)j * (size_t)work->width + d);
            double by_weight = work->wrong[j], by_sums = sums * work->weight[j];
            for (int n = 0; n < QUADS; n++)
                tol[n] += by_weight * quad_abs(v[n] - o[n]) + by_sums * quad_abs(v[n]);
        }
        memcpy(work->o + d, o, sizeof o);
        memcpy(work->tol + d, tol, sizeof tol);
    }
}

static quad quad_abs(quad x)
{
    return (quad)((quad_bits)x & INT64_MAX);
}

static void row_judge(const struct work *work, int D, const float *answer, struct compare *compare)
{
    for (int d = 0; d < D; d++) {
        compare_value(compare, work->o[d], (double)answer[d], work->tol[d]);
        if (call_is_unwritten(answer + d))
            compare_unwritten(compare);
    }
}
