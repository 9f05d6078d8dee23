/* The estimator: order effects cancel, the interval covers, few blocks are called noisy. */
#include "tests/unit/support/check.h"
#include "worker/stats.h"

#include <math.h>
#include <string.h>

static uint64_t next_u64(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Uniform in 1 +- spread. */
static double noise(uint64_t *state, double spread)
{
    return 1 + spread * ((double)(next_u64(state) % 2001) / 1000 - 1);
}

static void fill(struct stats_block *blocks, size_t count, double speedup, double spread,
                 uint64_t seed)
{
    for (size_t i = 0; i < count; i++)
        for (int order = 0; order < 2; order++) {
            blocks[i].student[order] = 1000 * noise(&seed, spread);
            blocks[i].baseline[order] = 1000 * speedup * noise(&seed, spread);
        }
}

static void equal_times_give_exactly_one(void **state)
{
    (void)state;
    struct stats_block blocks[8];
    struct stats_result result;

    fill(blocks, 8, 1, 0, 1);
    stats_estimate(blocks, 8, 1, &result);
    assert_true(result.speedup == 1 && result.low == 1 && result.high == 1);
    assert_true(result.student == 1000 && result.baseline == 1000);
    assert_false(result.noisy);
    assert_false(result.uneven);
}

static void an_order_effect_cancels(void **state)
{
    (void)state;
    struct stats_block blocks[8];
    struct stats_result result;

    fill(blocks, 8, 4, 0.002, 7);
    for (size_t i = 0; i < 8; i++) { /* whoever runs second is a quarter slower */
        blocks[i].baseline[0] *= 1.25;
        blocks[i].student[1] *= 1.25;
    }
    stats_estimate(blocks, 8, 1, &result);
    assert_true(fabs(result.speedup / 4 - 1) < 0.003);
    assert_false(result.noisy);
}

static void a_few_wild_pairs_do_not_move_it(void **state)
{
    (void)state;
    struct stats_block blocks[12];
    struct stats_result result;

    fill(blocks, 12, 2, 0.003, 3);
    blocks[2].student[0] *= 3;
    blocks[7].baseline[1] *= 5;
    stats_estimate(blocks, 12, 1, &result);
    assert_true(fabs(result.speedup / 2 - 1) < 0.005);
}

static void the_interval_covers_the_truth(void **state)
{
    (void)state;
    struct stats_block blocks[8];
    struct stats_result result;
    int covered = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        fill(blocks, 8, 3, 0.02, seed * 977);
        stats_estimate(blocks, 8, seed, &result);
        assert_true(result.low <= result.speedup && result.speedup <= result.high);
        covered += result.low <= 3 && 3 <= result.high;
    }
    assert_true(covered >= 180); /* of 200; a 95 % interval misses about ten */
}

static void a_wide_interval_is_noisy(void **state)
{
    (void)state;
    struct stats_block blocks[8];
    struct stats_result result;

    fill(blocks, 8, 2, 0.2, 5);
    stats_estimate(blocks, 8, 1, &result);
    assert_true(result.noisy);
    assert_true(result.high - result.low > STATS_NOISY_WIDTH * result.speedup);
}

static void enough_is_a_narrow_interval_or_a_certain_loss(void **state)
{
    struct stats_block blocks[24];
    (void)state;
    fill(blocks, 24, 4, 0.001, 1);
    assert_false(stats_enough(blocks, 8, 1)); /* not looked at */
    assert_true(stats_enough(blocks, 12, 1));
    assert_false(stats_enough(blocks, 13, 1));
    fill(blocks, 24, 4, 0.1, 1);
    assert_false(stats_enough(blocks, 12, 1));
    assert_false(stats_enough(blocks, 24, 1));
    fill(blocks, 24, 0.5, 0.1, 1);
    assert_true(stats_enough(blocks, 12, 1));
}

static void fewer_than_three_blocks_are_noisy_and_span_their_range(void **state)
{
    (void)state;
    const struct stats_block block = {{100, 100}, {190, 210}};
    struct stats_result result;

    stats_estimate(&block, 1, 1, &result);
    assert_true(result.noisy);
    assert_true(result.low == 1.9 && result.high == 2.1);
    assert_true(fabs(result.speedup - sqrt(1.9 * 2.1)) < 1e-12);
}

static void uneven_times_rank_by_the_mean(void **state)
{
    (void)state;
    struct stats_block blocks[8];
    struct stats_result result;

    fill(blocks, 8, 2, 0, 1);
    for (size_t i = 0; i < 3; i++)
        blocks[i].student[0] = 20000; /* three of sixteen calls take twenty times as long */
    stats_estimate(blocks, 8, 1, &result);
    assert_true(result.uneven);
    assert_true(fabs(result.speedup - 2000.0 * 16 / (13 * 1000 + 3 * 20000)) < 1e-9);
    assert_true(result.low <= result.speedup && result.speedup <= result.high);
    assert_true(result.student == 1000);
}

static void the_same_numbers_give_the_same_interval(void **state)
{
    (void)state;
    struct stats_block blocks[24];
    struct stats_result first, second;

    fill(blocks, 24, 2, 0.05, 11);
    stats_estimate(blocks, 24, 42, &first);
    stats_estimate(blocks, 24, 42, &second);
    assert_true(first.low == second.low && first.high == second.high);
}

static void medians_of_odd_and_even_counts(void **state)
{
    (void)state;
    double one[] = {5}, odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2};

    assert_true(stats_median(one, 1) == 5);
    assert_true(stats_median(odd, 3) == 5);
    assert_true(stats_median(even, 4) == 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_times_give_exactly_one),
        cmocka_unit_test(an_order_effect_cancels),
        cmocka_unit_test(a_few_wild_pairs_do_not_move_it),
        cmocka_unit_test(the_interval_covers_the_truth),
        cmocka_unit_test(a_wide_interval_is_noisy),
        cmocka_unit_test(enough_is_a_narrow_interval_or_a_certain_loss),
        cmocka_unit_test(fewer_than_three_blocks_are_noisy_and_span_their_range),
        cmocka_unit_test(uneven_times_rank_by_the_mean),
        cmocka_unit_test(the_same_numbers_give_the_same_interval),
        cmocka_unit_test(medians_of_odd_and_even_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
