/* Expert of quantized_matmul: what a good kernel for one thread looks like, written to be read.
 *
 * Three ideas carry all of the speed:
 *
 * 1. Narrow products. The baseline widens every operand to 32 bits. Hardware multiplies pairs of
 *    int16 and adds each pair into an int32 (vpmaddwd: 2 products per lane), or, with VNNI, four
 *    u8 x s8 per lane (vpdpbusd). Either way one 32-bit word of A meets one 32-bit word of W: a
 *    "group" of 2 or 4 consecutive k. A - a_zero needs 9 bits, so it fits int16 and the first form
 *    has no corrections at all. In the second form the zero points are taken out of the sum:
 *      sum (A - za)(W - zw) = sum (A+128) W - (za+128) sum W - zw sum (A+128) + K (za+128) zw.
 *
 * 2. Vectors along n, not along k. W is packed once so that the words of 8 or 16 neighbouring
 *    channels lie side by side; a word of A is broadcast. Nothing is ever summed across a vector,
 *    and a tail in k is a few zeros at the end of a packed row.
 *
 * 3. A tile of sums in registers. ROWS x 2 vectors of acc stay in registers while k runs, so that
 *    each loaded vector of W is used ROWS times and each broadcast twice: arithmetic, not memory,
 *    sets the pace. ROWS is what the register file holds (32 registers with AVX-512, else 16).
 *
 * Requantizing is a hundredth of the work and is left to the compiler, with one care: the limits
 * are applied before the conversion to int, whose overflow would be undefined. */
#include "quantized_matmul.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* The largest sizes of the header. Packed operands are rounded up to whole tiles and groups. */
#define M_MAX 1024
#define N_MAX 1024
#define K_MAX 4097

#ifdef __AVX512BW__
#define LANES 16
#define ROWS 12
typedef __m512i vector;
#define broadcast(word) _mm512_set1_epi32(word)
#define add_pairs(sum, a, w) _mm512_add_epi32(sum, _mm512_madd_epi16(a, w))
#else
#define LANES 8
#define ROWS 4
typedef __m256i vector;
#define broadcast(word) _mm256_set1_epi32(word)
#define add_pairs(sum, a, w) _mm256_add_epi32(sum, _mm256_madd_epi16(a, w))
#endif

/* How many k a word holds. Everything below exists once and is compiled for both: `group` is a
 * constant wherever it arrives. */
enum { PAIRS = 2, FOURS = 4 };
#define ONCE_EACH static inline __attribute__((always_inline))

/* x86-64-v4 says nothing about VNNI, and a function's target attribute would stop at the borders of
 * this template; the assembler knows the instruction anyway. Only called where the processor has
 * it. */
ONCE_EACH vector add_fours(vector sum, vector a, vector w)
{
#ifdef __AVX512BW__
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(w));
#else
    (void)a;
    (void)w;
#endif
    return sum;
}

ONCE_EACH vector add_products(int group, vector sum, vector a, vector w)
{
    return group == FOURS ? add_fours(sum, a, w) : add_pairs(sum, a, w);
}

static int has_fours(void)
{
#ifdef __AVX512BW__
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}

#define COLUMNS (2 * LANES)
#define GROUPS_MAX (K_MAX / PAIRS + 1)

/* One call's packed operands and what has to be added to each sum. */
struct packed {
    int groups; /* words of one row */
    /* (M up to a whole tile, groups) and (N / COLUMNS, groups, COLUMNS) */
    _Alignas(64) int32_t A[(M_MAX + ROWS) * GROUPS_MAX];
    _Alignas(64) int32_t W[(N_MAX + COLUMNS) * GROUPS_MAX];
    int32_t row_sum[M_MAX];    /* of A + 128; multiplied by -w_zero[n]; 0 for pairs */
    int32_t column_add[N_MAX]; /* bias, and the terms of a channel */
};

ONCE_EACH void pack(int group, struct packed *packed, int M, int N, int K, const int8_t *A,
                    const int8_t *W, int a_zero, const int32_t *w_zero, const int32_t *bias);
ONCE_EACH int32_t pack_group(int group, const int8_t *from, int count, int zero);
ONCE_EACH void pack_A(int group, struct packed *packed, int M, int K, const int8_t *A, int a_zero);
ONCE_EACH void pack_W(int group, struct packed *packed, int N, int K, const int8_t *W,
                      const int32_t *w_zero);
ONCE_EACH void prepare_columns(int group, struct packed *packed, int N, int K, const int8_t *W,
                               int a_zero, const int32_t *w_zero, const int32_t *bias);
ONCE_EACH void multiply_tile(int group, const struct packed *packed, int m, int n, int32_t *tile);
static void finish_row(int count, const int32_t *tile, const int32_t *column_add,
                       const int32_t *w_zero, int32_t row_sum, const float *factor, float a_scale,
                       float c_zero, int32_t *acc, int8_t *C);

/* Where results go, and what requantizes them. */
struct output {
    const int32_t *w_zero;
    const float *a_scale, *factor; /* factor: w_scale / c_scale */
    float c_zero;
    int32_t *acc;
    int8_t *C;
};

/* One panel of W (COLUMNS channels) stays in the near caches while all rows pass by. */
ONCE_EACH void tiles(int group, const struct packed *packed, int M, int N, const struct output *to)
{
    _Alignas(64) int32_t tile[ROWS * COLUMNS];

    for (int n = 0; n < N; n += COLUMNS) {
        int columns = N - n < COLUMNS ? N - n : COLUMNS;
        for (int m = 0; m < M; m += ROWS) {
            int rows = M - m < ROWS ? M - m : ROWS;
            multiply_tile(group, packed, m, n, tile);
            for (int r = 0; r < rows; r++) {
                size_t at = (size_t)(m + r) * (size_t)N + (size_t)n;
                finish_row(columns, tile + r * COLUMNS, packed->column_add + n, to->w_zero + n,
                           packed->row_sum[m + r], to->factor + n, to->a_scale[m + r], to->c_zero,
                           to->acc + at, to->C + at);
            }
        }
    }
}

void quantized_matmul(int M, int N, int K, const int8_t *restrict A, const int8_t *restrict W,
                      int a_zero, const int32_t *restrict w_zero, const float *restrict a_scale,
                      const float *restrict w_scale, const int32_t *restrict bias, float c_scale,
                      int c_zero, int32_t *restrict acc, int8_t *restrict C)
{
    static struct packed packed; /* written anew by every call */
    static float factor[N_MAX];
    const struct output to = {w_zero, a_scale, factor, (float)c_zero, acc, C};

    for (int n = 0; n < N; n++)
        factor[n] = w_scale[n] / c_scale;
    if (has_fours()) {
        pack(FOURS, &packed, M, N, K, A, W, a_zero, w_zero, bias);
        tiles(FOURS, &packed, M, N, &to);
    } else {
        pack(PAIRS, &packed, M, N, K, A, W, a_zero, w_zero, bias);
        tiles(PAIRS, &packed, M, N, &to);
    }
}

ONCE_EACH void pack(int group, struct packed *packed, int M, int N, int K, const int8_t *A,
                    const int8_t *W, int a_zero, const int32_t *w_zero, const int32_t *bias)
{
    packed->groups = (K + group - 1) / group;
    pack_A(group, packed, M, K, A, a_zero);
    pack_W(group, packed, N, K, W, w_zero);
    prepare_columns(group, packed, N, K, W, a_zero, w_zero, bias);
}

/* The values of one group as a word; what is missing at the end of a row counts nothing. */
ONCE_EACH int32_t pack_group(int group, const int8_t *from, int count, int zero)
{
    int8_t fours[4] = {0};
    int16_t pairs[2] = {0};
    int32_t word;

    if (group == FOURS && count == FOURS) {
        memcpy(&word, from, sizeof word);
        return word ^ (int32_t)(0x01010101U * (uint8_t)zero); /* four at once, as below */
    }
    for (int i = 0; i < count && group == FOURS; i++)
        fours[i] = (int8_t)(from[i] ^ zero); /* ^ -128 is + 128, read as unsigned */
    for (int i = 0; i < count && group == PAIRS; i++)
        pairs[i] = (int16_t)(from[i] - zero);
    memcpy(&word, group == FOURS ? (const void *)fours : (const void *)pairs, sizeof word);
    return word;
}

/* Rows stay rows. Those that fill the last tile are packed as zeros, so that the tile's loop has no
 * special case; their sums are not stored. */
ONCE_EACH void pack_A(int group, struct packed *packed, int M, int K, const int8_t *A, int a_zero)
{
    int whole = K / group, zero = group == FOURS ? -128 : a_zero;
    int M_padded = (M + ROWS - 1) / ROWS * ROWS;

    for (int m = 0; m < M; m++) {
        const int8_t *from = A + (size_t)m * (size_t)K;
        int32_t *to = packed->A + (size_t)m * (size_t)packed->groups;
        for (int g = 0; g < whole; g++)
            to[g] = pack_group(group, from + g * group, group, zero);
        if (whole < packed->groups)
            to[whole] = pack_group(group, from + whole * group, K - whole * group, zero);

        int32_t sum = 0;
        for (int k = 0; group == FOURS && k < K; k++)
            sum += from[k] + 128;
        packed->row_sum[m] = sum;
    }
    memset(packed->A + (size_t)M * (size_t)packed->groups, 0,
           (size_t)(M_padded - M) * (size_t)packed->groups * sizeof *packed->A);
}

/* Transposed within a panel: word g of COLUMNS neighbouring channels side by side. The channels
 * that fill the last panel keep whatever words were there: their sums are not stored. */
ONCE_EACH void pack_W(int group, struct packed *packed, int N, int K, const int8_t *W,
                      const int32_t *w_zero)
{
    int whole = K / group;

    for (int n = 0; n < N; n++) {
        const int8_t *from = W + (size_t)n * (size_t)K;
        int zero = group == FOURS ? 0 : w_zero[n];
        int32_t *to =
            packed->W + (size_t)(n / COLUMNS) * (size_t)packed->groups * COLUMNS + n % COLUMNS;
        for (int g = 0; g < whole; g++)
            to[(size_t)g * COLUMNS] = pack_group(group, from + g * group, group, zero);
        if (whole < packed->groups)
            to[(size_t)whole * COLUMNS] =
                pack_group(group, from + whole * group, K - whole * group, zero);
    }
}

ONCE_EACH void prepare_columns(int group, struct packed *packed, int N, int K, const int8_t *W,
                               int a_zero, const int32_t *w_zero, const int32_t *bias)
{
    for (int n = 0; n < N; n++) {
        int32_t sum = 0;
        for (int k = 0; group == FOURS && k < K; k++)
            sum += W[(size_t)n * (size_t)K + (size_t)k];
        packed->column_add[n] =
            group == FOURS ? bias[n] - (a_zero + 128) * sum + K * (a_zero + 128) * w_zero[n]
                           : bias[n];
    }
}

/* ROWS x COLUMNS sums, held in registers over the whole of k. Every loop over r is unrolled in full
 * and `sums` is touched by plain assignments only: then the compiler gives each element a register
 * (a memset or memcpy of the array would put all of it into memory). */
ONCE_EACH void multiply_tile(int group, const struct packed *packed, int m, int n, int32_t *tile)
{
    size_t groups = (size_t)packed->groups;
    const int32_t *a = packed->A + (size_t)m * groups;
    const vector *w = (const vector *)(packed->W + (size_t)(n / COLUMNS) * groups * COLUMNS);
    vector sums[ROWS][2];

#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++)
        sums[r][0] = sums[r][1] = broadcast(0);
    for (size_t g = 0; g < groups; g++) {
        vector w0 = w[2 * g], w1 = w[2 * g + 1];
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            vector word = broadcast(a[(size_t)r * groups + g]);
            sums[r][0] = add_products(group, sums[r][0], word, w0);
            sums[r][1] = add_products(group, sums[r][1], word, w1);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
        ((vector *)tile)[2 * r] = sums[r][0];
        ((vector *)tile)[2 * r + 1] = sums[r][1];
    }
}

static void finish_row(int count, const int32_t *tile, const int32_t *column_add,
                       const int32_t *w_zero, int32_t row_sum, const float *factor, float a_scale,
                       float c_zero, int32_t *acc, int8_t *C)
{
    for (int n = 0; n < count; n++) {
        int32_t sum = tile[n] + column_add[n] - row_sum * w_zero[n];
        float value = rintf((float)sum * (a_scale * factor[n])) + c_zero;
        value = value < -128 ? -128 : value;
        value = value > 127 ? 127 : value;
        acc[n] = sum;
        C[n] = (int8_t)value;
    }
}
