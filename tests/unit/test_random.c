/* The seeded stream: the same everywhere, different for every key, case and iteration. */
#include "assignments/random.h"
#include "sandbox/base/err.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <float.h>
#include <math.h>
#include <string.h>

#define MANY 100000

static const unsigned char key_a[RANDOM_KEY_BYTES] = {1, 2, 3};
static const unsigned char key_b[RANDOM_KEY_BYTES] = {1, 2, 4};

static uint32_t first_of(const unsigned char *key, const char *name, uint64_t iteration)
{
    struct random random;
    random_init(&random, key, name, iteration);
    return random_u32(&random);
}

/* Pinned: a change here changes the inputs of every stored submission. The first word was checked
 * against ChaCha20 and BLAKE2b written anew in Python. */
static void the_stream_is_the_same_on_every_machine(void **state)
{
    struct random random;
    float uniform, normal;
    int8_t small;
    (void)state;

    random_init(&random, key_a, "odd", 7);
    assert_int_equal(random_u32(&random), 0x28D3F12Au);
    assert_int_equal(random_range(&random, -1000000, 1000000), -184763);
    random_fill_uniform(&random, &uniform, 1, -1.7f, 1.7f);
    assert_true(uniform == -0x1.29375cp-1f);
    random_fill_normal(&random, &normal, 1);
    assert_true(normal == -0x1.0a817ap-1f);
    random_fill_i8(&random, &small, 1, -128, 127);
    assert_int_equal(small, 80);
}

static void another_key_case_or_iteration_gives_another_stream(void **state)
{
    uint32_t first = first_of(key_a, "odd", 0);
    (void)state;

    assert_int_equal(first, first_of(key_a, "odd", 0));
    assert_int_not_equal(first, first_of(key_b, "odd", 0));
    assert_int_not_equal(first, first_of(key_a, "even", 0));
    assert_int_not_equal(first, first_of(key_a, "odd", 1));
    assert_int_not_equal(first, first_of(key_a, "odd", (uint64_t)1 << 40));
}

static void filling_in_pieces_gives_what_filling_at_once_gives(void **state)
{
    static float whole[5000], pieces[5000];
    struct random random;
    (void)state;

    random_init(&random, key_a, "x", 0);
    random_fill_normal(&random, whole, COUNT(whole));
    random_init(&random, key_a, "x", 0);
    for (size_t i = 0; i < COUNT(pieces); i += 50)
        random_fill_normal(&random, pieces + i, 50);
    assert_memory_equal(whole, pieces, sizeof whole);
}

static void uniform_floats_stay_within_their_bounds(void **state)
{
    static float values[MANY];
    struct random random;
    double sum = 0;
    (void)state;

    random_init(&random, key_a, "u", 0);
    random_fill_uniform(&random, values, MANY, -1.5f, 2.5f);
    for (int i = 0; i < MANY; i++) {
        assert_true(values[i] >= -1.5f && values[i] < 2.5f);
        sum += (double)values[i];
    }
    assert_true(fabs(sum / MANY - 0.5) < 0.02);
}

/* One step of float wide: half of all draws would round up to the upper bound. */
static void a_uniform_never_rounds_up_to_its_upper_bound(void **state)
{
    static float values[1000];
    struct random random;
    (void)state;

    random_init(&random, key_a, "narrow", 0);
    random_fill_uniform(&random, values, COUNT(values), 1.0f, nextafterf(1.0f, 2.0f));
    for (size_t i = 0; i < COUNT(values); i++)
        assert_true(values[i] == 1.0f);
}

static void no_float_is_denormal(void **state)
{
    static float values[MANY];
    struct random random;
    (void)state;

    random_init(&random, key_a, "tiny", 0);
    random_fill_uniform(&random, values, MANY, -4 * FLT_MIN, 4 * FLT_MIN);
    for (int i = 0; i < MANY; i++)
        assert_true(fpclassify(values[i]) != FP_SUBNORMAL);
}

static void normals_have_mean_zero_and_variance_one(void **state)
{
    static float values[MANY];
    struct random random;
    double sum = 0, squares = 0;
    (void)state;

    random_init(&random, key_a, "n", 0);
    random_fill_normal(&random, values, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_true(fabsf(values[i]) < 3.47f);
        sum += (double)values[i];
        squares += (double)values[i] * (double)values[i];
    }
    assert_true(fabs(sum / MANY) < 0.02);
    assert_true(fabs(squares / MANY - 1) < 0.02);

    sum = 0;
    for (int i = 0; i < MANY; i++)
        sum += random_normal(&random);
    assert_true(fabs(sum / MANY) < 0.02);
}

static void a_range_reaches_both_ends_and_nothing_else(void **state)
{
    struct random random;
    int seen[5] = {0};
    (void)state;

    random_init(&random, key_a, "r", 0);
    for (int i = 0; i < 5000; i++) {
        int64_t value = random_range(&random, -2, 2);
        assert_in_range(value + 2, 0, 4);
        seen[value + 2]++;
    }
    for (size_t i = 0; i < COUNT(seen); i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(random_range(&random, 9, 9), 9);
}

static void bytes_reach_both_ends_and_nothing_else(void **state)
{
    static int8_t values[MANY];
    struct random random;
    int lowest = 127, highest = -128;
    (void)state;

    random_init(&random, key_a, "i8", 0);
    random_fill_i8(&random, values, MANY, -128, 127);
    for (int i = 0; i < MANY; i++) {
        lowest = values[i] < lowest ? values[i] : lowest;
        highest = values[i] > highest ? values[i] : highest;
    }
    assert_int_equal(lowest, -128);
    assert_int_equal(highest, 127);
    random_fill_i8(&random, values, MANY, -3, 3);
    for (int i = 0; i < MANY; i++)
        assert_in_range(values[i] + 3, 0, 6);
}

static void a_uniform_number_lies_in_zero_to_one(void **state)
{
    struct random random;
    (void)state;

    random_init(&random, key_a, "d", 0);
    for (int i = 0; i < 10000; i++) {
        double value = random_uniform(&random);
        assert_true(value >= 0 && value < 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stream_is_the_same_on_every_machine),
        cmocka_unit_test(another_key_case_or_iteration_gives_another_stream),
        cmocka_unit_test(filling_in_pieces_gives_what_filling_at_once_gives),
        cmocka_unit_test(uniform_floats_stay_within_their_bounds),
        cmocka_unit_test(a_uniform_never_rounds_up_to_its_upper_bound),
        cmocka_unit_test(no_float_is_denormal),
        cmocka_unit_test(normals_have_mean_zero_and_variance_one),
        cmocka_unit_test(a_range_reaches_both_ends_and_nothing_else),
        cmocka_unit_test(bytes_reach_both_ends_and_nothing_else),
        cmocka_unit_test(a_uniform_number_lies_in_zero_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
