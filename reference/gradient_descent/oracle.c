/* The answer for gradient descent: in double, with the bound of an honest fp32 program carried
 * along.
 *
 * What one step in fp32 may add to the error of (w, b), u = 2^-24, g from reference/bound.h:
 *
 * 1. z_i is a sum of d + 1 terms: off by g(d + 1) u (sum_j |x_ij||w_j| + |b|).
 * 2. r_i = z_i - y_i adds its own rounding and one for a scaled or fused variant: 2u |r_i|. For
 *    logistic the error of z counts times the sigmoid's derivative (1.05 of it, since it is taken
 *    at z and not where the rounded z lies), and 6u pay for expf (granted 8u, of which the sigmoid
 *    passes at most a quarter), the sum, the quotient and the difference. Call the whole e_ri.
 * 3. The gradient sum_i x_ij r_i / n: every r_i is off by e_ri, the n-term sum by
 *    g(n) u sum_i |x_ij||r_i|, the mean and the product with lr by 3u of the result.
 * 4. Subtracting rounds once more: u |w_j|.
 *
 *     e_j = lr [ sum_i |x_ij| (e_ri + g(n) u |r_i|) / n + 3u |gradient_j| ] + u |w_j|
 *
 * That adds the rows' errors as if they all had one sign, and takes every partial sum for as large
 * as the sum of magnitudes. With few rows nothing better can be said. With many it is too much: for
 * n = 3400 it was 1400 times what any right program needs, and X in bf16 passed. There, rows are
 * independent and roundings have no common sign, so from QUADRATURE_ROWS on, with l(n) = 4 + 6
 * sqrt(n), six standard deviations of a sum's roundings (reference/bound.h):
 *
 * 5. The rows' errors add in quadrature: sqrt(sum_i x_ij^2 e_ri^2), e_ri = l(d + 1) u q_i and 2u
 *    |r_i| as in 1. and 2.; only the 6u of expf, whose errors may lean to one side, stay in sum.
 *    q_i bounds the partial sums of z_i, as in 6.: the lesser of sum_j |x_ij||w_j| + |b| and
 *    |z_i| + 3 sqrt(sum_j (x_ij w_j)^2 + b^2). For d = 640 that is a quarter of the first.
 * 6. The sum over i in any order that does not look at the data: no partial sum passes |gradient| +
 *    3 sqrt(sum_i x_ij^2 r_i^2), three standard deviations of a bridge (the chance is 3e-8), and
 * its n roundings are together within l(n) u of that.
 *
 *     e_j = lr [ sqrt(sum_i x_ij^2 (e_ri^2 + (3 l(n) u r_i)^2)) / n + 6u sum_i |x_ij| / n
 *                + (l(n) + 3) u |gradient_j| ] + u |w_j|          (6u: logistic only)
 *
 * The bias is a column of ones. For lr <= 2 / L the step map is non-expansive in the Euclidean norm
 * (the generator keeps lr L <= 1/2), so errors of earlier steps do not grow and
 *
 *     tol = sum over steps of ||e||_2 >= ||(w, b) - (w, b)_exact||_2 >= each of ||w - .||, |b - .|
 *
 * Sources: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and
 * 3.3; 5. and 6.: Higham and Mary 2019, as in reference/bound.h, and the reflection principle;
 * non-expansive: Y. Nesterov, Introductory Lectures on Convex Optimization, 2004, theorem
 * 2.1.5 (gradients are co-coercive). */
#include "reference/oracle.h"

#include "reference/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* This runs on every timed output, so the loops over X are written in vectors of four doubles: that
 * many floats are converted as they are loaded. Rows are taken ROWS at a time, so that w and the
 * sums over i are loaded once for all of them. X is used where it lies if n and d are multiples of
 * four, else a copy padded with zeros is. */
#define ROWS ((size_t)4)
#define LANES ((size_t)4)
#define QUADRATURE_ROWS ((size_t)32)
#define SIGMOID_ERROR 6.0 /* in u */
typedef double quad __attribute__((vector_size(32)));
typedef int64_t quad_bits __attribute__((vector_size(32)));
typedef float quad_float __attribute__((vector_size(16), may_alias));

struct work {
    bool logistic;
    bool many; /* rows: their errors add in quadrature */
    size_t n, d;
    size_t quads; /* vectors in a row: d / LANES, rounded up */
    const float *X, *y;
    quad *w;        /* the iterate */
    quad *gradient; /* sum_i x_ij r_i */
    quad *loss;     /* few: sum_i |x_ij| t_i, t_i = e_ri + g(n) u |r_i|; many: sum_i x_ij^2 t_i,
                       t_i = e_ri^2 + (3 l(n) u r_i)^2 */
    quad *leaning;  /* many: 6u sum_i |x_ij| for logistic, else 0 */
    double b, bias_gradient, bias_loss;
    quad *all;     /* owns the four arrays */
    float *padded; /* owns X, if it is a copy */
};

ORACLE_DECLARE(gradient_descent);

static bool work_make(struct work *work, const struct call *given);
static bool pad(struct work *work, const float *X);
static void leaning_fill(struct work *work);
static void work_free(struct work *work);
static double step(struct work *work, double lr);
static void rows_dot(const struct work *work, const float *x, double z[ROWS], double size[ROWS]);
static double partial_sums(const struct work *work, double z, double size, double square);
static void residual(const struct work *work, size_t i, double z, double size, double *out_r,
                     double *out_t);
static void rows_add(struct work *work, const float *x, const double r[ROWS], const double t[ROWS]);
static double apply(const struct work *work, double *value, double scale, double gradient,
                    double loss, double leaning);
static quad load(const float *x);
static quad magnitude(quad x);
static double sum_of(quad x);
static void judge_still(const char *part, const float *expected, const float *got, size_t count,
                        struct compare *compare);
static uint32_t bits_of(float x);
static void judge(const char *part, const double *expected, const float *got, size_t count,
                  double tol, struct compare *compare);

struct err gradient_descent_oracle(const struct call *given, const struct call *answer,
                                   struct compare *compare)
{
    const float *w = call_f32(answer, "w"), *b = call_f32(answer, "b");
    int steps = call_size(given, "steps");
    double lr = call_scalar(given, "lr"), tol = 0;
    size_t d = (size_t)call_size(given, "d");
    struct work work;

    if (steps == 0) {
        judge_still("w", call_f32(given, "w"), w, d, compare);
        judge_still("b", call_f32(given, "b"), b, 1, compare);
        return err_none();
    }
    if (!work_make(&work, given)) {
        work_free(&work);
        return err_make(ERR_SYSTEM, "scratch of the gradient descent oracle");
    }
    for (int i = 0; i < steps; i++)
        tol += step(&work, lr);
    judge("w", (const double *)work.w, w, d, tol, compare);
    judge("b", &work.b, b, 1, tol, compare);
    work_free(&work);
    return err_none();
}

static bool work_make(struct work *work, const struct call *given)
{
    size_t d = (size_t)call_size(given, "d"), quads = (d + LANES - 1) / LANES;

    *work = (struct work){
        .logistic = call_size(given, "logistic") != 0,
        .many = (size_t)call_size(given, "n") >= QUADRATURE_ROWS,
        .n = (size_t)call_size(given, "n"),
        .d = d,
        .quads = quads,
        .y = call_f32(given, "y"),
        .b = (double)call_f32(given, "b")[0],
        .all = aligned_alloc(sizeof(quad), 4 * quads * sizeof(quad)),
    };
    if (work->all == NULL || !pad(work, call_f32(given, "X")))
        return false;
    memset(work->all, 0, 4 * quads * sizeof(quad));
    work->w = work->all;
    work->gradient = work->w + quads;
    work->loss = work->gradient + quads;
    work->leaning = work->loss + quads;
    if (work->many && work->logistic)
        leaning_fill(work);
    for (size_t j = 0; j < d; j++)
        work->w[j / LANES][j % LANES] = (double)call_f32(given, "w")[j];
    return true;
}

static bool pad(struct work *work, const float *X)
{
    size_t width = work->quads * LANES, height = (work->n + ROWS - 1) / ROWS * ROWS;

    work->X = X;
    if (width == work->d && height == work->n)
        return true;
    work->padded = aligned_alloc(sizeof(quad_float), height * width * sizeof(float));
    work->X = work->padded;
    if (work->padded == NULL)
        return false;
    memset(work->padded, 0, height * width * sizeof(float));
    for (size_t i = 0; i < work->n; i++)
        memcpy(work->padded + i * width, X + i * work->d, work->d * sizeof(float));
    return true;
}

static void leaning_fill(struct work *work)
{
    for (size_t i = 0; i < work->n; i++)
        for (size_t j = 0; j < work->quads; j++)
            work->leaning[j] +=
                SIGMOID_ERROR * BOUND_U * magnitude(load(work->X + (i * work->quads + j) * LANES));
}

static void work_free(struct work *work)
{
    free(work->all);
    free(work->padded);
}

/* One step; returns ||e||_2. */
static double step(struct work *work, double lr)
{
    double scale = lr / (double)work->n, error, sum;

    for (size_t j = 0; j < work->quads; j++) {
        work->gradient[j] = (quad){0};
        work->loss[j] = (quad){0};
    }
    work->bias_gradient = 0;
    work->bias_loss = 0;

    for (size_t i = 0; i < work->n; i += ROWS) {
        const float *x = work->X + i * work->quads * LANES;
        double z[ROWS] = {0}, size[ROWS] = {0}, r[ROWS] = {0}, t[ROWS] = {0};
        rows_dot(work, x, z, size);
        for (size_t row = 0; row < ROWS && i + row < work->n; row++) {
            residual(work, i + row, z[row], size[row], &r[row], &t[row]);
            work->bias_gradient += r[row];
            work->bias_loss += t[row];
        }
        rows_add(work, x, r, t);
    }

    double leaning = work->many && work->logistic ? SIGMOID_ERROR * BOUND_U * (double)work->n : 0;
    error = apply(work, &work->b, scale, work->bias_gradient, work->bias_loss, leaning);
    sum = error * error;
    for (size_t j = 0; j < work->d; j++) {
        double w = work->w[j / LANES][j % LANES];
        error = apply(work, &w, scale, work->gradient[j / LANES][j % LANES],
                      work->loss[j / LANES][j % LANES], work->leaning[j / LANES][j % LANES]);
        work->w[j / LANES][j % LANES] = w;
        sum += error * error;
    }
    return sqrt(sum);
}

/* z = x . w + b of ROWS rows, and what no partial sum of it passes. */
static void rows_dot(const struct work *work, const float *x, double z[ROWS], double size[ROWS])
{
    quad sum[ROWS] = {0}, sizes[ROWS] = {0}, squares[ROWS] = {0};

    for (size_t j = 0; j < work->quads; j++)
        for (size_t row = 0; row < ROWS; row++) {
            quad value = load(x + (row * work->quads + j) * LANES);
            quad product = value * work->w[j];
            sum[row] += product;
            sizes[row] += magnitude(product);
            squares[row] += product * product;
        }
    for (size_t row = 0; row < ROWS; row++) {
        z[row] = sum_of(sum[row]) + work->b;
        size[row] = partial_sums(work, z[row], sum_of(sizes[row]) + fabs(work->b),
                                 sum_of(squares[row]) + work->b * work->b);
    }
}

static double partial_sums(const struct work *work, double z, double size, double square)
{
    return work->many ? fmin(size, fabs(z) + 3 * sqrt(square)) : size;
}

static void residual(const struct work *work, size_t i, double z, double size, double *out_r,
                     double *out_t)
{
    double y = (double)work->y[i], terms = (double)work->d + 1, n = (double)work->n;
    double off = (work->many ? bound_likely(terms) : bound_g(terms)) * size; /* of z, in u */
    double p = 1 / (1 + exp(-z));
    double r = work->logistic ? p - y : z - y;

    if (work->logistic)
        off *= 1.05 * p * (1 - p);
    *out_r = r;
    if (work->many) {
        double by_sum = 3 * bound_likely(n) * r, own = work->logistic ? 0 : 2 * r;
        *out_t = BOUND_U * BOUND_U * (off * off + own * own + by_sum * by_sum);
    } else {
        off += work->logistic ? SIGMOID_ERROR : 2 * fabs(r);
        *out_t = BOUND_U * (off + bound_g(n) * fabs(r));
    }
}

static void rows_add(struct work *work, const float *x, const double r[ROWS], const double t[ROWS])
{
    const bool many = work->many;

    for (size_t j = 0; j < work->quads; j++) {
        quad gradient = work->gradient[j], loss = work->loss[j];
        for (size_t row = 0; row < ROWS; row++) {
            quad value = load(x + (row * work->quads + j) * LANES);
            gradient += value * r[row];
            loss += (many ? value * value : magnitude(value)) * t[row];
        }
        work->gradient[j] = gradient;
        work->loss[j] = loss;
    }
}

/* Moves one coordinate; returns its e_j. `scale` is lr / n. */
static double apply(const struct work *work, double *value, double scale, double gradient,
                    double loss, double leaning)
{
    double share = 3;

    if (work->many) {
        loss = sqrt(loss) + leaning;
        share += bound_likely((double)work->n);
    }
    *value -= scale * gradient;
    return scale * (loss + share * BOUND_U * fabs(gradient)) + BOUND_U * fabs(*value);
}

static quad load(const float *x)
{
    return __builtin_convertvector(*(const quad_float *)x, quad);
}

static quad magnitude(quad x)
{
    return (quad)((quad_bits)x & INT64_MAX);
}

static double sum_of(quad x)
{
    return (x[0] + x[1]) + (x[2] + x[3]);
}

static void judge_still(const char *part, const float *expected, const float *got, size_t count,
                        struct compare *compare)
{
    compare_begin(compare, part, "j", 1, (int64_t[]){(int64_t)count});
    for (size_t j = 0; j < count; j++)
        compare_verdict(compare, (double)expected[j], (double)got[j],
                        bits_of(expected[j]) == bits_of(got[j]));
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The norm of the difference. A NaN or an infinity makes it NaN or infinite, which never passes. */
static void judge(const char *part, const double *expected, const float *got, size_t count,
                  double tol, struct compare *compare)
{
    double sum = 0, worst = -1;
    size_t at = 0;

    for (size_t j = 0; j < count; j++) {
        double error = fabs((double)got[j] - expected[j]);
        sum += error * error;
        if (error > worst || (isnan(error) && !isnan(worst))) {
            worst = error;
            at = j;
        }
    }
    compare_begin(compare, part, "j", 1, (int64_t[]){(int64_t)count});
    compare_norm_tap(compare, expected, count, tol);
    compare_norm(compare, sqrt(sum), tol, (int64_t)at, expected[at], (double)got[at]);
}
