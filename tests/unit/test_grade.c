/* Lateness, choice and override at their edges. */
#include "grader/grade.h"
#include "grader/zone.h"
#include "tests/unit/support/check.h"

#define SECOND 1000000LL
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define DUE (1795967940LL * SECOND) /* Sun 29 Nov 2026 23:59 +08:00 */
#define END (DUE + 60 * SECOND)     /* the first moment that is late */

static struct grade_rules rules_of(enum late_policy policy, int64_t percent, int64_t grace)
{
    return (struct grade_rules){policy, percent, grace, PICK_BEST, DUE, 480};
}

static struct grade_entry sent(int64_t id, int64_t at, int64_t score)
{
    return (struct grade_entry){.id = id, .received_at = at, .score = score, .zone_minutes = 480};
}

static void the_deadlines_second_is_in_time_and_the_next_is_a_day_late(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_PER_DAY, 10, 0);
    struct grade_entry entry = sent(1, END - 1, 8000);
    assert_int_equal(grade_late_days(&rules, &entry), 0);
    entry.received_at = END;
    assert_int_equal(grade_late_days(&rules, &entry), 1);
    entry.received_at = END + DAY - 1;
    assert_int_equal(grade_late_days(&rules, &entry), 1);
    entry.received_at = END + DAY;
    assert_int_equal(grade_late_days(&rules, &entry), 2);
    rules.due_at = 0;
    assert_int_equal(grade_late_days(&rules, &entry), 0);
}

static void days_end_on_the_wall_clock_across_summer_time(void **state)
{
    (void)state;
    int64_t due = 0;
    assert_false(err_is(zone_read("Europe/Berlin", "2026-03-28 23:59", &due)));
    struct grade_rules rules = {LATE_PER_DAY, 10,  0,
                                PICK_BEST,    due, zone_minutes("Europe/Berlin", due)};
    int64_t sunday_end = due + 60 * SECOND + 23 * HOUR; /* the day has 23 hours */
    struct grade_entry entry = {.id = 1,
                                .received_at = sunday_end - 1,
                                .score = 100,
                                .zone_minutes = zone_minutes("Europe/Berlin", sunday_end)};
    assert_int_equal(grade_late_days(&rules, &entry), 1);
    entry.received_at = sunday_end;
    assert_int_equal(grade_late_days(&rules, &entry), 2);

    assert_false(err_is(zone_read("Europe/Berlin", "2026-10-25 02:59", &due)));
    rules.due_at =
        due - HOUR; /* the first 02:59, in summer time; 10 minutes later clocks went back */
    rules.due_zone_minutes = 120;
    entry = (struct grade_entry){.id = 1,
                                 .received_at = rules.due_at + (int64_t)10 * 60 * SECOND,
                                 .score = 100,
                                 .zone_minutes = 60};
    assert_int_equal(grade_late_days(&rules, &entry), 1);
}

static void nothing_late_counts_without_a_policy(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_NONE, 0, 0);
    struct grade_entry entry = sent(1, END - 1, 8000);
    assert_int_equal(grade_of(&rules, &entry), 8000);
    entry.received_at = END;
    assert_int_equal(grade_of(&rules, &entry), 0);
}

static void each_day_begun_costs_its_percentage_and_never_more_than_all(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_PER_DAY, 30, 0);
    struct grade_entry entry = sent(1, END, 8333);
    assert_int_equal(grade_of(&rules, &entry), 5833); /* 5833.1 */
    entry.received_at = END + 2 * DAY;
    assert_int_equal(grade_of(&rules, &entry), 833);
    entry.received_at = END + 3 * DAY;
    assert_int_equal(grade_of(&rules, &entry), 0);
    entry.received_at = END + 3000000 * DAY;
    assert_int_equal(grade_of(&rules, &entry), 0);
    rules.late_percent = 0;
    assert_int_equal(grade_of(&rules, &entry), 8333);
    rules.late_percent = 100;
    assert_int_equal(grade_of(&rules, &entry), 0);
    rules.late_percent = 1;
    entry = sent(1, END, 50); /* 49.5 */
    assert_int_equal(grade_of(&rules, &entry), 50);
}

static void days_of_grace_come_first(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_GRACE, 0, 2);
    struct grade_entry entry = sent(1, END + 2 * DAY - 1, 8000);
    struct grade_result result;
    assert_int_equal(grade_of(&rules, &entry), 8000);
    grade_decide(&rules, &entry, 1, NULL, &result);
    assert_int_equal(result.grace_used, 2);
    entry.received_at = END + 2 * DAY;
    assert_int_equal(grade_of(&rules, &entry), 0);
    rules.late_percent = 25;
    assert_int_equal(grade_of(&rules, &entry), 6000);
    rules.grace_days = 0;
    assert_int_equal(grade_of(&rules, &entry), 2000);
}

/* The cohort's budget is spent on what earns something, and on nothing else. */
static void grace_that_earns_nothing_is_not_spent(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_GRACE, 0, 2);
    struct grade_entry entry = sent(1, END + 2 * DAY, 8000); /* a day too late for grace */
    struct grade_override override = {.is_set = true, .grade = 4200};
    struct grade_result result;
    grade_decide(&rules, &entry, 1, NULL, &result);
    assert_int_equal(result.grade, 0);
    assert_int_equal(result.grace_used, 0);
    entry = sent(1, END, 0);
    grade_decide(&rules, &entry, 1, NULL, &result);
    assert_int_equal(result.grace_used, 0);
    entry = sent(1, END, 8000);
    grade_decide(&rules, &entry, 1, &override, &result);
    assert_int_equal(result.grace_used, 0);
    grade_decide(&rules, &entry, 1, NULL, &result);
    assert_int_equal(result.grace_used, 1);
}

static void an_extension_moves_what_is_late_for_that_student(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_NONE, 0, 0);
    struct grade_entry entry = sent(1, END + DAY, 8000);
    assert_int_equal(grade_of(&rules, &entry), 0);
    rules.due_at = DUE + 2 * DAY;
    assert_int_equal(grade_of(&rules, &entry), 8000);
}

static void best_takes_the_highest_grade_not_the_highest_score(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_PER_DAY, 50, 0);
    const struct grade_entry entries[] = {sent(3, END + 5, 10000), sent(1, END - 50, 6000),
                                          sent(2, END - 40, 6000), sent(4, END + 9, 9000)};
    struct grade_result result;
    grade_decide(&rules, entries, COUNT(entries), NULL, &result);
    assert_int_equal(result.counts, 1); /* the earlier of the equals */
    assert_int_equal(result.grade, 6000);
    assert_int_equal(result.late_days, 0);
    rules.late_percent = 10;
    grade_decide(&rules, entries, COUNT(entries), NULL, &result);
    assert_int_equal(result.counts, 3);
    assert_int_equal(result.score, 10000);
    assert_int_equal(result.grade, 9000);
    assert_int_equal(result.late_days, 1);
}

static void equal_grades_spare_the_days_of_grace(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_GRACE, 0, 3);
    const struct grade_entry entries[] = {sent(1, END + DAY, 7000), sent(2, END + 2 * DAY, 7000),
                                          sent(3, END + 10, 7000)};
    struct grade_result result;
    grade_decide(&rules, entries, COUNT(entries), NULL, &result);
    assert_int_equal(result.counts, 3);
    assert_int_equal(result.grace_used, 1);
}

static void last_takes_the_last_whatever_it_is_worth(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_NONE, 0, 0);
    rules.pick = PICK_LAST;
    const struct grade_entry entries[] = {sent(7, 100, 9000), sent(9, END, 9500), sent(8, 200, 1)};
    struct grade_result result;
    grade_decide(&rules, entries, COUNT(entries), NULL, &result);
    assert_int_equal(result.counts, 9);
    assert_int_equal(result.grade, 0);
    grade_decide(&rules, entries + 1, 0, NULL, &result);
    assert_int_equal(result.counts, 0);
    assert_int_equal(result.grade, -1);
    const struct grade_entry twins[] = {sent(4, 100, 9000), sent(3, 100, 1)};
    grade_decide(&rules, twins, 2, NULL, &result);
    assert_int_equal(result.counts, 4);
}

static void a_hand_wins_and_the_score_stays(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_NONE, 0, 0);
    const struct grade_entry entry = sent(1, END, 9000);
    struct grade_override override = {.is_set = true, .grade = 4200};
    struct grade_result result;
    grade_decide(&rules, &entry, 1, &override, &result);
    assert_int_equal(result.grade, 4200);
    assert_int_equal(result.score, 9000);
    assert_true(result.overridden);
    assert_false(result.held);
    override = (struct grade_override){.hold = true};
    grade_decide(&rules, &entry, 0, &override, &result);
    assert_true(result.held);
    assert_int_equal(result.grade, -1);
}

static void what_is_under_review_is_held_until_somebody_has_looked(void **state)
{
    (void)state;
    struct grade_rules rules = rules_of(LATE_NONE, 0, 0);
    struct grade_entry entries[] = {sent(1, END - 2, 8000), sent(2, END - 1, 10000)};
    struct grade_override by_hand = {.is_set = true, .grade = 9000};
    struct grade_result result;
    entries[1].held = true;
    grade_decide(&rules, entries, 2, NULL, &result);
    assert_int_equal(result.counts, 2);
    assert_true(result.held);
    grade_decide(&rules, entries, 2, &by_hand, &result);
    assert_false(result.held);
    entries[1].score = 7000; /* another one counts */
    grade_decide(&rules, entries, 2, NULL, &result);
    assert_int_equal(result.counts, 1);
    assert_false(result.held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_deadlines_second_is_in_time_and_the_next_is_a_day_late),
        cmocka_unit_test(days_end_on_the_wall_clock_across_summer_time),
        cmocka_unit_test(nothing_late_counts_without_a_policy),
        cmocka_unit_test(each_day_begun_costs_its_percentage_and_never_more_than_all),
        cmocka_unit_test(days_of_grace_come_first),
        cmocka_unit_test(grace_that_earns_nothing_is_not_spent),
        cmocka_unit_test(an_extension_moves_what_is_late_for_that_student),
        cmocka_unit_test(best_takes_the_highest_grade_not_the_highest_score),
        cmocka_unit_test(equal_grades_spare_the_days_of_grace),
        cmocka_unit_test(last_takes_the_last_whatever_it_is_worth),
        cmocka_unit_test(a_hand_wins_and_the_score_stays),
        cmocka_unit_test(what_is_under_review_is_held_until_somebody_has_looked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
