/* Measurements that meet: of one object, of a machine's peaks, of a retry. */
#include "assignments/rubric.h"
#include "assignments/speed.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <string.h>

#define MANY 400

static struct speed around(double speedup, double half)
{
    return (struct speed){speedup, speedup / (1 + half), speedup * (1 + half)};
}

/* A fixed sequence of standard normals, by the sum of twelve uniforms. */
static double normal(uint64_t *state)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        sum += (double)(*state >> 11) / 9007199254740992.0;
    }
    return sum;
}

static void one_measurement_pools_to_itself(void **state)
{
    const struct speed all[] = {{NAN, NAN, NAN}, {4, 3.9, 4.2}, {0, 0, 0}, {3, 4, 5}};
    struct speed pool;
    (void)state;

    assert_true(speed_pool(all, COUNT(all), &pool));
    assert_memory_equal(&pool, &all[1], sizeof pool);
}

static void nothing_measured_pools_to_nothing(void **state)
{
    const struct speed all[] = {{NAN, 1, 2}, {1, 1, INFINITY}, {-1, -2, 3}};
    struct speed pool = {7, 7, 7};
    (void)state;

    assert_false(speed_pool(all, COUNT(all), &pool));
    assert_false(speed_pool(all, 0, &pool));
    assert_true(pool.speedup == 7);
}

static void agreeing_measurements_narrow_the_interval(void **state)
{
    struct speed all[4], pool;
    (void)state;

    for (size_t i = 0; i < COUNT(all); i++)
        all[i] = around(4, 0.04);
    assert_true(speed_pool(all, COUNT(all), &pool));
    assert_true(fabs(pool.speedup - 4) < 1e-9);
    assert_true(fabs(log(pool.high / pool.low) - log(1.04)) < 1e-3); /* half as wide */
}

static void a_noisy_run_weighs_less_than_a_quiet_one(void **state)
{
    const struct speed all[] = {around(4, 0.01), around(5, 0.2)};
    struct speed pool;
    (void)state;

    assert_true(speed_pool(all, COUNT(all), &pool));
    assert_true(pool.speedup > 4 && pool.speedup < 4.02);
}

static void runs_that_disagree_widen_the_interval(void **state)
{
    const struct speed all[] = {around(4, 0.005), around(4.4, 0.005)};
    struct speed pool;
    (void)state;

    assert_true(speed_pool(all, COUNT(all), &pool));
    assert_true(pool.low < 4.1 && pool.high > 4.3);
}

static void the_order_of_runs_does_not_matter(void **state)
{
    const struct speed all[] = {around(4, 0.01), around(4.2, 0.02), around(3.9, 0.03)};
    const struct speed other[] = {all[2], all[0], all[1]};
    struct speed one = {0}, two = {0};
    (void)state;

    assert_true(speed_pool(all, COUNT(all), &one) && speed_pool(other, COUNT(other), &two));
    assert_true(fabs(one.low - two.low) < 1e-9 && fabs(one.high - two.high) < 1e-9);
}

/* The promise behind pooling: the best of many tries would gain several standard errors. */
static void sending_it_again_for_luck_gains_nothing(void **state)
{
    struct speed all[MANY], pool;
    double best = 0;
    uint64_t seed = 5;
    (void)state;

    for (size_t i = 0; i < MANY; i++) {
        all[i] = around(4 * exp(0.02 * normal(&seed)), 0.04);
        best = fmax(best, all[i].low);
    }
    assert_true(speed_pool(all, MANY, &pool));
    assert_true(best > 4);         /* luck would have paid */
    assert_true(pool.low < 4);     /* it did not */
    assert_true(pool.high > 4);    /* and the truth is inside */
    assert_true(pool.high < 4.06); /* closely */
}

static void what_a_machine_cannot_do_goes_to_review(void **state)
{
    const struct speed_peaks peaks = {.gigaflops = 200, .gigaops = 700, .gigabytes = 30};
    bool memory = true;
    (void)state;

    /* 2e9 operations in 100 ms are 20 GFLOP/s, a tenth of it. */
    double share = speed_share(2e9, 1e6, false, 100e3, &peaks, &memory);
    assert_true(fabs(share - 0.1) < 1e-9);
    assert_false(memory || speed_is_beyond(share));
    assert_true(speed_is_beyond(speed_share(2e9, 1e6, false, 8e3, &peaks, NULL)));
    assert_false(speed_is_beyond(speed_share(2e9, 1e6, true, 8e3, &peaks, NULL)));
    assert_true(speed_is_beyond(speed_share(1, 3e9, false, 50e3, &peaks, &memory)));
    assert_true(memory);
    assert_false(speed_is_beyond(1.05)); /* a peak is measured too */
}

static void without_peaks_nothing_is_beyond(void **state)
{
    const struct speed_peaks none = {0};
    (void)state;

    assert_true(speed_share(1e12, 1e12, false, 1, &none, NULL) == 0);
    assert_true(speed_share(1e12, 1e12, false, 0, &none, NULL) == 0);
}

static void a_retry_replaces_only_if_it_is_quieter(void **state)
{
    const struct speed noisy = around(4, 0.05), quiet = around(3.5, 0.01);
    const struct speed luckier = around(5, 0.05), none = {0};
    (void)state;

    assert_true(speed_replaces(&noisy, &quiet)); /* though it is slower */
    assert_false(speed_replaces(&quiet, &noisy));
    assert_false(speed_replaces(&noisy, &luckier));
    assert_true(speed_replaces(&none, &noisy));
    assert_false(speed_replaces(&noisy, &none));
    assert_false(speed_replaces(&none, &none));
}

static void an_expert_a_tenth_off_is_another_machine(void **state)
{
    (void)state;

    assert_true(speed_expert_fits(20, 21.9) && speed_expert_fits(20, 18.1));
    assert_false(speed_expert_fits(20, 22.1) || speed_expert_fits(20, 17.9));
    assert_true(speed_expert_fits(0, 5));
    assert_false(speed_expert_fits(20, NAN));
}

/* The same stored measurements under another target and other points: no run, other points. */
static void points_are_computed_again_from_what_is_stored(void **state)
{
    struct spec spec = {.groups_count = 2, .cases_count = 2};
    struct rubric_case stored[SPEC_CASES_MAX] = {
        {.known = true, .right = true},
        {.known = true, .right = true, .measured = true, .speedup = 4.2, .low = 4, .high = 4.4}};
    struct rubric_result result;
    (void)state;

    spec.groups[0].points = 6000;
    spec.groups[1] = (struct spec_group){.points = 4000, .is_speed = true};
    spec.cases[1].group = 1;
    rubric_score(&spec, stored, 16, -1, &result);
    assert_int_equal(result.score, 8000);
    rubric_score(&spec, stored, 4, -1, &result);
    assert_int_equal(result.score, 10000);
    spec.groups[0].points = 8000;
    spec.groups[1].points = 2000;
    rubric_score(&spec, stored, 16, -1, &result);
    assert_int_equal(result.score, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_measurement_pools_to_itself),
        cmocka_unit_test(nothing_measured_pools_to_nothing),
        cmocka_unit_test(agreeing_measurements_narrow_the_interval),
        cmocka_unit_test(a_noisy_run_weighs_less_than_a_quiet_one),
        cmocka_unit_test(runs_that_disagree_widen_the_interval),
        cmocka_unit_test(the_order_of_runs_does_not_matter),
        cmocka_unit_test(sending_it_again_for_luck_gains_nothing),
        cmocka_unit_test(what_a_machine_cannot_do_goes_to_review),
        cmocka_unit_test(without_peaks_nothing_is_beyond),
        cmocka_unit_test(a_retry_replaces_only_if_it_is_quieter),
        cmocka_unit_test(an_expert_a_tenth_off_is_another_machine),
        cmocka_unit_test(points_are_computed_again_from_what_is_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
