/* Inputs of the pca cases: rows with a chosen spectrum.
 *
 * geometric   X = N diag(ratio^(j/2)) Q: eigenvalues about ratio^j, along random directions. Q is a
 *             product of three random reflections, so that a row costs O(d) and not O(d^2). From
 *             column `rank` on, nothing is drawn: with rank < d the rest is zero but for rounding.
 * cluster     eigenvalues that are equal to the last bit: the rows are +-a_j h_j, h_j the rows of a
 *             Hadamard matrix over sqrt(d), each as often with either sign. Then C is a multiple of
 *             sum a_j^2 h_j h_j', and every sum is exact. d is a power of four and n a multiple of
 *             2 d.
 *
 * Then `offset` is added to all columns, and `constant` makes one of them constant.
 *
 * Elementwise float, sums in a fixed order, sqrt and nothing else of libm: the same bits everywhere
 * (this file is built without -march, so nothing fuses). */
#include "assignments/inputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFLECTIONS 3
#define LANES ((size_t)4)
#define ROWS ((size_t)4)

typedef float lanes __attribute__((vector_size(16), aligned(4), may_alias));

INPUTS_DECLARE(pca);

static struct err geometric_fill(const struct call *call, struct random *random);
static void reflection_draw(struct random *random, float *v, size_t d);
static inline void rows_turn(float *x, size_t rows, const float *amplitudes,
                             const float *reflections, size_t d);
static inline void reflect(float *restrict x, size_t rows, const float *restrict v, size_t d);
static struct err cluster_fill(const struct call *call, struct random *random);
static float cluster_amplitude(size_t j);
static void rows_shuffle(struct random *random, float *X, size_t n, size_t d);
static void shift(const struct call *call, struct random *random);

struct err pca_inputs(struct call *call, struct random *random)
{
    struct err err = call_parameter_is(call, "spectrum", "cluster") ? cluster_fill(call, random)
                                                                    : geometric_fill(call, random);
    if (!err_is(err))
        shift(call, random);
    return err;
}

static struct err geometric_fill(const struct call *call, struct random *random)
{
    size_t n = (size_t)call_size(call, "n"), d = (size_t)call_size(call, "d");
    size_t rank = (size_t)call_parameter(call, "rank");
    double root = sqrt(call_parameter(call, "ratio")), amplitude = 1;
    float *X = call_f32(call, "X");
    auto_free float *scratch = malloc((1 + REFLECTIONS) * d * sizeof *scratch);

    if (scratch == NULL)
        return err_make(ERR_SYSTEM, "scratch of the pca generator");
    float *amplitudes = scratch, *reflections = scratch + d;
    for (size_t j = 0; j < d; j++) {
        amplitudes[j] = j < rank ? (float)amplitude : 0;
        amplitude *= root;
    }
    for (size_t r = 0; r < REFLECTIONS; r++)
        reflection_draw(random, reflections + r * d, d);

    size_t i = 0;
    for (; i + ROWS <= n; i += ROWS) {
        random_fill_normal(random, X + i * d, ROWS * d);
        rows_turn(X + i * d, ROWS, amplitudes, reflections, d);
    }
    for (; i < n; i++) {
        random_fill_normal(random, X + i * d, d);
        rows_turn(X + i * d, 1, amplitudes, reflections, d);
    }
    return err_none();
}

/* A vector of length sqrt(2), so that x - (v . x) v is a reflection. */
static void reflection_draw(struct random *random, float *v, size_t d)
{
    double sum = 0;

    random_fill_normal(random, v, d);
    for (size_t j = 0; j < d; j++)
        sum += (double)v[j] * (double)v[j];
    float factor = sum > 0 ? (float)sqrt(2 / sum) : 0;
    for (size_t j = 0; j < d; j++)
        v[j] *= factor;
}

static inline void rows_turn(float *x, size_t rows, const float *amplitudes,
                             const float *reflections, size_t d)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] *= amplitudes[j];
    for (size_t r = 0; r < REFLECTIONS; r++)
        reflect(x, rows, reflections + r * d, d);
}

/* Up to ROWS rows at once: each sum has to wait for itself, and four wait no longer than one. */
static inline void reflect(float *restrict x, size_t rows, const float *restrict v, size_t d)
{
    const size_t whole = d - d % LANES;
    lanes sums[ROWS] = {{0}};

    for (size_t j = 0; j < whole; j += LANES)
        for (size_t i = 0; i < rows; i++)
            sums[i] += *(const lanes *)(x + i * d + j) * *(const lanes *)(v + j);
    for (size_t i = 0; i < rows; i++) {
        float sum = (sums[i][0] + sums[i][1]) + (sums[i][2] + sums[i][3]);
        for (size_t j = whole; j < d; j++)
            sum += x[i * d + j] * v[j];
        for (size_t j = 0; j < whole; j += LANES)
            *(lanes *)(x + i * d + j) -= sum * *(const lanes *)(v + j);
        for (size_t j = whole; j < d; j++)
            x[i * d + j] -= sum * v[j];
    }
}

static struct err cluster_fill(const struct call *call, struct random *random)
{
    size_t n = (size_t)call_size(call, "n"), d = (size_t)call_size(call, "d"), root = 1;
    float *X = call_f32(call, "X");
    float unit = 1 + (float)random_range(random, 0, 1023) / 1024; /* 11 bits: sums stay exact */

    while (root * root < d)
        root *= 2;
    if (root * root != d || n % (2 * d) != 0)
        return err_make(ERR_INPUT, "a cluster wants d a power of four and n a multiple of 2 d");
    for (size_t i = 0; i < n; i++) {
        size_t j = i / 2 % d;
        float entry = unit * cluster_amplitude(j) / (float)root;
        for (size_t l = 0; l < d; l++) {
            bool negative = __builtin_parityll(j & l) != (int)(i % 2);
            X[i * d + l] = negative ? -entry : entry;
        }
    }
    rows_shuffle(random, X, n, d);
    return err_none();
}

/* Two directions of their own size each, six that are equal, the rest equal too. */
static float cluster_amplitude(size_t j)
{
    return j == 0 ? 8 : j == 1 ? 4 : j < 8 ? 2 : 1;
}

static void rows_shuffle(struct random *random, float *X, size_t n, size_t d)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t other = (size_t)random_range(random, 0, (int64_t)i);
        for (size_t j = 0; j < d; j++) {
            float kept = X[i * d + j];
            X[i * d + j] = X[other * d + j];
            X[other * d + j] = kept;
        }
    }
}

static void shift(const struct call *call, struct random *random)
{
    size_t n = (size_t)call_size(call, "n"), d = (size_t)call_size(call, "d");
    float *X = call_f32(call, "X"), offset = (float)call_parameter(call, "offset");

    if (offset > 0)
        for (size_t e = 0; e < n * d; e++)
            X[e] += offset;
    if (call_parameter(call, "constant") > 0) {
        size_t column = (size_t)random_range(random, 0, (int64_t)d - 1);
        float value = 1 + (float)random_uniform(random);
        for (size_t i = 0; i < n; i++)
            X[i * d + column] = value;
    }
}
