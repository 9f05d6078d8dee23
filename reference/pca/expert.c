/* A fast PCA on one thread, to learn from. Five ideas:
 *
 * 1. The covariance is a matrix product, and takes most of the operations: BLOCK centred rows at a
 *    time lie in the first-level cache, and a tile of C stays in registers over all of them. Only
 *    tiles that touch the upper triangle are made. Short sums per block are also more exact.
 * 2. Only k of d eigenvectors are wanted, so Jacobi, which makes them all, is d / k times too much.
 *    Householder reflections make C tridiagonal in 4/3 d^3 operations, all in long vectors.
 * 3. Eigenvalues of a tridiagonal matrix by bisection: a count of d divisions says how many lie
 *    above x. Divisions are slow but need not wait for each other: eight eigenvalues at once, one
 *    in each lane, in double.
 * 4. Eigenvectors of it by inverse iteration: O(d) a step. What makes it safe is orthogonalising
 *    against all earlier vectors after every step, or equal eigenvalues would give the same vector
 *    twice; it also fills the null space where k exceeds the rank.
 * 5. The reflections are applied backwards to k vectors, not accumulated into a d x d matrix; the
 *    vectors lie side by side, one in each lane, which is the layout that proj wants too.
 *
 * GCC's vector extension instead of intrinsics: the same text is AVX-512 and AVX2, and the
 * compiler fuses a * b + c. */
#include "pca.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#ifdef __AVX512F__
enum { LANES = 16, TILE = 8, PAIR = 2 }; /* 8 x 2 sums of 32 registers */
#else
enum { LANES = 8, TILE = 4, PAIR = 2 }; /* 4 x 2 sums of 16 registers */
#endif
enum { STEP = LANES * PAIR, WIDE = PCA_D_MAX, BLOCK = 64, EIGHT = 8, ITERATIONS = 3 };

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef float vec_loose __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef float eight __attribute__((vector_size(EIGHT * 4)));
typedef float eight_loose __attribute__((vector_size(EIGHT * 4), aligned(4), may_alias));
typedef double eight_double __attribute__((vector_size(EIGHT * 8)));
typedef long long eight_long __attribute__((vector_size(EIGHT * 8)));

#define ALIGNED __attribute__((aligned(64)))
static float block[BLOCK][WIDE] ALIGNED; /* centred rows, padded with zeros */
static float C[WIDE][WIDE] ALIGNED;      /* covariance, then what is left of it */
static float reflections[WIDE][WIDE] ALIGNED;
static double diagonal[WIDE], off[WIDE];
static double lambda[PCA_K_MAX];
static double vectors[PCA_K_MAX][WIDE];      /* of the tridiagonal matrix */
static float lanes[WIDE][PCA_K_MAX] ALIGNED; /* the same, turned; then of C */

static inline vec load(const float *from)
{
    return *(const vec_loose *)from;
}

static inline void store(float *to, vec x)
{
    *(vec_loose *)to = x;
}

static inline float sum_of(vec x)
{
    float sum = 0;
    for (int l = 0; l < LANES; l++)
        sum += x[l];
    return sum;
}

/* Column sums by blocks, so that no sum is longer than BLOCK + n / BLOCK terms. */
static void mean_of(int n, int d, const float *restrict X, float *restrict mean)
{
    for (int j = 0; j < d; j++)
        mean[j] = 0;
    for (int i = 0; i < n; i += BLOCK) {
        float sums[WIDE] = {0};
        for (int r = i; r < i + BLOCK && r < n; r++)
            for (int j = 0; j < d; j++)
                sums[j] += X[(size_t)r * (size_t)d + (size_t)j];
        for (int j = 0; j < d; j++)
            mean[j] += sums[j];
    }
    for (int j = 0; j < d; j++)
        mean[j] /= (float)n;
}

/* Rows past the last one become zero; so do columns up to a whole step. */
static void block_centre(int rows, int d, const float *restrict X, const float *restrict mean)
{
    if (rows < BLOCK || d < WIDE)
        memset(block, 0, sizeof block);
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < d; j++)
            block[r][j] = X[(size_t)r * (size_t)d + (size_t)j] - mean[j];
}

/* Adds block' block to C, from the diagonal rightwards. */
static void block_square(int d)
{
    for (int j = 0; j < d; j += TILE)
        for (int l = j / STEP * STEP; l < d; l += STEP) {
            vec sums[TILE][PAIR] = {0};
            for (int r = 0; r < BLOCK; r++) {
                vec a = load(&block[r][l]), b = load(&block[r][l + LANES]);
                for (int t = 0; t < TILE; t++) {
                    sums[t][0] += block[r][j + t] * a;
                    sums[t][1] += block[r][j + t] * b;
                }
            }
            for (int t = 0; t < TILE; t++)
                for (int p = 0; p < PAIR; p++) {
                    float *to = &C[j + t][l + p * LANES];
                    store(to, load(to) + sums[t][p]);
                }
        }
}

static void covariance(int n, int d, const float *restrict X, const float *restrict mean)
{
    memset(C, 0, sizeof C);
    for (int i = 0; i < n; i += BLOCK) {
        block_centre(n - i < BLOCK ? n - i : BLOCK, d, X + (size_t)i * (size_t)d, mean);
        block_square(d);
    }
    for (int j = 0; j < d; j++)
        for (int l = j; l < d; l++)
            C[l][j] = C[j][l] /= (float)(n - 1);
}

/* Turns row and column c of C, past the diagonal, into (off[c], 0, ..., 0). v is zero up to c and
 * past d, so whole vectors may start before and end after what is left of C. */
static void reflect(int d, int c)
{
    float *restrict v = reflections[c], p[WIDE] ALIGNED;
    int from = (c + 1) / LANES * LANES;
    vec squares = {0}, commons = {0};

    memset(v, 0, WIDE * sizeof *v);
    memset(p, 0, sizeof p);
    memcpy(v + c + 1, &C[c][c + 1], (size_t)(d - c - 1) * sizeof *v);
    for (int l = from; l < d; l += LANES)
        squares += load(v + l) * load(v + l);
    float length = sqrtf(sum_of(squares)), first = v[c + 1];
    if (first > 0)
        length = -length;
    off[c] = (double)length;
    v[c + 1] -= length;
    float square = 2 * length * (length - first); /* of the new v; no cancellation */
    if (square <= 0) {
        memset(v, 0, WIDE * sizeof *v);
        return;
    }
    /* Scaled to length sqrt(2), the reflection is x - v (v . x). */
    float scale = sqrtf(2 / square);
    for (int l = c + 1; l < d; l++)
        v[l] *= scale;

    for (int j = c + 1; j < d; j++)
        for (int l = from; l < d; l += LANES)
            store(p + l, load(p + l) + load(&C[j][l]) * v[j]);
    for (int l = from; l < d; l += LANES)
        commons += load(p + l) * load(v + l);
    float half = sum_of(commons) / 2;
    for (int l = from; l < d; l += LANES)
        store(p + l, load(p + l) - load(v + l) * half);
    for (int j = c + 1; j < d; j++)
        for (int l = from; l < d; l += LANES)
            store(&C[j][l], load(&C[j][l]) - (load(p + l) * v[j] + load(v + l) * p[j]));
}

static void tridiagonalise(int d)
{
    for (int c = 0; c < d; c++) {
        diagonal[c] = (double)C[c][c];
        if (c + 2 < d)
            reflect(d, c);
    }
    if (d > 1)
        off[d - 2] = (double)C[d - 2][d - 1];
}

static inline eight_double pick(eight_long yes, eight_double a, eight_double b)
{
    return (eight_double)((yes & (eight_long)a) | (~yes & (eight_long)b));
}

/* How many eigenvalues lie above x, lane by lane: the positive pivots of T - x. */
static void count_above(int d, const eight_double *x, double tiny, eight_long *out_count)
{
    eight_double pivot = {1, 1, 1, 1, 1, 1, 1, 1}, least = tiny - (eight_double){0};
    eight_long count = {0};

    for (int j = 0; j < d; j++) {
        double square = j > 0 ? off[j - 1] * off[j - 1] : 0;
        pivot = diagonal[j] - *x - square / pivot;
        pivot = pick((pivot < least) & (pivot > -least), -least, pivot);
        count -= pivot > 0;
    }
    *out_count = count;
}

/* The k largest, descending. Returns a bound on the size of T. */
static double eigenvalues(int d, int k)
{
    double size = 0;

    for (int j = 0; j < d; j++) {
        double row = fabs(diagonal[j]) + (j > 0 ? fabs(off[j - 1]) : 0);
        row += j + 1 < d ? fabs(off[j]) : 0;
        size = row > size ? row : size;
    }
    for (int c = 0; c < k; c += EIGHT) {
        eight_double low = -size - (eight_double){0}, high = size - (eight_double){0};
        eight_long rank = {c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7};
        for (int bit = 0; bit < 48; bit++) {
            eight_double middle = (low + high) * 0.5;
            eight_long count;
            count_above(d, &middle, size * 0x1p-70 + 0x1p-400, &count);
            low = pick(count > rank, middle, low);
            high = pick(count > rank, high, middle);
        }
        for (int l = 0; l < EIGHT && c + l < k; l++)
            lambda[c + l] = (low[l] + high[l]) * 0.5;
    }
    return size;
}

/* T - x as lower and upper factors with row exchanges; an upper row has three entries. */
struct factors {
    double upper[WIDE][3], lower[WIDE];
    int exchanged[WIDE];
};

static void factorise(struct factors *f, int d, double x, double tiny)
{
    double first = diagonal[0] - x, second = d > 1 ? off[0] : 0; /* of the row to eliminate with */

    for (int j = 0; j + 1 < d; j++) {
        double a = off[j], b = diagonal[j + 1] - x, c = j + 2 < d ? off[j + 1] : 0;
        f->exchanged[j] = fabs(a) > fabs(first);
        if (f->exchanged[j]) {
            f->lower[j] = first / a;
            memcpy(f->upper[j], (double[]){a, b, c}, sizeof f->upper[j]);
            first = second - f->lower[j] * b;
            second = -f->lower[j] * c;
        } else {
            if (fabs(first) < tiny)
                first = tiny;
            f->lower[j] = a / first;
            memcpy(f->upper[j], (double[]){first, second, 0}, sizeof f->upper[j]);
            first = b - f->lower[j] * second;
            second = c;
        }
    }
    if (fabs(first) < tiny)
        first = tiny;
    memcpy(f->upper[d - 1], (double[]){first, 0, 0}, sizeof f->upper[d - 1]);
}

static void solve(const struct factors *f, int d, double *restrict y)
{
    for (int j = 0; j + 1 < d; j++) {
        double here = y[j], next = y[j + 1];
        y[j] = f->exchanged[j] ? next : here;
        y[j + 1] = (f->exchanged[j] ? here : next) - f->lower[j] * y[j];
    }
    for (int j = d - 1; j >= 0; j--) {
        double sum = y[j];
        if (j + 1 < d)
            sum -= f->upper[j][1] * y[j + 1];
        if (j + 2 < d)
            sum -= f->upper[j][2] * y[j + 2];
        y[j] = sum / f->upper[j][0];
    }
}

static double dot(int d, const double *restrict a, const double *restrict b)
{
    eight_double sums = {0};
    double sum = 0;
    int j = 0;

    for (; j + EIGHT <= d; j += EIGHT)
        for (int l = 0; l < EIGHT; l++)
            sums[l] += a[j + l] * b[j + l];
    for (; j < d; j++)
        sum += a[j] * b[j];
    for (int l = 0; l < EIGHT; l++)
        sum += sums[l];
    return sum;
}

/* Makes vectors[c] of length one and orthogonal to those before; twice is enough (Kahan). */
static void orthogonalise(int d, int c)
{
    double *y = vectors[c];

    for (int pass = 0; pass < 2; pass++) {
        double scale = 1 / sqrt(dot(d, y, y));
        for (int j = 0; j < d; j++)
            y[j] *= scale;
        for (int b = 0; b < c; b++) {
            double common = dot(d, y, vectors[b]);
            for (int j = 0; j < d; j++)
                y[j] -= common * vectors[b][j];
        }
    }
    double scale = 1 / sqrt(dot(d, y, y));
    for (int j = 0; j < d; j++)
        y[j] *= scale;
}

static void inverse_iteration(int d, int k, double size)
{
    struct factors factors;
    unsigned seed = 1;

    for (int c = 0; c < k; c++) {
        factorise(&factors, d, lambda[c], size * 0x1p-52 + 0x1p-300);
        for (int j = 0; j < d; j++) {
            seed = seed * 1664525u + 1013904223u;
            vectors[c][j] = (double)(seed >> 8) * 0x1p-24 - 0.5;
        }
        for (int i = 0; i < ITERATIONS; i++) {
            solve(&factors, d, vectors[c]);
            orthogonalise(d, c);
        }
    }
}

/* Eigenvectors of C out of those of T: the reflections from last to first. */
static void turn_back(int d, int k, float *restrict comp)
{
    memset(lanes, 0, sizeof lanes);
    for (int c = 0; c < k; c++)
        for (int j = 0; j < d; j++)
            lanes[j][c] = (float)vectors[c][j];
    for (int c = 0; c < k; c += EIGHT)
        for (int r = d - 3; r >= 0; r--) {
            eight even = {0}, odd = {0};
            for (int j = (r + 1) / 2 * 2; j < d; j += 2) {
                even += *(const eight *)&lanes[j][c] * reflections[r][j];
                odd += *(const eight *)&lanes[j + 1][c] * reflections[r][j + 1];
            }
            even += odd;
            for (int j = r + 1; j < d; j++)
                *(eight *)&lanes[j][c] -= even * reflections[r][j];
        }
    for (int c = 0; c < k; c++)
        for (int j = 0; j < d; j++)
            comp[(size_t)c * (size_t)d + (size_t)j] = lanes[j][c];
}

/* The block's rows times components c .. c + 7, eight rows at a time. */
static void block_project(int rows, int d, int k, int c, float *restrict proj)
{
    for (int r = 0; r < rows; r += EIGHT) {
        eight sums[EIGHT] = {0};
        for (int j = 0; j < d; j++)
            for (int t = 0; t < EIGHT; t++)
                sums[t] += block[r + t][j] * *(const eight *)&lanes[j][c];
        for (int t = 0; t < EIGHT && r + t < rows; t++) {
            float *to = proj + (size_t)(r + t) * (size_t)k + c;
            if (k - c >= EIGHT)
                *(eight_loose *)to = sums[t];
            else
                memcpy(to, &sums[t], (size_t)(k - c) * sizeof *to);
        }
    }
}

void pca(int n, int d, int k, const float *restrict X, float *restrict mean, float *restrict comp,
         float *restrict var, float *restrict proj)
{
    mean_of(n, d, X, mean);
    covariance(n, d, X, mean);
    tridiagonalise(d);
    inverse_iteration(d, k, eigenvalues(d, k));
    turn_back(d, k, comp);
    for (int c = 0; c < k; c++)
        var[c] = (float)lambda[c];
    for (int i = 0; i < n; i += BLOCK) {
        int rows = n - i < BLOCK ? n - i : BLOCK;
        block_centre(rows, d, X + (size_t)i * (size_t)d, mean);
        for (int c = 0; c < k; c += EIGHT)
            block_project(rows, d, k, c, proj + (size_t)i * (size_t)k);
    }
}
