/* Inputs of quantized_matmul: operands, zero points, scales, bias.
 *
 * No sum passes 2^31: |A - a_zero| and |W - w_zero| stay under 256 and K under 8193, so a sum stays
 * under 2^29, and |bias| under 2^21. c_scale is chosen from the expected size of the sums, so that
 * most of C lies inside int8 whatever the operands are; "spread" asks for more. */
#include "assignments/inputs.h"

#include <math.h>

INPUTS_DECLARE(quantized_matmul);

static void fill_operands(struct call *call, struct random *random);
static void fill_extreme(struct random *random, int8_t *out, size_t count);
static void fill_zeros(struct call *call, struct random *random);
static int draw_zero(const struct call *call, struct random *random);
static void fill_scales(struct call *call, struct random *random);
static void fill_bias(struct call *call, struct random *random);
static void fill_c_scale(struct call *call);
static double expected_size(const struct call *call);
static void moments(const int8_t *at, size_t count, double *out_mean, double *out_variance);
static void fill_c_zero(struct call *call, struct random *random);

#define SCALE 0.02f       /* of a typical layer; scales lie around it */
#define BIAS_PER_ROOT 400 /* |bias| <= 400 sqrt(K): as large as a random sum, never swamping it */

struct err quantized_matmul_inputs(struct call *call, struct random *random)
{
    fill_operands(call, random);
    fill_zeros(call, random);
    fill_scales(call, random);
    fill_bias(call, random);
    fill_c_scale(call);
    fill_c_zero(call, random);
    return err_none();
}

static void fill_operands(struct call *call, struct random *random)
{
    int8_t *A = call_i8(call, "A"), *W = call_i8(call, "W");
    size_t A_count = call_count(call, "A"), W_count = call_count(call, "W");

    if (call_parameter_is(call, "operands", "small")) {
        random_fill_i8(random, A, A_count, -8, 7);
        random_fill_i8(random, W, W_count, -3, 3);
    } else if (call_parameter_is(call, "operands", "extreme")) {
        fill_extreme(random, A, A_count);
        fill_extreme(random, W, W_count);
    } else {
        random_fill_i8(random, A, A_count, INT8_MIN, INT8_MAX);
        random_fill_i8(random, W, W_count, INT8_MIN, INT8_MAX);
    }
}

/* Seven of eight are 127: neighbouring products are then both at their largest. */
static void fill_extreme(struct random *random, int8_t *out, size_t count)
{
    random_fill_i8(random, out, count, 0, 7);
    for (size_t i = 0; i < count; i++)
        out[i] = out[i] == 0 ? INT8_MIN : INT8_MAX;
}

static void fill_zeros(struct call *call, struct random *random)
{
    int32_t *w_zero = call_i32(call, "w_zero");
    size_t N = call_count(call, "w_zero");

    call_set_scalar(call, "a_zero", draw_zero(call, random));
    for (size_t n = 0; n < N; n++)
        w_zero[n] = draw_zero(call, random);
}

static int draw_zero(const struct call *call, struct random *random)
{
    if (call_parameter_is(call, "zeros", "none"))
        return 0;
    if (call_parameter_is(call, "zeros", "small"))
        return (int)random_range(random, -3, 3);
    if (call_parameter_is(call, "zeros", "opposite"))
        return random_range(random, 0, 7) == 0 ? INT8_MAX : INT8_MIN;
    /* "mixed": any but 0 and its neighbours, so that leaving a zero point out always shows. */
    int size = (int)random_range(random, 5, 127);
    return random_range(random, 0, 1) == 0 ? size : -size;
}

static void fill_scales(struct call *call, struct random *random)
{
    float *a_scale = call_f32(call, "a_scale"), *w_scale = call_f32(call, "w_scale");
    size_t M = call_count(call, "a_scale"), N = call_count(call, "w_scale");

    if (call_parameter_is(call, "scales", "powers_of_two")) {
        for (size_t m = 0; m < M; m++)
            a_scale[m] = random_range(random, 0, 1) == 0 ? 0x1p-6f : 0x1p-5f;
        for (size_t n = 0; n < N; n++)
            w_scale[n] = random_range(random, 0, 1) == 0 ? 0x1p-7f : 0x1p-6f;
        return;
    }
    random_fill_uniform(random, a_scale, M, SCALE / 2, SCALE * 2);
    random_fill_uniform(random, w_scale, N, SCALE / 2, SCALE * 2);
}

static void fill_bias(struct call *call, struct random *random)
{
    int32_t *bias = call_i32(call, "bias");
    size_t N = call_count(call, "bias");
    bool is_small = call_parameter_is(call, "operands", "small");
    int64_t most = is_small ? 100 : (int64_t)(BIAS_PER_ROOT * sqrt(call_size(call, "K")));

    for (size_t n = 0; n < N; n++)
        bias[n] = (int32_t)random_range(random, -most, most);
}

static void fill_c_scale(struct call *call)
{
    /* A sum of small operands then meets a half in about a quarter of all elements. */
    if (call_parameter_is(call, "scales", "powers_of_two")) {
        call_set_scalar(call, "c_scale", 0x1p-10);
        return;
    }
    double scale = (double)SCALE * (double)SCALE * expected_size(call);
    call_set_scalar(call, "c_scale", (float)(scale / call_parameter(call, "spread")));
}

/* Root mean square of acc, from the moments of the operands: a sum has mean K (a - za)(w - zw) and
 * the variance of K independent products. */
static double expected_size(const struct call *call)
{
    const int32_t *w_zero = call_i32(call, "w_zero"), *bias = call_i32(call, "bias");
    size_t N = call_count(call, "w_zero");
    double K = call_size(call, "K"), a_zero = call_scalar(call, "a_zero"), squares = 0;
    double a_mean, a_variance, w_mean, w_variance;

    moments(call_i8(call, "A"), call_count(call, "A"), &a_mean, &a_variance);
    moments(call_i8(call, "W"), call_count(call, "W"), &w_mean, &w_variance);
    a_mean -= a_zero;
    for (size_t n = 0; n < N; n++) {
        double w = w_mean - w_zero[n], mean = K * a_mean * w + bias[n];
        double both = (a_mean * a_mean + a_variance) * (w * w + w_variance);
        squares += mean * mean + K * (both - a_mean * a_mean * w * w);
    }
    return sqrt(squares / (double)N) + 1; /* a single product may be 0 */
}

static void moments(const int8_t *at, size_t count, double *out_mean, double *out_variance)
{
    int64_t sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += at[i];
        squares += (int64_t)(at[i] * at[i]);
    }
    *out_mean = (double)sum / (double)count;
    *out_variance = (double)squares / (double)count - *out_mean * *out_mean;
}

static void fill_c_zero(struct call *call, struct random *random)
{
    int zero = (int)random_range(random, -30, 29);
    if (call_parameter_is(call, "c_parity", "even"))
        zero &= ~1;
    if (call_parameter_is(call, "c_parity", "odd"))
        zero |= 1;
    /* Never 0, so that leaving it out shows. */
    call_set_scalar(call, "c_zero", zero == 0 ? 2 : zero);
}
