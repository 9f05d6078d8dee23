/* Inputs of the gradient descent cases.
 *
 *     X[i][j] = s_j (0.9 N_ij + shared N_i) + mean,   s_j geometric from 1 to scale_max
 *
 * so columns are of unlike scale, correlated through N_i, and not centred. The labels follow a
 * random direction t: with z = X_i . t, scaled to variance 1, y = 2 z + 0.3 N (linear), or 1 with a
 * probability that rises with z (logistic).
 *
 * The step is lr = 0.5 / L, L a bound on the largest eigenvalue of the loss' second derivative. It
 * comes from what is known of the distribution, because a Gram matrix costs more than the descent.
 *
 * Elementwise float, sums in a fixed order, sqrt and nothing else of libm: the same bits everywhere
 * (this file is built without -march, so nothing fuses). */
#include "assignments/inputs.h"

#include <math.h>
#include <stdlib.h>

#define OWN 0.9f            /* share of a column's own noise */
#define CURVATURE_ROOM 1.25 /* L above what the covariance says */
#define LANES ((size_t)4)

struct shape {
    size_t n, d;
    bool logistic;
    float shared, mean, start;
    float *scale;     /* d: s_j */
    float *direction; /* d: t_j, scaled so that X_i . t has variance 1 */
    float *common;    /* n: N_i, then the noise of y */
    float *all;       /* owns the three */
};

typedef float lanes __attribute__((vector_size(16), aligned(4), may_alias));

INPUTS_DECLARE(gradient_descent);

static bool shape_make(struct shape *shape, const struct call *call);
static void rows_fill(const struct shape *shape, struct random *random, float *X);
static void direction_fill(const struct shape *shape, struct random *random);
static void labels_fill(const struct shape *shape, struct random *random, const float *X, float *y);
static float dot(const float *a, const float *b, size_t count);
static void start_fill(const struct shape *shape, struct random *random, float *w, float *b);
static double curvature(const struct shape *shape, const float *X);
static double curvature_expected(const struct shape *shape);
static double curvature_trace(const struct shape *shape, const float *X);

struct err gradient_descent_inputs(struct call *call, struct random *random)
{
    float *X = call_f32(call, "X");
    struct shape shape;

    if (!shape_make(&shape, call))
        return err_make(ERR_SYSTEM, "scratch of the gradient descent generator");
    rows_fill(&shape, random, X);
    direction_fill(&shape, random);
    labels_fill(&shape, random, X, call_f32(call, "y"));
    start_fill(&shape, random, call_f32(call, "w"), call_f32(call, "b"));
    call_set_scalar(call, "lr", (double)(float)(0.5 / curvature(&shape, X)));
    free(shape.all);
    return err_none();
}

static bool shape_make(struct shape *shape, const struct call *call)
{
    size_t n = (size_t)call_size(call, "n"), d = (size_t)call_size(call, "d");
    double last = call_parameter(call, "scale_max");

    *shape = (struct shape){
        .n = n,
        .d = d,
        .logistic = call_size(call, "logistic") != 0,
        .shared = (float)call_parameter(call, "shared"),
        .mean = (float)call_parameter(call, "mean"),
        .start = (float)call_parameter(call, "start"),
        .all = malloc((n + 2 * d) * sizeof *shape->all),
    };
    if (shape->all == NULL)
        return false;
    shape->scale = shape->all;
    shape->direction = shape->scale + d;
    shape->common = shape->direction + d;

    /* last^(j / (d - 1)) by halving, since pow may differ in the last bit between machines. */
    for (size_t j = 0; j < d; j++) {
        double root = last, factor = 1, share = d > 1 ? (double)j / (double)(d - 1) : 0;
        for (int bit = 0; bit < 24; bit++) {
            if (share >= 1) {
                factor *= root;
                share -= 1;
            }
            share *= 2;
            root = sqrt(root);
        }
        shape->scale[j] = (float)factor;
    }
    return true;
}

static void rows_fill(const struct shape *shape, struct random *random, float *X)
{
    const float *restrict scale = shape->scale;
    float mean = shape->mean;

    random_fill_normal(random, X, shape->n * shape->d);
    random_fill_normal(random, shape->common, shape->n);
    for (size_t i = 0; i < shape->n; i++) {
        float *restrict x = X + i * shape->d;
        float common = shape->shared * shape->common[i];
        for (size_t j = 0; j < shape->d; j++)
            x[j] = scale[j] * (OWN * x[j] + common) + mean;
    }
}

static void direction_fill(const struct shape *shape, struct random *random)
{
    double own = 0, common = 0;

    random_fill_normal(random, shape->direction, shape->d);
    for (size_t j = 0; j < shape->d; j++) {
        double ts = (double)shape->direction[j] * (double)shape->scale[j];
        own += ts * ts;
        common += ts;
    }
    double variance =
        (double)(OWN * OWN) * own + (double)shape->shared * (double)shape->shared * common * common;
    float factor = variance > 0 ? (float)(1 / sqrt(variance)) : 0;
    for (size_t j = 0; j < shape->d; j++)
        shape->direction[j] *= factor;
}

static void labels_fill(const struct shape *shape, struct random *random, const float *X, float *y)
{
    random_fill_normal(random, shape->common, shape->n);
    for (size_t i = 0; i < shape->n; i++) {
        float z = dot(X + i * shape->d, shape->direction, shape->d);
        if (shape->logistic) {
            /* Close to sigmoid(2 z), and exact everywhere. */
            double t = (double)z, p = 0.5 + 0.5 * t / sqrt(1 + t * t);
            y[i] = random_uniform(random) < p ? 1 : 0;
        } else {
            y[i] = 2 * z + 0.3f * shape->common[i];
        }
    }
}

static float dot(const float *a, const float *b, size_t count)
{
    lanes sums[2] = {{0}, {0}};
    size_t j = 0;

    for (; j + 2 * LANES <= count; j += 2 * LANES) {
        sums[0] += *(const lanes *)(a + j) * *(const lanes *)(b + j);
        sums[1] += *(const lanes *)(a + j + LANES) * *(const lanes *)(b + j + LANES);
    }
    sums[0] += sums[1];
    float sum = (sums[0][0] + sums[0][1]) + (sums[0][2] + sums[0][3]);
    for (; j < count; j++)
        sum += a[j] * b[j];
    return sum;
}

/* X_i . w + b gets about the standard deviation `start`; 0 starts from zero. */
static void start_fill(const struct shape *shape, struct random *random, float *w, float *b)
{
    double variance = 0;

    for (size_t j = 0; j < shape->d; j++)
        variance += (double)shape->scale[j] * (double)shape->scale[j];
    float factor = (float)((double)shape->start / sqrt(variance));
    random_fill_normal(random, w, shape->d);
    for (size_t j = 0; j < shape->d; j++)
        w[j] *= factor;
    b[0] = shape->start * (float)(0.25 + 0.5 * random_uniform(random));
}

/* With few rows the covariance says little about the sample: there the trace bounds it. Else the
 * sample's largest eigenvalue exceeds the expected one by about (1 + sqrt((d + 1) / n))^2 (Bai and
 * Yin 1993). The logistic loss bends at most a quarter as much. */
static double curvature(const struct shape *shape, const float *X)
{
    double columns = (double)shape->d + 1, rows = (double)shape->n, largest;

    if (rows <= columns) {
        largest = curvature_trace(shape, X);
    } else {
        double spread = 1 + sqrt(columns / rows);
        largest = CURVATURE_ROOM * spread * spread * curvature_expected(shape);
    }
    return shape->logistic ? largest / 4 : largest;
}

/* E[(x, 1)(x, 1)'] = 0.81 diag(s^2) + shared^2 s s' + m m', m = (mean, ..., mean, 1): at most the
 * sum of the three norms. */
static double curvature_expected(const struct shape *shape)
{
    double largest = 0, all = 0;

    for (size_t j = 0; j < shape->d; j++) {
        double square = (double)shape->scale[j] * (double)shape->scale[j];
        largest = square > largest ? square : largest;
        all += square;
    }
    return (double)(OWN * OWN) * largest + (double)(shape->shared * shape->shared) * all +
           (double)(shape->mean * shape->mean) * (double)shape->d + 1;
}

static double curvature_trace(const struct shape *shape, const float *X)
{
    double sum = 0;

    for (size_t e = 0; e < shape->n * shape->d; e++)
        sum += (double)X[e] * (double)X[e];
    return sum / (double)shape->n + 1;
}
