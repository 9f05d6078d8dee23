/* The answer for lstm_cell: in double, with the error of an honest fp32 program carried along, for
 * every h and c (running error analysis). e_x is the error granted to x, u = 2^-24, g from
 * reference/bound.h.
 *
 * 1. A pre-activation is a sum of nx + nh + 2 terms, and inherits the errors of the h before:
 *
 *        e_z = g(nx + nh + 2) u (sum |Wih x| + sum |Whh h| + |bih| + |bhh|) + sqrt(sum Whh^2 e_h^2)
 *
 *    The inherited part adds in quadrature: rounding errors of different units have no common sign.
 *    With absolute sums the bound would grow by |Whh| each step, to 4.4 at T = 200, where h itself
 *    is below 1: everything would pass. In quadrature it stays below 1e-5 there.
 * 2. A gate a = s(z) is off by the slope times e_z, by the second-order term of that interval,
 *    max|s''| e_z^2 / 2, and by its own 8u: expf and tanhf are granted a few ulp, and sigmoid by
 *    tanh or tanh by exp lose u of 1, not of their value.
 * 3. Products by the product rule, with 3u for their roundings:
 *
 *        e_c = |c| e_f + f e_c + e_f e_c + |g| e_i + i e_g + e_i e_g + 3u (|f c| + |i g|)
 *        e_h = |tanh c| e_o + o e_t + e_o e_t + 3u |h|,  e_t as in 2. from e_c
 *
 * Slopes: sigmoid' = s (1 - s), |sigmoid''| <= 1 / (6 sqrt 3); tanh' = 1 - t^2,
 * |tanh''| <= 4 / (3 sqrt 3).
 *
 * Source: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.3
 * (running error analysis); for the quadrature, Higham and Mary 2019, as in reference/bound.h. */
#include "reference/oracle.h"

#include "reference/bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GATES 4
#define SIGMOID_BEND 0.0962250448649376 /* 1 / (6 sqrt 3) */
#define TANH_BEND 0.769800358919501     /* 4 / (3 sqrt 3) */
#define FUNCTION_ERROR (8 * BOUND_U)

/* A number and the error that is granted to it. */
struct value {
    double is, off;
};

/* Everything in double; h and c of all sequences with their errors. */
struct work {
    double *all; /* owns the rest */
    int B, nx, nh;
    double *Wih, *Whh, *bias, *bias_size; /* (4 nh, nx), (4 nh, nh); bih + bhh, |bih| + |bhh| */
    double *x;                            /* (B, nx), of one step */
    double *h, *h_off, *c, *c_off;        /* (B, nh) */
    double *next, *next_off;              /* (B, nh): h, until the step is complete */
};

ORACLE_DECLARE(lstm_cell);

static bool work_make(struct work *work, const struct call *given);
static void widen(double *restrict to, const float *restrict from, size_t count);
static void bias_fill(const struct work *work, const float *bih, const float *bhh);
static void step(const struct work *work, const float *x);
static void unit_step(const struct work *work, int b, int u);
static struct value pre_activation(const struct work *work, int b, int row);
static struct value sigmoid_of(struct value z);
static struct value tanh_of(struct value z);
static struct value times(struct value a, struct value b);
static void state_judge(struct compare *compare, const double *is, const double *off,
                        const float *got, size_t count);

struct err lstm_cell_oracle(const struct call *given, const struct call *answer,
                            struct compare *compare)
{
    int T = call_size(given, "T"), B = call_size(given, "B");
    int nx = call_size(given, "nx"), nh = call_size(given, "nh");
    size_t state = (size_t)B * (size_t)nh;
    const float *x = call_f32(given, "x"), *y = call_f32(answer, "y");
    struct work work;

    if (!work_make(&work, given))
        return err_make(ERR_SYSTEM, "scratch of the lstm_cell oracle");

    compare_begin(compare, "y", "tbu", 3, (int64_t[]){T, B, nh});
    for (int t = 0; t < T; t++) {
        step(&work, x + (size_t)t * (size_t)B * (size_t)nx);
        state_judge(compare, work.h, work.h_off, y + (size_t)t * state, state);
    }
    compare_begin(compare, "hT", "bu", 2, (int64_t[]){B, nh});
    state_judge(compare, work.h, work.h_off, call_f32(answer, "hT"), state);
    compare_begin(compare, "cT", "bu", 2, (int64_t[]){B, nh});
    state_judge(compare, work.c, work.c_off, call_f32(answer, "cT"), state);
    compare_end(compare);
    free(work.all);
    return err_none();
}

static bool work_make(struct work *work, const struct call *given)
{
    work->B = call_size(given, "B");
    work->nx = call_size(given, "nx");
    work->nh = call_size(given, "nh");
    size_t B = (size_t)work->B, nx = (size_t)work->nx, nh = (size_t)work->nh, state = B * nh;

    work->all = calloc(GATES * nh * (nx + nh + 2) + B * nx + 6 * state, sizeof *work->all);
    if (work->all == NULL)
        return false;
    work->Wih = work->all;
    work->Whh = work->Wih + GATES * nh * nx;
    work->bias = work->Whh + GATES * nh * nh;
    work->bias_size = work->bias + GATES * nh;
    work->x = work->bias_size + GATES * nh;
    work->h = work->x + B * nx;
    work->h_off = work->h + state; /* stays zero for h0 and c0, which are given */
    work->c = work->h_off + state;
    work->c_off = work->c + state;
    work->next = work->c_off + state;
    work->next_off = work->next + state;

    widen(work->Wih, call_f32(given, "Wih"), GATES * nh * nx);
    widen(work->Whh, call_f32(given, "Whh"), GATES * nh * nh);
    bias_fill(work, call_f32(given, "bih"), call_f32(given, "bhh"));
    widen(work->h, call_f32(given, "h0"), state);
    widen(work->c, call_f32(given, "c0"), state);
    return true;
}

static void widen(double *restrict to, const float *restrict from, size_t count)
{
    for (size_t e = 0; e < count; e++)
        to[e] = (double)from[e];
}

static void bias_fill(const struct work *work, const float *bih, const float *bhh)
{
    for (int row = 0; row < GATES * work->nh; row++) {
        work->bias[row] = (double)bih[row] + (double)bhh[row];
        work->bias_size[row] = fabs((double)bih[row]) + fabs((double)bhh[row]);
    }
}

/* One step of all sequences: by units, so that a row of weights is read once for all of them. */
static void step(const struct work *work, const float *x)
{
    size_t state = (size_t)work->B * (size_t)work->nh;

    widen(work->x, x, (size_t)work->B * (size_t)work->nx);
    for (int u = 0; u < work->nh; u++)
        for (int b = 0; b < work->B; b++)
            unit_step(work, b, u);
    memcpy(work->h, work->next, state * sizeof *work->h);
    memcpy(work->h_off, work->next_off, state * sizeof *work->h_off);
}

static void unit_step(const struct work *work, int b, int u)
{
    size_t unit = (size_t)b * (size_t)work->nh + (size_t)u;
    struct value z[GATES];

    for (int gate = 0; gate < GATES; gate++)
        z[gate] = pre_activation(work, b, gate * work->nh + u);
    struct value i = sigmoid_of(z[0]), f = sigmoid_of(z[1]);
    struct value g = tanh_of(z[2]), o = sigmoid_of(z[3]);

    struct value kept = times(f, (struct value){work->c[unit], work->c_off[unit]});
    struct value added = times(i, g);
    struct value c = {kept.is + added.is, kept.off + added.off};
    struct value h = times(o, tanh_of(c));
    work->c[unit] = c.is;
    work->c_off[unit] = c.off;
    work->next[unit] = h.is;
    work->next_off[unit] = h.off;
}

static struct value pre_activation(const struct work *work, int b, int row)
{
    const size_t nx = (size_t)work->nx, nh = (size_t)work->nh;
    const double *restrict w = work->Wih + (size_t)row * nx;
    const double *restrict r = work->Whh + (size_t)row * nh;
    const double *restrict x = work->x + (size_t)b * nx;
    const double *restrict h = work->h + (size_t)b * nh;
    const double *restrict h_off = work->h_off + (size_t)b * nh;
    double sum = work->bias[row], size = work->bias_size[row], inherited = 0;

    for (size_t n = 0; n < nx; n++) {
        sum += w[n] * x[n];
        size += fabs(w[n] * x[n]);
    }
    for (size_t n = 0; n < nh; n++) {
        sum += r[n] * h[n];
        size += fabs(r[n] * h[n]);
        inherited += r[n] * h_off[n] * (r[n] * h_off[n]);
    }
    return (struct value){sum, bound_g(work->nx + work->nh + 2) * BOUND_U * size + sqrt(inherited)};
}

static struct value sigmoid_of(struct value z)
{
    double is = 1 / (1 + exp(-z.is));
    double bend = SIGMOID_BEND / 2 * z.off * z.off;
    return (struct value){is, is * (1 - is) * z.off + bend + FUNCTION_ERROR};
}

static struct value tanh_of(struct value z)
{
    double is = tanh(z.is);
    double bend = TANH_BEND / 2 * z.off * z.off;
    return (struct value){is, (1 - is * is) * z.off + bend + FUNCTION_ERROR};
}

static struct value times(struct value a, struct value b)
{
    double is = a.is * b.is;
    double off = fabs(a.is) * b.off + fabs(b.is) * a.off + a.off * b.off;
    return (struct value){is, off + 3 * BOUND_U * fabs(is)};
}

static void state_judge(struct compare *compare, const double *is, const double *off,
                        const float *got, size_t count)
{
    for (size_t e = 0; e < count; e++) {
        compare_value(compare, is[e], (double)got[e], off[e]);
        if (call_is_unwritten(got + e))
            compare_unwritten(compare);
    }
}
