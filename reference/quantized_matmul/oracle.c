/* Oracle of quantized_matmul: exact integers, and the quotient in long double.
 *
 * acc is an integer: bit equality.
 *
 * C rounds y = acc * sa * sw / so to an integer. Correct float code reaches y with up to six
 * roundings ((float)acc, two products, a quotient or a reciprocal and its product), each (1 + d)
 * with |d| <= u, together less than 8u|y| off (Higham, Accuracy and Stability, lemma 3.1). So where
 * y lies that close to a half-integer, float code may land on either side and both neighbours are
 * right; elsewhere there is one answer. With powers of two as scales and |acc| < 2^24 no step
 * rounds: y is exact in any order, and a tie must go to the even neighbour. The long double's own
 * roundings (four of 2^-64) are far inside the guard. */
#include "reference/oracle.h"

#include "reference/bound.h"

#include <math.h>
#include <stdlib.h>

ORACLE_DECLARE(quantized_matmul);

#define GUARD (8 * BOUND_U)

static bool sums_fill(int32_t *sums, const struct call *given);
static void judge_acc(const int32_t *sums, const struct call *given, const int32_t *acc,
                      struct compare *compare);
static void judge_C(const int32_t *sums, const struct call *given, const int8_t *C,
                    struct compare *compare);
static void widen(int16_t *out, const int8_t *row, int zero, int K);
static int32_t dot(const int16_t *a, const int16_t *w, int K);
static bool is_right(long double y, bool is_exact, int c_zero, int got);
static int saturate(long double value);
static bool is_power_of_two(double value);

struct err quantized_matmul_oracle(const struct call *given, const struct call *answer,
                                   struct compare *compare)
{
    const size_t M = (size_t)call_size(given, "M"), N = (size_t)call_size(given, "N");
    auto_free int32_t *sums = calloc(M * N, sizeof *sums);

    if (sums == NULL || !sums_fill(sums, given))
        return err_make(ERR_SYSTEM, "memory for %zu x %zu sums", M, N);
    judge_acc(sums, given, call_i32(answer, "acc"), compare);
    judge_C(sums, given, call_i8(answer, "C"), compare);
    compare_end(compare);
    return err_none();
}

static bool sums_fill(int32_t *sums, const struct call *given)
{
    const int M = call_size(given, "M"), N = call_size(given, "N"), K = call_size(given, "K");
    const size_t width = (size_t)K;
    const int8_t *A = call_i8(given, "A"), *W = call_i8(given, "W");
    const int32_t *w_zero = call_i32(given, "w_zero"), *bias = call_i32(given, "bias");
    const int a_zero = (int)call_scalar(given, "a_zero");
    auto_free int16_t *wide = malloc(((size_t)N + 1) * width * sizeof *wide);
    if (wide == NULL)
        return false;
    int16_t *const row = wide + (size_t)N * width;

    for (int n = 0; n < N; n++)
        widen(wide + (size_t)n * width, W + (size_t)n * width, w_zero[n], K);
    for (int m = 0; m < M; m++) {
        widen(row, A + (size_t)m * width, a_zero, K);
        for (int n = 0; n < N; n++)
            sums[(size_t)m * (size_t)N + (size_t)n] =
                bias[n] + dot(row, wide + (size_t)n * width, K);
    }
    return true;
}

static void judge_acc(const int32_t *sums, const struct call *given, const int32_t *acc,
                      struct compare *compare)
{
    const int M = call_size(given, "M"), N = call_size(given, "N");
    const size_t count = (size_t)M * (size_t)N;

    compare_begin(compare, "acc", "mn", 2, (int64_t[]){M, N});
    for (size_t at = 0; at < count; at++) {
        compare_verdict(compare, sums[at], acc[at], sums[at] == acc[at]);
        if (acc[at] == CALL_CANARY_I32)
            compare_unwritten(compare);
    }
}

static void judge_C(const int32_t *sums, const struct call *given, const int8_t *C,
                    struct compare *compare)
{
    const int M = call_size(given, "M"), N = call_size(given, "N");
    const float *a_scale = call_f32(given, "a_scale"), *w_scale = call_f32(given, "w_scale");
    const double c_scale = call_scalar(given, "c_scale");
    const int c_zero = (int)call_scalar(given, "c_zero");

    compare_begin(compare, "C", "mn", 2, (int64_t[]){M, N});
    for (int m = 0; m < M; m++) {
        const bool is_power = is_power_of_two((double)a_scale[m]) && is_power_of_two(c_scale);
        for (int n = 0; n < N; n++) {
            size_t at = (size_t)m * (size_t)N + (size_t)n;
            long double y = (long double)sums[at] * (long double)a_scale[m] *
                            (long double)w_scale[n] / (long double)c_scale;
            bool is_exact =
                is_power && abs(sums[at]) < 1 << 24 && is_power_of_two((double)w_scale[n]);
            bool right = is_right(y, is_exact, c_zero, C[at]);
            compare_verdict(compare, saturate(rintl(y) + c_zero), C[at], right);
            if (C[at] == CALL_CANARY_I8)
                compare_unwritten(compare);
        }
    }
}

/* A row without its zero point: differences of bytes fit 16 bits, whose products add in pairs. */
static void widen(int16_t *out, const int8_t *row, int zero, int K)
{
    for (int k = 0; k < K; k++)
        out[k] = (int16_t)(row[k] - zero);
}

static int32_t dot(const int16_t *a, const int16_t *w, int K)
{
    int32_t sum = 0;
    for (int k = 0; k < K; k++)
        sum += a[k] * w[k];
    return sum;
}

static bool is_right(long double y, bool is_exact, int c_zero, int got)
{
    long double below = floorl(y), from_half = fabsl(y - below - 0.5L);

    if (!is_exact && from_half <= GUARD * fabsl(y))
        return got == saturate(below + c_zero) || got == saturate(below + 1 + c_zero);
    return got == saturate(rintl(y) + c_zero);
}

static int saturate(long double value)
{
    return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : (int)value;
}

static bool is_power_of_two(double value)
{
    int exponent;
    return frexp(value, &exponent) == 0.5;
}
