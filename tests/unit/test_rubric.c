/* Points over their whole range: groups whole or not at all, speed on a log scale, sums that add
 * up. */
#include "assignments/rubric.h"

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

static struct spec spec;
static struct rubric_case cases[SPEC_CASES_MAX];
static struct rubric_result result;

/* Two correctness groups of two cases (30, 30), and `ranked` ranked cases for 40. */
static void make(int ranked)
{
    static const int points[] = {3000, 3000, 4000};

    memset(&spec, 0, sizeof spec);
    memset(cases, 0, sizeof cases);
    spec.groups_count = COUNT(points);
    for (int g = 0; g < spec.groups_count; g++)
        spec.groups[g].points = points[g];
    spec.groups[2].is_speed = true;
    spec.cases_count = 4 + ranked;
    for (int i = 0; i < spec.cases_count; i++) {
        spec.cases[i].group = i < 4 ? i / 2 : 2;
        cases[i].known = cases[i].right = true;
    }
}

static void measure(int index, double speedup)
{
    cases[index].measured = true;
    cases[index].speedup = speedup * 1.1;
    cases[index].low = speedup;
    cases[index].high = speedup * 1.2;
}

static void score(double target)
{
    int64_t groups = 0, max = 0, shares = 0, share_points = 0;

    rubric_score(&spec, cases, target, -1, &result);
    for (int g = 0; g < spec.groups_count; g++) {
        assert_in_range(result.groups[g].points, 0, result.groups[g].max_points);
        groups += result.groups[g].points;
        max += result.groups[g].max_points;
    }
    for (int i = 0; i < spec.cases_count; i++) {
        assert_in_range(result.case_points[i], 0, result.case_max_points[i]);
        shares += result.case_max_points[i];
        share_points += result.case_points[i];
    }
    assert_int_equal(result.score, groups);
    assert_int_equal(result.max_score, max);
    assert_int_equal(max, 10000);
    assert_int_equal(shares, 4000);
    assert_int_equal(share_points, result.groups[2].points);
}

static void full_marks_at_the_target(void **state)
{
    (void)state;
    make(2);
    measure(4, 16);
    measure(5, 16);
    score(16);
    assert_int_equal(result.score, 10000);
    assert_true(result.groups[0].passed && result.groups[1].passed && result.groups[2].passed);
}

static void every_doubling_earns_the_same(void **state)
{
    (void)state;
    make(1);
    for (int doublings = 0; doublings <= 4; doublings++) {
        measure(4, pow(2, doublings));
        score(16);
        assert_int_equal(result.case_points[4], doublings * 1000);
    }
}

static void speed_points_grow_with_the_ratio_and_stay_in_bounds(void **state)
{
    int64_t before = 0;
    (void)state;

    make(1);
    for (int step = 0; step < 390; step++) {
        double speedup = 0.01 * pow(1.03, step); /* up to 984 */
        measure(4, speedup);
        score(12.5);
        assert_true(result.case_points[4] >= before);
        assert_int_equal(result.case_points[4] > 0, speedup > 1.0005);
        before = result.case_points[4];
    }
    assert_int_equal(before, 4000);
}

static void points_use_the_lower_end_of_the_interval(void **state)
{
    (void)state;
    make(1);
    cases[4] = (struct rubric_case){true, true, true, .speedup = 16, .low = 4, .high = 64};
    score(16);
    assert_int_equal(result.case_points[4], 2000);
}

static void one_wrong_case_costs_its_whole_group_and_all_speed(void **state)
{
    (void)state;
    make(1);
    measure(4, 16);
    cases[1].right = false;
    score(16);
    assert_false(result.groups[0].passed);
    assert_int_equal(result.groups[0].points, 0);
    assert_int_equal(result.groups[1].points, 3000);
    assert_int_equal(result.groups[2].points, 0);
    assert_int_equal(result.score, 3000);
}

static void a_case_that_never_ran_is_not_passed(void **state)
{
    (void)state;
    make(1);
    measure(4, 16);
    cases[2].known = false;
    score(16);
    assert_int_equal(result.score, 3000);
    assert_false(result.groups[1].passed);
}

static void correct_but_not_yet_timed_has_its_correctness_points(void **state)
{
    (void)state;
    make(2);
    cases[4].known = cases[5].known = false;
    score(16);
    assert_int_equal(result.score, 6000);
    assert_false(result.groups[2].passed);
    assert_false(result.has_speed);
}

static void a_wrong_timed_output_earns_nothing_there(void **state)
{
    (void)state;
    make(2);
    measure(4, 16);
    measure(5, 16);
    cases[5].right = false;
    score(16);
    assert_int_equal(result.case_points[4], 2000);
    assert_int_equal(result.case_points[5], 0);
    assert_false(result.groups[2].passed);
    assert_false(result.has_speed);
}

static void without_a_target_there_are_no_speed_points(void **state)
{
    const double none[] = {0, 1, 0.5, -3, NAN};
    (void)state;

    make(1);
    measure(4, 16);
    for (size_t i = 0; i < COUNT(none); i++) {
        score(none[i]);
        assert_int_equal(result.score, 6000);
        assert_int_equal(result.groups[2].max_points, 4000);
        assert_true(result.groups[2].passed); /* the outputs were right */
        assert_true(result.has_speed);        /* and it still ranks */
    }
}

static void a_split_moves_points_between_the_sides_and_loses_none(void **state)
{
    (void)state;
    make(2);
    measure(4, 100);
    measure(5, 100);
    for (int64_t split = -1; split <= 101; split++) {
        const int64_t correct = split < 0 || split > 100 ? 6000 : split * 100;
        rubric_score(&spec, cases, 16, split, &result);
        assert_int_equal(result.groups[0].max_points + result.groups[1].max_points, correct);
        assert_in_range(result.groups[0].max_points - result.groups[1].max_points + 1, 0, 2);
        assert_int_equal(result.groups[2].max_points, 10000 - correct);
        assert_int_equal(result.case_max_points[4] + result.case_max_points[5], 10000 - correct);
        assert_int_equal(result.score, 10000); /* all is right and at the target */
    }
    spec.cases_count = 4; /* with one side only there is nothing to move */
    spec.groups_count = 2;
    rubric_score(&spec, cases, 16, 20, &result);
    assert_int_equal(result.max_score, 6000);
}

static void points_that_do_not_divide_are_shared_to_the_last_hundredth(void **state)
{
    (void)state;
    make(3);
    for (int i = 4; i < 7; i++)
        measure(i, 100);
    score(16);
    assert_int_equal(result.case_max_points[4], 1334);
    assert_int_equal(result.case_max_points[5], 1333);
    assert_int_equal(result.case_max_points[6], 1333);
    assert_int_equal(result.score, 10000);
}

static void the_ranking_number_is_the_geometric_mean(void **state)
{
    (void)state;
    make(2);
    measure(4, 2);
    measure(5, 8);
    score(16);
    assert_true(result.has_speed);
    assert_true(fabs(result.speedup - 4.4) < 1e-12);
    assert_true(fabs(result.low - 4) < 1e-12);
    assert_true(fabs(result.high - 4.8) < 1e-12);
}

static void measurements_that_are_none_earn_nothing(void **state)
{
    const double none[] = {0, -1, NAN, INFINITY};
    (void)state;

    make(1);
    for (size_t i = 0; i < COUNT(none); i++) {
        measure(4, none[i]);
        score(16);
        assert_int_equal(result.score, 6000);
        assert_false(result.has_speed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_marks_at_the_target),
        cmocka_unit_test(every_doubling_earns_the_same),
        cmocka_unit_test(speed_points_grow_with_the_ratio_and_stay_in_bounds),
        cmocka_unit_test(points_use_the_lower_end_of_the_interval),
        cmocka_unit_test(one_wrong_case_costs_its_whole_group_and_all_speed),
        cmocka_unit_test(a_case_that_never_ran_is_not_passed),
        cmocka_unit_test(correct_but_not_yet_timed_has_its_correctness_points),
        cmocka_unit_test(a_wrong_timed_output_earns_nothing_there),
        cmocka_unit_test(without_a_target_there_are_no_speed_points),
        cmocka_unit_test(a_split_moves_points_between_the_sides_and_loses_none),
        cmocka_unit_test(points_that_do_not_divide_are_shared_to_the_last_hundredth),
        cmocka_unit_test(the_ranking_number_is_the_geometric_mean),
        cmocka_unit_test(measurements_that_are_none_earn_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
