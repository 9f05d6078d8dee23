/* The rules that stand between a file and its acceptance, in the words of INTERFACE. */
#include "grader/intake.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000LL
#define CLOSES (1795967940LL * SECOND) /* Sun 29 Nov 2026 15:59:00 UTC = 23:59 +08:00 */

static const struct intake_rules rules = {20, 600, 60, 2000};

static int make(void **state)
{
    struct store_fixture *fixture = calloc(1, sizeof *fixture);
    store_fixture_make(fixture);
    *state = fixture;
    return 0;
}

static int remove_all(void **state)
{
    store_fixture_remove(*state);
    free(*state);
    return 0;
}

static struct refusal ask(struct store_fixture *fixture, const char *assignment,
                          int64_t received_at)
{
    struct intake_question question = {
        .who = &fixture->who, .assignment = assignment, .received_at = received_at};
    struct offering offering;
    return intake_ask(&fixture->db, &rules, &question, &offering);
}

static void close_at(struct store_fixture *fixture, int64_t opens_at, int64_t closes_at)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "UPDATE offering SET opens_at = %lld, closes_at = %lld, zone = 'Asia/Shanghai'",
                   (long long)opens_at, (long long)closes_at);
    assert_false(err_is(db_exec(&fixture->db, sql)));
}

static void an_open_offering_is_granted(void **state)
{
    assert_int_equal(ask(*state, "attention", CLOSES).http_code, 0);
}

static void an_unknown_assignment_names_the_nearest_and_the_list(void **state)
{
    struct refusal refusal = ask(*state, "atention", CLOSES);
    assert_int_equal(refusal.http_code, 404);
    assert_string_equal(refusal.text,
                        "no assignment 'atention'. Did you mean attention? Open now: attention");
    assert_string_equal(ask(*state, "zzz", CLOSES).text,
                        "no assignment 'zzz'. Open now: attention");
}

static void what_is_not_open_is_not_called_so(void **state)
{
    close_at(*state, CLOSES, 0);
    assert_string_equal(ask(*state, "atention", CLOSES - 1).text,
                        "no assignment 'atention'. Did you mean attention? Open now: -");
    close_at(*state, 0, CLOSES);
    assert_string_equal(ask(*state, "zzz", CLOSES + 60 * SECOND).text,
                        "no assignment 'zzz'. Open now: -");
}

static void practice_begins_with_the_opening_and_never_ends(void **state)
{
    struct store_fixture *fixture = *state;
    struct membership ta = fixture->who;
    struct offering offering;
    struct intake_question question = {.who = &fixture->who,
                                       .assignment = "attention",
                                       .practice = true,
                                       .received_at = CLOSES - 1};
    ta.role = ROLE_TA;
    close_at(fixture, CLOSES, CLOSES + 60 * SECOND);
    assert_int_equal(intake_ask(&fixture->db, &rules, &question, &offering).http_code, 409);
    question.received_at = CLOSES + 3600 * SECOND;
    assert_int_equal(intake_ask(&fixture->db, &rules, &question, &offering).http_code, 0);
    question.who = &ta;
    question.received_at = CLOSES - 1;
    assert_int_equal(intake_ask(&fixture->db, &rules, &question, &offering).http_code, 0);
}

static void the_last_minute_counts_whole(void **state)
{
    close_at(*state, 0, CLOSES);
    assert_int_equal(ask(*state, "attention", CLOSES + 59 * SECOND + 999999).http_code, 0);
    struct refusal refusal = ask(*state, "attention", CLOSES + 72 * SECOND);
    assert_int_equal(refusal.http_code, 409);
    assert_string_equal(refusal.text, "ml-2026/attention closed Sun 29 Nov 2026 23:59 +08:00; you "
                                      "sent this 00:00:12 (12 s late). Nothing was stored");
}

static void too_early_is_told_the_opening(void **state)
{
    close_at(*state, CLOSES, 0);
    struct refusal refusal = ask(*state, "attention", CLOSES - 1);
    assert_int_equal(refusal.http_code, 409);
    assert_non_null(strstr(refusal.text, "opens Sun 29 Nov 2026 23:59"));
}

static void attempts_run_out(void **state)
{
    int64_t job;
    (void)store_fixture_submit(*state, "one", &job);
    assert_int_equal(ask(*state, "attention", 5000).http_code, 0);
    (void)store_fixture_submit(*state, "two", &job);
    struct refusal refusal = ask(*state, "attention", 5000);
    assert_int_equal(refusal.http_code, 409);
    assert_non_null(strstr(refusal.text, "allows 2 attempts"));
}

static void a_closed_cohort_is_forbidden(void **state)
{
    struct store_fixture *fixture = *state;
    fixture->who.cohort_closed_at = 1797724800LL * SECOND; /* 20 Dec 2026 00:00 UTC */
    struct refusal refusal = ask(fixture, "attention", fixture->who.cohort_closed_at);
    assert_int_equal(refusal.http_code, 403);
    assert_string_equal(refusal.text,
                        "this token belongs to ml-2026, which ended on 20 Dec. Ask your TA");
}

static void too_many_in_a_while_wait(void **state)
{
    struct store_fixture *fixture = *state;
    static const struct intake_rules few = {1, 600, 1, 2000};
    int64_t job;
    (void)store_fixture_submit(fixture, "one", &job); /* received at 1000 us */
    struct intake_question question = {
        .who = &fixture->who, .assignment = "attention", .received_at = 562 * SECOND + 1000};
    struct offering offering;
    struct refusal refusal = intake_ask(&fixture->db, &few, &question, &offering);
    assert_int_equal(refusal.http_code, 429);
    assert_string_equal(refusal.text, "1 submissions in the last 10 minutes; the next is possible "
                                      "in 39 s. Nothing was stored");
    assert_int_equal(refusal.retry_after_s, 39);
}

static void two_submissions_keep_their_interval(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t job;
    assert_false(err_is(db_exec(&fixture->db, "UPDATE offering SET interval_s = 60")));
    assert_int_equal(ask(fixture, "attention", 5000).http_code, 0);
    (void)store_fixture_submit(fixture, "one", &job); /* received at 1000 us */
    struct refusal refusal = ask(fixture, "attention", 20 * SECOND + 1000);
    assert_int_equal(refusal.http_code, 429);
    assert_string_equal(refusal.text, "attention takes one submission every 60 s; the next is "
                                      "possible in 40 s. Nothing was stored");
    assert_int_equal(refusal.retry_after_s, 40);
    assert_int_equal(ask(fixture, "attention", 60 * SECOND + 999).http_code, 429);
    assert_int_equal(ask(fixture, "attention", 60 * SECOND + 1000).http_code, 0);
    assert_false(err_is(db_exec(&fixture->db, "UPDATE submission SET stage = 'system_error'")));
    assert_int_equal(ask(fixture, "attention", 5000).http_code, 0);
}

static void a_full_house_says_how_long(void **state)
{
    struct store_fixture *fixture = *state;
    struct intake_question question = {
        .who = &fixture->who, .assignment = "attention", .received_at = 5000, .waiting = 2000};
    struct offering offering;
    struct refusal refusal = intake_ask(&fixture->db, &rules, &question, &offering);
    assert_int_equal(refusal.http_code, 503);
    assert_string_equal(refusal.text, "full house: 2000 waiting. Nothing was stored; try again in "
                                      "60 s");
    assert_int_equal(refusal.retry_after_s, 60);
}

static void sources_are_text_within_the_limit(void **state)
{
    (void)state;
    struct source_verdict verdict = submission_check_source("int x;", 6, 100);
    assert_int_equal(verdict.http_code, 0);
    assert_int_equal(submission_check_source("", 0, 100).http_code, 400);
    assert_int_equal(submission_check_source("int x;", 6, 5).http_code, 413);
    assert_int_equal(submission_check_source("int x;", 6, 6).http_code, 0);
    verdict = submission_check_source("int\0x;", 6, 100);
    assert_int_equal(verdict.http_code, 422);
    assert_int_equal(verdict.offset, 3);
    verdict = submission_check_source("ab\xff", 3, 100);
    assert_int_equal(verdict.http_code, 422);
    assert_string_equal(verdict.code, "http_422_utf8");
    assert_int_equal(verdict.offset, 2);
}

static void a_database_that_cannot_be_read_is_a_503_with_a_time(void **state)
{
    struct store_fixture *fixture = *state;
    assert_false(err_is(db_exec(&fixture->db, "ALTER TABLE offering RENAME TO lost")));
    struct refusal refusal = ask(fixture, "attention", CLOSES);
    assert_int_equal(refusal.http_code, 503);
    assert_true(refusal.retry_after_s > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(an_open_offering_is_granted),
        TEST(an_unknown_assignment_names_the_nearest_and_the_list),
        TEST(what_is_not_open_is_not_called_so),
        TEST(practice_begins_with_the_opening_and_never_ends),
        TEST(the_last_minute_counts_whole),
        TEST(too_early_is_told_the_opening),
        TEST(attempts_run_out),
        TEST(a_closed_cohort_is_forbidden),
        TEST(too_many_in_a_while_wait),
        TEST(two_submissions_keep_their_interval),
        TEST(a_full_house_says_how_long),
        TEST(sources_are_text_within_the_limit),
        TEST(a_database_that_cannot_be_read_is_a_503_with_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
