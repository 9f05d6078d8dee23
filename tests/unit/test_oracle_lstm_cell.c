/* The oracle of lstm_cell against a program written independently of it (long double, one gate at a
 * time), its bound at values worked out by hand and over many steps, and what its generator
 * promises. */
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "tests/unit/support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 0x1p-24f /* unit roundoff of float */
#define UNITS_MAX 256

static const char *const inputs[] = {"x", "Wih", "Whh", "bih", "bhh", "h0", "c0"};
static const char *const outputs[] = {"y", "hT", "cT"};

static struct spec spec;
static struct call call;
static struct compare compare;

static int load(void **state)
{
    (void)state;
    struct err err = spec_load(&spec, "assignments/lstm_cell/assignment.json");
    if (err_is(err))
        print_error("%s\n", err.text);
    return err_is(err);
}

static void judge(void)
{
    compare_init(&compare);
    struct err err = oracle_find("lstm_cell")(&call, &call, &compare);
    assert_string_equal(err.text, "");
}

static void open_case(const char *name, uint64_t iteration)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {6};
    int index = spec_case_index(&spec, name);
    struct random random;

    assert_true(index >= 0);
    assert_false(err_is(call_allocate(&call, &spec, &spec.cases[index])));
    random_init(&random, key, name, iteration);
    assert_false(err_is(inputs_find("lstm_cell")(&call, &random)));
    call_poison_outputs(&call);
}

/* The case of size 1 with every input zero. */
static void open_zero(void)
{
    open_case("one", 0);
    for (size_t i = 0; i < COUNT(inputs); i++)
        memset(call_f32(&call, inputs[i]), 0, call_count(&call, inputs[i]) * sizeof(float));
}

/* Gate `gate` of unit u before its function. */
static long double gate_sum(int gate, int u, const float *x, const long double *h)
{
    int nx = call_size(&call, "nx"), nh = call_size(&call, "nh"), row = gate * nh + u;
    long double sum = 0;

    for (int n = nh; n-- > 0;)
        sum += (long double)call_f32(&call, "Whh")[row * nh + n] * h[n];
    for (int n = nx; n-- > 0;)
        sum += (long double)call_f32(&call, "Wih")[row * nx + n] * (long double)x[n];
    sum += (long double)call_f32(&call, "bih")[row];
    return sum + (long double)call_f32(&call, "bhh")[row];
}

static long double sigmoid(long double z)
{
    return 0.5L + 0.5L * tanhl(z / 2);
}

static void answer_sequence(int b)
{
    int T = call_size(&call, "T"), B = call_size(&call, "B");
    int nx = call_size(&call, "nx"), nh = call_size(&call, "nh");
    long double h[UNITS_MAX], c[UNITS_MAX], next[UNITS_MAX];

    for (int u = 0; u < nh; u++) {
        h[u] = (long double)call_f32(&call, "h0")[b * nh + u];
        c[u] = (long double)call_f32(&call, "c0")[b * nh + u];
    }
    for (int t = 0; t < T; t++) {
        const float *x = &call_f32(&call, "x")[(size_t)(t * B + b) * (size_t)nx];
        for (int u = 0; u < nh; u++) {
            c[u] *= sigmoid(gate_sum(1, u, x, h));
            c[u] += sigmoid(gate_sum(0, u, x, h)) * tanhl(gate_sum(2, u, x, h));
            next[u] = sigmoid(gate_sum(3, u, x, h)) * tanhl(c[u]);
        }
        memcpy(h, next, (size_t)nh * sizeof *h);
        for (int u = 0; u < nh; u++)
            call_f32(&call, "y")[(t * B + b) * nh + u] = (float)h[u];
    }
    for (int u = 0; u < nh; u++) {
        call_f32(&call, "hT")[b * nh + u] = (float)h[u];
        call_f32(&call, "cT")[b * nh + u] = (float)c[u];
    }
}

static void answer_independently(void)
{
    for (int b = 0; b < call_size(&call, "B"); b++)
        answer_sequence(b);
}

static void an_independent_program_is_right_on_every_case(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (spec.groups[spec.cases[i].group].is_speed)
            continue;
        for (uint64_t iteration = 0; iteration < 2; iteration++) {
            open_case(spec.cases[i].name, iteration);
            assert_true(call_size(&call, "nh") <= UNITS_MAX);
            answer_independently();
            judge();
            assert_false(compare.wrong);
            /* Rounded once, it stays far inside: the oracle's own answer is as good. */
            assert_true(compare.error_ratio < 0.1);
            call_release(&call);
        }
    }
}

static void with_zero_weights_half_of_the_cell_remains(void **state)
{
    (void)state;
    open_zero();
    call_f32(&call, "c0")[0] = 1;
    call_f32(&call, "cT")[0] = 0.5F;
    call_f32(&call, "hT")[0] = call_f32(&call, "y")[0] = 0.231058582F; /* tanh(1/2) / 2 */
    judge();
    assert_false(compare.wrong);
    assert_true(compare.error_ratio < 0.01);
    call_release(&call);
}

/* c = f c0 + i g with f = i = 1/2, g = 0, c0 = 1, and every gate off by 8u:
 * 8u |c0| + 3u/2 + 8u/2 = 13.5 u. */
static void the_bound_of_a_cell_is_the_formula(void **state)
{
    (void)state;
    open_zero();
    call_f32(&call, "c0")[0] = 1;
    call_f32(&call, "hT")[0] = call_f32(&call, "y")[0] = 0.231058582F;
    call_f32(&call, "cT")[0] = 0.5F + 13 * UNIT;
    judge();
    assert_false(compare.wrong);
    call_f32(&call, "cT")[0] = 0.5F + 14 * UNIT;
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "cT");
    assert_true(fabs(compare.first.bound / (13.5 * 0x1p-24) - 1) < 1e-6);
    call_release(&call);
}

/* Absolute sums would have reached 4 by then. */
static void the_bound_stays_small_over_two_hundred_steps(void **state)
{
    (void)state;
    open_case("steps200", 0);
    answer_independently();
    int nh = call_size(&call, "nh");
    float *last = &call_f32(&call, "y")[199 * nh + 5];
    *last += 1e-4F;
    judge();
    assert_true(compare.wrong);
    assert_int_equal(compare.first.wrong_count, 1);
    assert_int_equal(compare.first.index[0], 199);
    assert_int_equal(compare.first.index[2], 5);
    assert_true(compare.first.bound < 5e-5);
    call_release(&call);
}

static void each_output_is_judged(void **state)
{
    (void)state;
    open_case("small", 0);
    answer_independently();
    for (size_t i = 0; i < COUNT(outputs); i++) {
        float *at = call_f32(&call, outputs[i]) + 3, kept = *at;
        *at = kept + 1e-3F;
        judge();
        assert_true(compare.wrong);
        assert_string_equal(compare.first.part, outputs[i]);
        *at = kept;
    }
    judge();
    assert_false(compare.wrong);
    call_release(&call);
}

static void hostile_bits_never_pass(void **state)
{
    static const uint32_t patterns[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff,
                                        0x7f800000, 0xff800000, 0x7f7fffff, 0xff7fffff};
    (void)state;
    open_case("saturated", 0);
    answer_independently();
    for (size_t n = 0; n < COUNT(outputs); n++)
        for (size_t i = 0; i < COUNT(patterns); i++) {
            float *at = call_f32(&call, outputs[n]) + 7, kept = *at;
            memcpy(at, &patterns[i], sizeof *at);
            judge();
            assert_true(compare.wrong);
            assert_int_equal(compare.first.wrong_count, 1);
            assert_false(compare.first.unwritten);
            *at = kept;
        }
    call_release(&call);
}

static void an_output_never_written_is_wrong_everywhere(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (spec.groups[spec.cases[i].group].is_speed)
            continue;
        open_case(spec.cases[i].name, 0);
        judge();
        assert_true(compare.wrong);
        assert_true(compare.first.unwritten);
        assert_int_equal(compare.first.wrong_count, call_count(&call, "y"));
        call_release(&call);
    }
}

static void saturated_gates_pass_the_reach_of_expf(void **state)
{
    double highest = 0, lowest = 0;
    (void)state;
    open_case("saturated", 1);
    long double h[UNITS_MAX] = {0};
    int steps = call_size(&call, "T") * call_size(&call, "B");
    int nx = call_size(&call, "nx"), nh = call_size(&call, "nh");
    for (int tb = 0; tb < steps; tb++)
        for (int row = 0; row < 4 * nh; row++) {
            const float *x = &call_f32(&call, "x")[(size_t)tb * (size_t)nx];
            double z = (double)gate_sum(row / nh, row % nh, x, h);
            highest = fmax(highest, z);
            lowest = fmin(lowest, z);
        }
    assert_true(highest > 90 && highest < 200);
    assert_true(lowest < -90 && lowest > -200);
    call_release(&call);
}

static void inputs_keep_their_bounds_and_are_never_denormal(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        open_case(spec.cases[i].name, 4);
        double weights = call_parameter(&call, "weight_scale") / sqrt(call_size(&call, "nh"));
        const double peaks[] = {
            1.7 * call_parameter(&call, "x_scale"), weights, weights, weights, weights, 0.9,
            call_parameter(&call, "c0_peak")};
        for (size_t n = 0; n < COUNT(inputs); n++)
            for (size_t e = 0; e < call_count(&call, inputs[n]); e++) {
                float value = call_f32(&call, inputs[n])[e];
                assert_true(fabs((double)value) <= peaks[n] * 1.000001);
                assert_true(fpclassify(value) == FP_NORMAL || value == 0);
            }
        call_release(&call);
    }
}

static void one_key_gives_the_same_inputs_and_another_does_not(void **state)
{
    (void)state;
    open_case("odd7", 0);
    size_t bytes = call_count(&call, "x") * sizeof(float);
    float *first = malloc(bytes);
    assert_non_null(first);
    memcpy(first, call_f32(&call, "x"), bytes);
    call_release(&call);

    open_case("odd7", 0);
    assert_memory_equal(first, call_f32(&call, "x"), bytes);
    call_release(&call);
    open_case("odd7", 1);
    assert_memory_not_equal(first, call_f32(&call, "x"), bytes);
    call_release(&call);
    free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_independent_program_is_right_on_every_case),
        cmocka_unit_test(with_zero_weights_half_of_the_cell_remains),
        cmocka_unit_test(the_bound_of_a_cell_is_the_formula),
        cmocka_unit_test(the_bound_stays_small_over_two_hundred_steps),
        cmocka_unit_test(each_output_is_judged),
        cmocka_unit_test(hostile_bits_never_pass),
        cmocka_unit_test(an_output_never_written_is_wrong_everywhere),
        cmocka_unit_test(saturated_gates_pass_the_reach_of_expf),
        cmocka_unit_test(inputs_keep_their_bounds_and_are_never_denormal),
        cmocka_unit_test(one_key_gives_the_same_inputs_and_another_does_not),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
