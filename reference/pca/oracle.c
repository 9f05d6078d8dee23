/* The judge of pca: a certificate, in double. Eigenvectors are never compared, since their signs,
 * and whole bases within equal eigenvalues, are free.
 *
 * What a program in fp32 may lose, u = 2^-24, g from reference/bound.h, ma_j = mean over i of
 * |x_ij|, xc = x - mean:
 *
 * 1. mean_j is a sum of n terms and a quotient: off by (g(n) + 2) u ma_j.
 * 2. comp comp' - 1: an eigensolver applies about d orthogonal transformations to each row, each
 *    of which is off by a few u: 32 d u. A bound that grows with sqrt(d) will not do, because
 *    Jacobi rotations err on one side: where t^2 < u, (c, s) rounds to (1, t), which lengthens a
 *    row by up to u / 2, d - 1 times in each of some eight sweeps, and a reciprocal square root by
 *    Newton's method (-Ofast) is off by up to 2u, always downwards. Measured for d = 127: 363 u for
 * a textbook Jacobi at -O3, 1388 u at -Ofast; 32 sqrt(d) u is 361 u, 32 d u is 4064 u.
 * 3. The matrix that the program decomposes is not C but C + E. Products and their n-term sums are
 *    off by (g(n) + 4) u (|xc|'|xc|)_jk / (n - 1), where the 4 pays for two centred factors, the
 *    product and the quotient; a mean that is off by 1. adds its own square, since the cross terms
 *    sum to zero: ((g(n) + 2) u)^2 ma_j ma_k n / (n - 1). By Weyl's theorem an eigenvalue moves by
 *    at most ||E||_2 <= ||E||_F; the eigensolver adds 16 d u lambda_1, for the reasons of 2.:
 *
 *        eta = ||E||_F + 16 d u lambda_1,   |var_c - lambda_c| <= 2 eta
 *
 * 4. ||C v_c - lambda_c v_c|| <= 4 eta: v_c is an eigenvector of a matrix within eta of C, for a
 *    value within 2 eta of lambda_c; the rest is for a v_c that was rounded.
 * 5. proj is held against the student's own v_c: a d-term sum, and the mean's error of 1.:
 *    sum_j [(g(d) + 3) u |xc_ij| + (g(n) + 2) u ma_j] |v_cj|.
 *
 * 2. to 4. together leave no freedom: k orthonormal vectors, each nearly an eigenvector for the
 * eigenvalue of its rank.
 *
 * Sources: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1, 3.5
 * and 19.3; B. N. Parlett, The Symmetric Eigenvalue Problem, 1998, sections 4.5 (residuals), 7.4
 * (Householder) and 3.3, 7.6 (bisection by Sturm counts); T. F. Chan, G. H. Golub, R. J. LeVeque,
 * Algorithms for computing the sample variance, Am. Stat. 37 (1983). */
#include "reference/oracle.h"

#include "reference/bound.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* This runs on every timed output. The two matrix products are made tile by tile: ACROSS vectors of
 * four doubles, DOWN rows of the tile, summed in registers over BLOCK rows of X. Rows of centred, C
 * and E are `width` long: d rounded up to whole tiles, the rest zero. */
#define BLOCK 64
#define DOWN 2
#define ACROSS 2
#define LANES ((size_t)4)
#define TILE (ACROSS * LANES)
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t quad_bits __attribute__((vector_size(32)));

struct work {
    size_t n, d, k, width;
    const float *X;
    double *mean, *size;        /* d: mean of x, mean of |x| */
    double *centred;            /* (n, d) */
    double *C, *E;              /* (d, d): covariance; |xc|'|xc| / (n - 1) */
    double *T, *diagonal, *off; /* C as it is made tridiagonal: (d, d), d, d */
    double *scratch;            /* 2 d */
    double *lambda;             /* k, descending */
    double eta;
    double *all; /* owns everything */
};

ORACLE_DECLARE(pca);

static bool work_make(struct work *work, const struct call *given);
static void centre(struct work *work);
static void covariance(struct work *work);
static void tile_add(struct work *work, size_t j, size_t l, size_t first, size_t last);
static quad magnitude(quad x);
static void tridiagonalise(struct work *work);
static void reflect(struct work *work, size_t c);
static void eigenvalues(struct work *work);
static size_t count_above(const struct work *work, double x, double tiny);
static void error_measure(struct work *work);
static void judge_mean(const struct work *work, const float *mean, struct compare *compare);
static bool judge_written(const struct work *work, const float *comp, struct compare *compare);
static void judge_orthonormal(const struct work *work, const float *comp, struct compare *compare);
static void judge_var(const struct work *work, const float *var, struct compare *compare);
static void judge_residual(const struct work *work, const float *comp, struct compare *compare);
static void judge_proj(const struct work *work, const float *comp, const float *proj,
                       struct compare *compare);

struct err pca_oracle(const struct call *given, const struct call *answer, struct compare *compare)
{
    const float *comp = call_f32(answer, "comp");
    struct work work;

    if (!work_make(&work, given))
        return err_make(ERR_SYSTEM, "scratch of the pca oracle");
    centre(&work);
    covariance(&work);
    tridiagonalise(&work);
    eigenvalues(&work);
    error_measure(&work);

    judge_mean(&work, call_f32(answer, "mean"), compare);
    bool is_written = judge_written(&work, comp, compare);
    if (is_written)
        judge_orthonormal(&work, comp, compare);
    judge_var(&work, call_f32(answer, "var"), compare);
    if (is_written) {
        judge_residual(&work, comp, compare);
        judge_proj(&work, comp, call_f32(answer, "proj"), compare);
    }
    free(work.all);
    return err_none();
}

static bool work_make(struct work *work, const struct call *given)
{
    size_t n = (size_t)call_size(given, "n"), d = (size_t)call_size(given, "d");
    size_t k = (size_t)call_size(given, "k"), width = (d + TILE - 1) / TILE * TILE;

    *work = (struct work){.n = n, .d = d, .k = k, .width = width, .X = call_f32(given, "X")};
    work->all = calloc(n * width + 2 * width * width + d * d + 6 * d + k, sizeof *work->all);
    if (work->all == NULL)
        return false;
    work->mean = work->all;
    work->size = work->mean + d;
    work->diagonal = work->size + d;
    work->off = work->diagonal + d;
    work->scratch = work->off + d;
    work->T = work->scratch + 2 * d;
    work->lambda = work->T + d * d;
    work->centred = work->lambda + k;
    work->C = work->centred + n * width;
    work->E = work->C + width * width;
    return true;
}

static void centre(struct work *work)
{
    size_t n = work->n, d = work->d;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            work->mean[j] += (double)work->X[i * d + j];
            work->size[j] += fabs((double)work->X[i * d + j]);
        }
    for (size_t j = 0; j < d; j++) {
        work->mean[j] /= (double)n;
        work->size[j] /= (double)n;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            work->centred[i * work->width + j] = (double)work->X[i * d + j] - work->mean[j];
}

/* C and |xc|'|xc| / (n - 1), both whole although they are symmetric. */
static void covariance(struct work *work)
{
    size_t n = work->n, width = work->width;

    for (size_t first = 0; first < n; first += BLOCK) {
        size_t last = n - first < BLOCK ? n : first + BLOCK;
        for (size_t j = 0; j < width; j += DOWN)
            for (size_t l = j / TILE * TILE; l < width; l += TILE)
                tile_add(work, j, l, first, last);
    }
    for (size_t j = 0; j < width; j++)
        for (size_t l = j; l < width; l++) {
            work->C[l * width + j] = work->C[j * width + l] /= (double)n - 1;
            work->E[l * width + j] = work->E[j * width + l] /= (double)n - 1;
        }
}

/* Adds the rows first .. last - 1 of X to the tile of C and E that begins at (j, l). */
static void tile_add(struct work *work, size_t j, size_t l, size_t first, size_t last)
{
    size_t width = work->width;
    quad sums[DOWN][ACROSS] = {0}, sizes[DOWN][ACROSS] = {0};

    for (size_t i = first; i < last; i++) {
        const double *x = work->centred + i * width;
        for (size_t across = 0; across < ACROSS; across++) {
            const quad value = *(const quad *)(x + l + across * LANES);
            const quad size = magnitude(value);
            for (size_t down = 0; down < DOWN; down++) {
                sums[down][across] += x[j + down] * value;
                sizes[down][across] += fabs(x[j + down]) * size;
            }
        }
    }
    for (size_t down = 0; down < DOWN; down++)
        for (size_t across = 0; across < ACROSS; across++) {
            size_t at = (j + down) * width + l + across * LANES;
            *(quad *)(work->C + at) += sums[down][across];
            *(quad *)(work->E + at) += sizes[down][across];
        }
}

static quad magnitude(quad x)
{
    return (quad)((quad_bits)x & INT64_MAX);
}

/* Householder: C becomes similar to a tridiagonal matrix, one column at a time. */
static void tridiagonalise(struct work *work)
{
    size_t d = work->d;

    for (size_t j = 0; j < d; j++)
        memcpy(work->T + j * d, work->C + j * work->width, d * sizeof *work->T);
    for (size_t c = 0; c < d; c++) {
        work->diagonal[c] = work->T[c * d + c];
        if (c + 1 < d)
            reflect(work, c);
    }
}

/* Turns column c, below the diagonal, into (off, 0, ..., 0) by v v' from both sides. */
static void reflect(struct work *work, size_t c)
{
    size_t d = work->d, count = d - c - 1;
    double *T = work->T + (c + 1) * d + c + 1; /* what is left: (count, count), rows d apart */
    double *v = work->scratch, *p = work->scratch + d;
    double length = 0, square = 0, common = 0;

    for (size_t j = 0; j < count; j++) {
        v[j] = work->T[(c + 1 + j) * d + c];
        length += v[j] * v[j];
    }
    length = v[0] > 0 ? -sqrt(length) : sqrt(length);
    work->off[c] = length;
    v[0] -= length;
    for (size_t j = 0; j < count; j++)
        square += v[j] * v[j];
    if (square == 0)
        return;

    for (size_t j = 0; j < count; j++) {
        p[j] = 0;
        for (size_t l = 0; l < count; l++)
            p[j] += T[j * d + l] * v[l];
        p[j] *= 2 / square;
        common += p[j] * v[j];
    }
    for (size_t j = 0; j < count; j++)
        p[j] -= common / square * v[j];
    for (size_t j = 0; j < count; j++)
        for (size_t l = 0; l < count; l++)
            T[j * d + l] -= v[j] * p[l] + p[j] * v[l];
}

/* The k largest, by bisection within the bounds of Gershgorin. */
static void eigenvalues(struct work *work)
{
    double low = INFINITY, high = -INFINITY, tiny;

    for (size_t j = 0; j < work->d; j++) {
        double radius = fabs(work->off[j]) + (j > 0 ? fabs(work->off[j - 1]) : 0);
        low = fmin(low, work->diagonal[j] - radius);
        high = fmax(high, work->diagonal[j] + radius);
    }
    tiny = DBL_EPSILON * fmax(fabs(low), fabs(high)) + DBL_MIN;
    for (size_t c = 0; c < work->k; c++) {
        double below = low, above = c > 0 ? work->lambda[c - 1] + tiny : high;
        while (above - below > tiny) {
            double middle = below + (above - below) / 2;
            if (middle <= below || middle >= above)
                break;
            if (count_above(work, middle, tiny) > c)
                below = middle;
            else
                above = middle;
        }
        work->lambda[c] = below + (above - below) / 2;
    }
}

/* How many eigenvalues exceed x: the positive pivots of T - x (Sylvester's law of inertia). */
static size_t count_above(const struct work *work, double x, double tiny)
{
    double pivot = 1;
    size_t count = 0;

    for (size_t j = 0; j < work->d; j++) {
        double before = j > 0 ? work->off[j - 1] : 0;
        pivot = work->diagonal[j] - x - before * before / pivot;
        if (fabs(pivot) < tiny * DBL_EPSILON)
            pivot = -tiny * DBL_EPSILON;
        count += pivot > 0;
    }
    return count;
}

/* eta, out of |xc|'|xc| / (n - 1). */
static void error_measure(struct work *work)
{
    size_t d = work->d;
    double n = (double)work->n, sum = 0, mean_off = (bound_g(n) + 2) * BOUND_U;

    for (size_t j = 0; j < d; j++)
        for (size_t l = 0; l < d; l++) {
            double e = (bound_g(n) + 4) * BOUND_U * work->E[j * work->width + l] +
                       mean_off * mean_off * work->size[j] * work->size[l] * n / (n - 1);
            sum += e * e;
        }
    work->eta = sqrt(sum) + 16 * (double)d * BOUND_U * work->lambda[0];
}

static void judge_mean(const struct work *work, const float *mean, struct compare *compare)
{
    double share = (bound_g((double)work->n) + 2) * BOUND_U;

    compare_begin(compare, "mean", "j", 1, (int64_t[]){(int64_t)work->d});
    for (size_t j = 0; j < work->d; j++) {
        compare_value(compare, work->mean[j], (double)mean[j], share * work->size[j]);
        if (call_is_unwritten(mean + j))
            compare_unwritten(compare);
    }
}

/* Is comp a number everywhere? Only a comp that is not becomes a part of its own. */
static bool judge_written(const struct work *work, const float *comp, struct compare *compare)
{
    size_t count = work->k * work->d, written = 0;

    for (size_t e = 0; e < count; e++)
        written += isnan(comp[e]) ? 0 : 1;
    if (written == count)
        return true;
    compare_begin(compare, "comp", "cj", 2, (int64_t[]){(int64_t)work->k, (int64_t)work->d});
    for (size_t e = 0; e < count; e++) {
        compare_verdict(compare, 0, (double)comp[e], !isnan(comp[e]));
        if (call_is_unwritten(comp + e))
            compare_unwritten(compare);
    }
    return false;
}

static void judge_orthonormal(const struct work *work, const float *comp, struct compare *compare)
{
    size_t d = work->d;
    double bound = 32 * (double)d * BOUND_U;

    compare_begin(compare, "comp comp' - 1", "cb", 2,
                  (int64_t[]){(int64_t)work->k, (int64_t)work->k});
    for (size_t c = 0; c < work->k; c++)
        for (size_t b = 0; b < work->k; b++) {
            double dot = 0;
            for (size_t j = 0; j < d; j++)
                dot += (double)comp[c * d + j] * (double)comp[b * d + j];
            compare_value(compare, 0, dot - (c == b), bound);
        }
}

static void judge_var(const struct work *work, const float *var, struct compare *compare)
{
    compare_begin(compare, "var", "c", 1, (int64_t[]){(int64_t)work->k});
    for (size_t c = 0; c < work->k; c++) {
        compare_value(compare, work->lambda[c], (double)var[c], 2 * work->eta);
        if (call_is_unwritten(var + c))
            compare_unwritten(compare);
    }
}

/* "var" stands for the eigenvalue itself; the student's has been judged. */
static void judge_residual(const struct work *work, const float *comp, struct compare *compare)
{
    size_t d = work->d;

    compare_begin(compare, "comp C - var comp", "c", 1, (int64_t[]){(int64_t)work->k});
    for (size_t c = 0; c < work->k; c++) {
        const float *v = comp + c * d;
        double sum = 0;
        for (size_t j = 0; j < d; j++) {
            double rest = -work->lambda[c] * (double)v[j];
            for (size_t l = 0; l < d; l++)
                rest += work->C[j * work->width + l] * (double)v[l];
            sum += rest * rest;
        }
        compare_value(compare, 0, sqrt(sum), 4 * work->eta);
    }
}

static void judge_proj(const struct work *work, const float *comp, const float *proj,
                       struct compare *compare)
{
    size_t d = work->d, k = work->k;
    double by_sum = (bound_g((double)d) + 3) * BOUND_U;
    double by_mean = (bound_g((double)work->n) + 2) * BOUND_U;

    compare_begin(compare, "proj", "ic", 2, (int64_t[]){(int64_t)work->n, (int64_t)k});
    for (size_t i = 0; i < work->n; i++)
        for (size_t c = 0; c < k; c++) {
            const double *restrict x = work->centred + i * work->width;
            const float *restrict v = comp + c * d;
            float got = proj[i * k + c];
            double sum = 0, size = 0;
            for (size_t j = 0; j < d; j++) {
                sum += x[j] * (double)v[j];
                size += (by_sum * fabs(x[j]) + by_mean * work->size[j]) * fabs((double)v[j]);
            }
            compare_value(compare, sum, (double)got, size);
            if (call_is_unwritten(proj + i * k + c))
                compare_unwritten(compare);
        }
}
