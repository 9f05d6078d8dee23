/* A fast LSTM on one thread, to learn from. Five ideas:
 *
 * 1. Sequences know nothing of each other: blocks of ROWS sequences are outside, time is inside.
 *    Each weight that is loaded then serves ROWS sequences.
 * 2. [x, h] is one vector and [Wih, Whh] one matrix: one product a step, with no sum to add later.
 * 3. The matrix is packed once, in panels of STEP gate rows, transposed: STEP sums lie side by side
 *    in registers, nothing is summed across a register, and a panel is read from front to back.
 *    512 KiB for 128 units: it stays in the second-level cache from step to step.
 * 4. Each gate starts at a whole vector (units are padded to LANES, with zero weights), so the
 *    gates of LANES units are four loads.
 * 5. sigmoid and tanh in vectors. tanh z = 2 sigmoid(2 z) - 1 loses digits near 0, but never more
 *    than 2^-23 of 1; the bound grants that.
 *
 * GCC's vector extension instead of intrinsics: the same text is AVX-512 and AVX2, and the
 * compiler fuses a * b + c. */
#include "lstm_cell.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#ifdef __AVX512F__
enum { LANES = 16, ROWS = 8, PAIR = 2 }; /* 8 x 2 sums of 32 registers */
#else
enum { LANES = 8, ROWS = 4, PAIR = 2 }; /* 4 x 2 sums of 16 registers */
#endif

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int ivec __attribute__((vector_size(LANES * 4)));

enum {
    GATES = 4,
    STEP = LANES * PAIR,
    DEPTH_MAX = LSTM_CELL_NX_MAX + LSTM_CELL_NH_MAX, /* of [x, h] */
    UNITS_MAX = LSTM_CELL_NH_MAX,                    /* a multiple of LANES */
    PANELS_MAX = GATES * UNITS_MAX / STEP,
};

/* `depth` is nx + nh, `units` is nh rounded up to LANES. */
struct sizes {
    int nx, nh, depth, units;
};

/* Every call fills what it reads. */
static float weights[PANELS_MAX][DEPTH_MAX][STEP] __attribute__((aligned(64)));
static float biases[GATES * UNITS_MAX] __attribute__((aligned(64)));
static float input[DEPTH_MAX][ROWS] __attribute__((aligned(64))); /* [x, h] of each sequence */
static float sums[ROWS][GATES * UNITS_MAX] __attribute__((aligned(64)));
static float cells[ROWS][UNITS_MAX] __attribute__((aligned(64)));

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

/* exp within 2 ulp for -87 <= x <= 88: x = n ln 2 + r, |r| <= ln 2 / 2; adding 1.5 * 2^23 leaves n
 * in the low bits. ln 2 in two parts, so that n * the first is exact (Cody and Waite). */
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
    return y * (vec)(((ivec)shifted << 23) + (ivec)all(1.0f));
}

/* Beyond +-87 a sigmoid is 1, or so small that it no longer counts. */
static inline vec sigmoid(vec z)
{
    z = pick(z > all(87.0f), all(87.0f), z);
    z = pick(z < all(-87.0f), all(-87.0f), z);
    return 1 / (1 + exp_vec(-z));
}

static inline vec tanh_vec(vec z)
{
    return 2 * sigmoid(2 * z) - 1;
}

/* Row gate * nh + u of the matrices becomes row gate * units + u of the panels. */
static void pack(const struct sizes *s, const float *restrict Wih, const float *restrict Whh,
                 const float *restrict bih, const float *restrict bhh)
{
    for (int gate = 0; gate < GATES; gate++)
        for (int u = 0; u < s->units; u++) {
            int to = gate * s->units + u, row = gate * s->nh + u;
            float *column = &weights[to / STEP][0][to % STEP];
            if (u >= s->nh) {
                for (int d = 0; d < s->depth; d++)
                    column[d * STEP] = 0;
                biases[to] = 0;
                continue;
            }
            for (int d = 0; d < s->nx; d++)
                column[d * STEP] = Wih[(size_t)row * (size_t)s->nx + (size_t)d];
            for (int d = 0; d < s->nh; d++)
                column[(s->nx + d) * STEP] = Whh[(size_t)row * (size_t)s->nh + (size_t)d];
            biases[to] = bih[row] + bhh[row];
        }
}

/* sums[r] = bias + [Wih, Whh] [x, h] of sequence r, for all gate rows. */
static void products(const struct sizes *s)
{
    for (int row = 0; row < GATES * s->units; row += STEP) {
        vec sum[ROWS][PAIR];
        for (int r = 0; r < ROWS; r++)
            for (int p = 0; p < PAIR; p++)
                sum[r][p] = load(&biases[row + p * LANES]);
        for (int d = 0; d < s->depth; d++) {
            const float *panel = weights[row / STEP][d];
            vec a = load(panel), b = load(panel + LANES);
            for (int r = 0; r < ROWS; r++) {
                sum[r][0] += input[d][r] * a;
                sum[r][1] += input[d][r] * b;
            }
        }
        for (int r = 0; r < ROWS; r++)
            for (int p = 0; p < PAIR; p++)
                store(&sums[r][row + p * LANES], sum[r][p]);
    }
}

/* Gates, cell and h of sequence r; h goes to `out` and into the input of the next step. */
static void gates(const struct sizes *s, int r, float *restrict out)
{
    for (int u = 0; u < s->units; u += LANES) {
        const float *z = &sums[r][u];
        vec i = sigmoid(load(z)), f = sigmoid(load(z + s->units));
        vec g = tanh_vec(load(z + 2 * s->units)), o = sigmoid(load(z + 3 * s->units));
        vec c = f * load(&cells[r][u]) + i * g;
        vec h = o * tanh_vec(c);
        store(&cells[r][u], c);

        int here = s->nh - u < LANES ? s->nh - u : LANES;
        if (here == LANES)
            memcpy(out + u, &h, sizeof h);
        else
            for (int l = 0; l < here; l++)
                out[u + l] = h[l];
        for (int l = 0; l < here; l++)
            input[s->nx + u + l][r] = out[u + l];
    }
}

/* input[first + d][r] = from[d] of sequence r. */
static void transpose_in(int first, int count, int r, const float *restrict from)
{
    for (int d = 0; d < count; d++)
        input[first + d][r] = from[d];
}

/* Sequences b .. b + rows - 1, all steps. Rows past the last stay zero and are not stored. */
static void block(const struct sizes *s, int T, int B, int b, int rows, const float *restrict x,
                  const float *restrict h0, const float *restrict c0, float *restrict y,
                  float *restrict hT, float *restrict cT)
{
    size_t nx = (size_t)s->nx, nh = (size_t)s->nh, bytes = nh * sizeof(float);

    memset(input, 0, sizeof input);
    memset(cells, 0, sizeof cells);
    for (int r = 0; r < rows; r++) {
        transpose_in(s->nx, s->nh, r, h0 + (size_t)(b + r) * nh);
        memcpy(cells[r], c0 + (size_t)(b + r) * nh, bytes);
    }
    for (int t = 0; t < T; t++) {
        size_t first = (size_t)t * (size_t)B + (size_t)b;
        for (int r = 0; r < rows; r++)
            transpose_in(0, s->nx, r, x + (first + (size_t)r) * nx);
        products(s);
        for (int r = 0; r < rows; r++)
            gates(s, r, y + (first + (size_t)r) * nh);
    }
    for (int r = 0; r < rows; r++) {
        size_t last = (size_t)(T - 1) * (size_t)B + (size_t)(b + r);
        memcpy(hT + (size_t)(b + r) * nh, y + last * nh, bytes);
        memcpy(cT + (size_t)(b + r) * nh, cells[r], bytes);
    }
}

void lstm_cell(int T, int B, int nx, int nh, const float *restrict x, const float *restrict Wih,
               const float *restrict Whh, const float *restrict bih, const float *restrict bhh,
               const float *restrict h0, const float *restrict c0, float *restrict y,
               float *restrict hT, float *restrict cT)
{
    struct sizes s = {nx, nh, nx + nh, (nh + LANES - 1) / LANES * LANES};

    pack(&s, Wih, Whh, bih, bhh);
    for (int b = 0; b < B; b += ROWS)
        block(&s, T, B, b, B - b < ROWS ? B - b : ROWS, x, h0, c0, y, hT, cT);
}
