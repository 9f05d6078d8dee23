/* The oracle of quantized_matmul against an implementation written independently of it (64-bit
 * sums, rounding by integer arithmetic alone), and its rule at ties, near ties and limits. */
#include "assignments/inputs.h"
#include "reference/oracle.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct spec spec;
static struct spec_case one_by_one; /* M = N = K = 1, everything set by hand */
static struct call call;
static struct compare compare;

static int load(void **state)
{
    (void)state;
    struct err err = spec_load(&spec, "assignments/quantized_matmul/assignment.json");
    if (err_is(err))
        print_error("%s\n", err.text);
    return err_is(err);
}

static void judge(void)
{
    compare_init(&compare);
    struct err err = oracle_find("quantized_matmul")(&call, &call, &compare);
    assert_string_equal(err.text, "");
}

/* round(p / q) to even, of exact fractions: value = mantissa * 2^exponent. */
static int64_t round_exactly(long double value)
{
    long double whole;
    long double rest = modfl(fabsl(value), &whole);
    int64_t result = (int64_t)whole;
    if (rest > 0.5L || (rest == 0.5L && result % 2 == 1))
        result++;
    return value < 0 ? -result : result;
}

static void answer_independently(void)
{
    int M = call_size(&call, "M"), N = call_size(&call, "N"), K = call_size(&call, "K");

    for (int i = 0; i < M * N; i++) {
        int m = i / N, n = i % N;
        int64_t sum = call_i32(&call, "bias")[n];
        for (int k = 0; k < K; k++) {
            int64_t a = call_i8(&call, "A")[m * K + k], w = call_i8(&call, "W")[n * K + k];
            sum += (a - (int64_t)call_scalar(&call, "a_zero")) * (w - call_i32(&call, "w_zero")[n]);
        }
        long double y = (long double)sum * (long double)call_f32(&call, "a_scale")[m] *
                        (long double)call_f32(&call, "w_scale")[n] /
                        (long double)call_scalar(&call, "c_scale");
        int64_t c = round_exactly(y) + (int64_t)call_scalar(&call, "c_zero");
        call_i32(&call, "acc")[i] = (int32_t)sum;
        call_i8(&call, "C")[i] = (int8_t)(c < -128 ? -128 : c > 127 ? 127 : c);
    }
}

static void draw(int index, uint64_t iteration)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {9};
    struct random random;
    random_init(&random, key, spec.cases[index].name, iteration);
    assert_false(err_is(inputs_find("quantized_matmul")(&call, &random)));
    call_poison_outputs(&call);
}

static bool is_ranked(int index)
{
    return spec.groups[spec.cases[index].group].is_speed;
}

static void an_independent_program_is_right_on_every_case(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        for (uint64_t iteration = 0; iteration < 3 && !is_ranked(i); iteration++) {
            assert_false(err_is(call_allocate(&call, &spec, &spec.cases[i])));
            draw(i, iteration);
            answer_independently();
            judge();
            assert_false(compare.wrong);
            call_release(&call);
        }
    }
}

static void one_changed_element_is_wrong(void **state)
{
    int index = spec_case_index(&spec, "per_channel");
    (void)state;

    assert_false(err_is(call_allocate(&call, &spec, &spec.cases[index])));
    draw(index, 0);
    answer_independently();
    int N = call_size(&call, "N");
    call_i32(&call, "acc")[2 * N + 3] ^= 1;
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "acc");
    assert_int_equal(compare.first.index[0], 2);
    assert_int_equal(compare.first.index[1], 3);
    assert_int_equal(compare.first.wrong_count, 1);

    call_i32(&call, "acc")[2 * N + 3] ^= 1;
    call_i8(&call, "C")[5 * N + 7] ^= 2;
    judge();
    assert_true(compare.wrong);
    assert_string_equal(compare.first.part, "C");
    assert_int_equal(compare.first.index[0], 5);
    assert_int_equal(compare.first.index[1], 7);
    call_release(&call);
}

static void outputs_never_written_are_wrong_and_said_to_be(void **state)
{
    (void)state;
    assert_false(err_is(call_allocate(&call, &spec, &spec.cases[0])));
    draw(0, 0);
    judge();
    assert_true(compare.wrong);
    assert_true(compare.first.unwritten);
    call_release(&call);
}

/* One element whose sum is `sum`, with the given factor and zero point; is `got` right? */
static bool accepts(int32_t sum, float a_scale, float c_scale, int c_zero, int got)
{
    one_by_one = spec.cases[spec_case_index(&spec, "one")];
    assert_false(err_is(call_allocate(&call, &spec, &one_by_one)));
    call_i8(&call, "A")[0] = 1;
    call_i8(&call, "W")[0] = 1;
    call_set_scalar(&call, "a_zero", 0);
    call_i32(&call, "w_zero")[0] = 0;
    call_i32(&call, "bias")[0] = sum - 1;
    call_f32(&call, "a_scale")[0] = a_scale;
    call_f32(&call, "w_scale")[0] = 1;
    call_set_scalar(&call, "c_scale", (double)c_scale);
    call_set_scalar(&call, "c_zero", c_zero);
    call_i32(&call, "acc")[0] = sum;
    call_i8(&call, "C")[0] = (int8_t)got;
    judge();
    call_release(&call);
    return !compare.wrong;
}

static void exact_ties_go_to_even(void **state)
{
    (void)state;
    assert_true(accepts(5, 0.5f, 1, 0, 2)); /* 2.5 */
    assert_false(accepts(5, 0.5f, 1, 0, 3));
    assert_true(accepts(7, 0.5f, 1, 0, 4)); /* 3.5 */
    assert_false(accepts(7, 0.5f, 1, 0, 3));
    assert_true(accepts(-5, 0.5f, 1, 0, -2));
    assert_false(accepts(-5, 0.5f, 1, 0, -3));
    assert_true(accepts(1, 0.5f, 1, 0, 0));
    assert_false(accepts(1, 0.5f, 1, 0, 1));
}

static void the_zero_point_is_added_after_rounding(void **state)
{
    (void)state;
    assert_true(accepts(5, 0.5f, 1, 1, 3)); /* rint(2.5) + 1, not rint(3.5) */
    assert_false(accepts(5, 0.5f, 1, 1, 4));
}

/* 25 * 0.1f / 1 = 2.5000000373: 1.5e-8 of y from a tie, within the guard of 8u = 4.8e-7. */
static void near_a_tie_either_neighbour_is_right(void **state)
{
    (void)state;
    assert_true(accepts(25, 0.1f, 1, 0, 2));
    assert_true(accepts(25, 0.1f, 1, 0, 3));
    assert_false(accepts(25, 0.1f, 1, 0, 1));
    assert_false(accepts(25, 0.1f, 1, 0, 4));
}

/* 2.5 (1 + 1e-6) lies outside the guard: there is one answer. */
static void away_from_a_tie_there_is_one_answer(void **state)
{
    (void)state;
    assert_true(accepts(25, 0.1000001f, 1, 0, 3));
    assert_false(accepts(25, 0.1000001f, 1, 0, 2));
    assert_true(accepts(3, 0.75f, 1, 0, 2)); /* 2.25 */
    assert_false(accepts(3, 0.75f, 1, 0, 3));
}

static void results_saturate_at_both_ends(void **state)
{
    (void)state;
    assert_true(accepts(127, 1, 1, 0, 127));
    assert_true(accepts(128, 1, 1, 0, 127));
    assert_false(accepts(128, 1, 1, 0, -128));
    assert_true(accepts(-128, 1, 1, 0, -128));
    assert_false(accepts(-128, 1, 1, 0, -127));
    assert_true(accepts(-500, 1, 1, 30, -128));
    assert_true(accepts(2000000000, 1, 1, 0, 127));
    assert_true(accepts(-2000000000, 3, 1, 5, -128));
    /* Near a tie beyond the limit both neighbours are the limit. */
    assert_true(accepts(1275, 0.1f, 1, 0, 127));
    assert_false(accepts(1275, 0.1f, 1, 0, 126));
}

static void sums_past_24_bits_are_not_taken_for_exact(void **state)
{
    (void)state;
    /* (2^24 + 1) / 2^18 = 64 + 2^-18: no tie; the scale is a power of two, the sum too long. */
    assert_true(accepts((1 << 24) + 1, 0x1p-18f, 1, 0, 64));
    /* 33292289 * 2^-19 = 63.5 + 2^-19: half a u of y off a tie, and (float)sum lands on the tie. */
    assert_true(accepts(33292289, 0x1p-19f, 1, 0, 63));
    assert_true(accepts(33292289, 0x1p-19f, 1, 0, 64));
}

/* The generator's own promises. */
static void inputs_stay_within_what_the_header_promises(void **state)
{
    (void)state;
    for (int i = 0; i < spec.cases_count; i++) {
        if (is_ranked(i))
            continue;
        assert_false(err_is(call_allocate(&call, &spec, &spec.cases[i])));
        draw(i, 1);
        assert_in_range((int)call_scalar(&call, "a_zero") + 128, 0, 255);
        assert_in_range((int)call_scalar(&call, "c_zero") + 128, 0, 255);
        assert_true(call_scalar(&call, "c_scale") > 0);
        for (size_t n = 0; n < call_count(&call, "w_zero"); n++) {
            assert_in_range(call_i32(&call, "w_zero")[n] + 128, 0, 255);
            assert_true(abs(call_i32(&call, "bias")[n]) < 1 << 21);
            assert_true(call_f32(&call, "w_scale")[n] > 0);
        }
        for (size_t m = 0; m < call_count(&call, "a_scale"); m++)
            assert_true(call_f32(&call, "a_scale")[m] > 0);
        call_release(&call);
    }
}

/* The rounding group can only tell half-even from half-away if it meets ties. */
static void the_tie_cases_hold_many_ties(void **state)
{
    static const char *const names[] = {"ties_even", "ties_odd"};
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        int index = spec_case_index(&spec, names[i]), ties = 0;
        assert_false(err_is(call_allocate(&call, &spec, &spec.cases[index])));
        draw(index, 0);
        answer_independently();
        int N = call_size(&call, "N");
        for (size_t j = 0; j < call_count(&call, "acc"); j++) {
            double y =
                call_i32(&call, "acc")[j] * (double)call_f32(&call, "a_scale")[j / (size_t)N] *
                (double)call_f32(&call, "w_scale")[j % (size_t)N] / call_scalar(&call, "c_scale");
            ties += y - floor(y) == 0.5;
        }
        assert_true(ties > 100);
        assert_int_equal((int)call_scalar(&call, "c_zero") & 1, i);
        call_release(&call);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_independent_program_is_right_on_every_case),
        cmocka_unit_test(one_changed_element_is_wrong),
        cmocka_unit_test(outputs_never_written_are_wrong_and_said_to_be),
        cmocka_unit_test(exact_ties_go_to_even),
        cmocka_unit_test(the_zero_point_is_added_after_rounding),
        cmocka_unit_test(near_a_tie_either_neighbour_is_right),
        cmocka_unit_test(away_from_a_tie_there_is_one_answer),
        cmocka_unit_test(results_saturate_at_both_ends),
        cmocka_unit_test(sums_past_24_bits_are_not_taken_for_exact),
        cmocka_unit_test(inputs_stay_within_what_the_header_promises),
        cmocka_unit_test(the_tie_cases_hold_many_ties),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
