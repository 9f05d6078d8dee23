/* What the database promises: each statement's plain case, uniqueness, exactly-once, versions. */
#include "grader/report.h"
#include "grader/store_schema.h"
#include "grader/submissions.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static void assert_fine(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

static void a_token_finds_its_membership(void **state)
{
    const struct store_fixture *fixture = *state;
    assert_string_equal(fixture->who.login, "alice");
    assert_string_equal(fixture->who.cohort, "ml-2026");
    assert_int_equal(fixture->who.role, ROLE_STUDENT);
    assert_int_equal(fixture->who.cohort_closed_at, 0);
}

static void a_revoked_or_unknown_token_finds_nobody(void **state)
{
    struct store_fixture *fixture = *state;
    struct membership who;
    bool found = true;
    unsigned char wrong[STORE_TOKEN_HASH] = {0};
    assert_fine(store_membership_by_token(&fixture->db, wrong, 9, &who, &found));
    assert_false(found);
    assert_fine(store_token_revoke_all(&fixture->db, fixture->membership_id, 5));
    assert_fine(store_membership_by_token(&fixture->db, fixture->token_hash, 9, &who, &found));
    assert_false(found);
}

static void putting_twice_keeps_the_number(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t id = 0;
    assert_fine(store_cohort_put(&fixture->db, "ml-2026", "Renamed", 2, &id));
    assert_int_equal(id, fixture->cohort_id);
    assert_fine(store_membership_put(&fixture->db, fixture->cohort_id, "alice", "Alice B.", ROLE_TA,
                                     2, &id));
    assert_int_equal(id, fixture->membership_id);
}

static void a_source_comes_back_byte_for_byte_and_is_kept_once(void **state)
{
    struct store_fixture *fixture = *state;
    static const char source[] = "void attention(void) {} /* \xe6\xb3\xa8 */\n";
    int64_t job;
    int64_t id = store_fixture_submit(fixture, source, &job);
    struct submission_row row;
    bool found = false;
    assert_fine(store_submission_get(&fixture->db, id, &row, &found));
    assert_true(found);
    assert_int_equal(row.stage, STAGE_QUEUED);
    struct buf out;
    buf_init(&out, 1000);
    assert_fine(store_source(&fixture->db, row.source_hash, &out));
    assert_string_equal(out.at, source);
    buf_release(&out);

    assert_fine(db_exec(&fixture->db, "UPDATE submission SET stage = 'superseded'"));
    (void)store_fixture_submit(fixture, source, &job);
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT count(*) FROM source"), 1);
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT count(*) FROM submission"), 2);
}

static void the_same_bytes_are_found_again_unless_we_failed(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t job;
    int64_t id = store_fixture_submit(fixture, "same", &job);
    unsigned char hash[32];
    (void)crypto_hash_sha256(hash, (const unsigned char *)"same", 4);
    int64_t twin = 0;
    bool found = false;
    assert_fine(store_submission_same(&fixture->db, fixture->membership_id, fixture->offering_id,
                                      DEVICE_CPU, false, hash, &twin, &found));
    assert_true(found);
    assert_int_equal(twin, id);
    assert_fine(store_submission_same(&fixture->db, fixture->membership_id, fixture->offering_id,
                                      DEVICE_CPU, true, hash, &twin, &found));
    assert_false(found); /* practice is another thing */
    assert_fine(db_exec(&fixture->db, "UPDATE submission SET stage = 'system_error'"));
    assert_fine(store_submission_same(&fixture->db, fixture->membership_id, fixture->offering_id,
                                      DEVICE_CPU, false, hash, &twin, &found));
    assert_false(found);
}

static struct report *report_of(const struct spec *spec)
{
    struct report *report = calloc(1, sizeof *report);
    report_init(report, spec);
    return report;
}

static void a_job_is_written_exactly_once(void **state)
{
    struct store_fixture *fixture = *state;
    static const struct spec spec = {.name = "attention"};
    struct job_row job = {.generation = 1};
    job.submission_id = store_fixture_submit(fixture, "once", &job.id);
    struct report *report = report_of(&spec);
    report->points.score = 6000;
    report->points.max_score = 10000;
    struct grading_step step = {.job = &job,
                                .stage = STAGE_CHECKED,
                                .code = "",
                                .message = "",
                                .events = "{}\n",
                                .spec = &spec,
                                .report = report,
                                .then_time = true,
                                .now_at = 2000};
    bool fresh = false;
    int64_t time_job = 0;
    assert_fine(store_grading_step(&fixture->db, &step, &fresh, &time_job));
    assert_true(fresh);
    assert_true(time_job > job.id);
    report->points.score = 100;
    assert_fine(store_grading_step(&fixture->db, &step, &fresh, &time_job));
    assert_false(fresh); /* the repeat changes nothing */
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT score FROM grading"), 6000);
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT count(*) FROM job"), 1);

    struct grading_row grading;
    struct buf events;
    bool found = false;
    buf_init(&events, 1000);
    assert_fine(store_grading_get(&fixture->db, job.submission_id, 1, &grading, &events, &found));
    assert_true(found);
    assert_int_equal(grading.stage, STAGE_CHECKED);
    assert_string_equal(events.at, "{}\n");
    buf_release(&events);
    submissions_report_free(report);
}

static void what_no_machine_can_do_goes_to_review_with_its_grading(void **state)
{
    struct store_fixture *fixture = *state;
    static const struct spec spec = {.name = "attention"};
    struct job_row job = {.generation = 1};
    job.submission_id = store_fixture_submit(fixture, "too fast", &job.id);
    struct report *report = report_of(&spec);
    struct grading_step step = {.job = &job,
                                .stage = STAGE_GRADED,
                                .code = "",
                                .message = "",
                                .events = "{}\n",
                                .spec = &spec,
                                .report = report,
                                .now_at = 2000};
    bool fresh = false;
    int64_t time_job = 0;
    (void)strcpy(report->beyond, "prefill ran at 140 %");
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT count(review) FROM submission"), 0);
    assert_fine(store_grading_step(&fixture->db, &step, &fresh, &time_job));
    assert_true(fresh);
    assert_int_equal(store_fixture_number(&fixture->db, "SELECT count(*) FROM submission"
                                                        " WHERE review = 'prefill ran at 140 %'"),
                     1);
    submissions_report_free(report);
}

static void an_equal_program_is_found_where_it_was_measured(void **state)
{
    struct store_fixture *fixture = *state;
    static const struct spec spec = {.name = "attention",
                                     .hash = "v1",
                                     .cases_count = 1,
                                     .groups_count = 1,
                                     .cases = {{.name = "prefill"}},
                                     .groups = {{.name = "speed", .is_speed = true}}};
    struct job_row job = {.generation = 1};
    job.submission_id = store_fixture_submit(fixture, "one text", &job.id);
    struct report *report = report_of(&spec);
    struct wire_timed timed = {.measured = true, .speedup = 4, .low = 3.9, .high = 4.1};
    report->has_hello = report->has_timed[0] = true;
    (void)strcpy(report->hello.class_name, "cpu:x86-64-v4");
    report->timed = calloc(1, sizeof timed);
    assert_non_null(report->timed);
    report->timed[0] = timed;
    struct grading_step step = {.job = &job,
                                .stage = STAGE_GRADED,
                                .code = "",
                                .message = "",
                                .events = "{\"body\":{\"object\":\"abcd\"}}\n",
                                .spec = &spec,
                                .report = report,
                                .now_at = 2000};
    struct submission_row later = {.id = job.submission_id + 1,
                                   .membership_id = fixture->membership_id,
                                   .offering_id = fixture->offering_id};
    struct equal_timing wish = {&later, "abcd", "prefill", "v1", "cpu:x86-64-v4"};
    struct speed speed = {0};
    bool fresh = false, found = false;
    int64_t time_job = 0;
    assert_fine(store_equal_timing(&fixture->db, &wish, &speed, &found));
    assert_false(found); /* nothing is graded yet */
    assert_fine(store_grading_step(&fixture->db, &step, &fresh, &time_job));
    assert_fine(store_equal_timing(&fixture->db, &wish, &speed, &found));
    assert_true(found);
    assert_true(speed.speedup == 4 && speed.low == 3.9 && speed.high == 4.1);

    const struct equal_timing others[] = {
        {&later, "abce", "prefill", "v1", "cpu:x86-64-v4"}, /* another program */
        {&later, "abcd", "padded", "v1", "cpu:x86-64-v4"},
        {&later, "abcd", "prefill", "v2", "cpu:x86-64-v4"}, /* the assignment was edited */
        {&later, "abcd", "prefill", "v1", "cpu:x86-64-v3"}, /* another machine */
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_fine(store_equal_timing(&fixture->db, &others[i], &speed, &found));
        assert_false(found);
    }
    later.id = job.submission_id; /* never with itself: a regrade counts alone */
    assert_fine(store_equal_timing(&fixture->db, &wish, &speed, &found));
    assert_false(found);
    later.id++;
    later.membership_id++; /* somebody else's */
    assert_fine(store_equal_timing(&fixture->db, &wish, &speed, &found));
    assert_false(found);
    submissions_report_free(report);
}

static void count_job(void *context, const struct job_row *row)
{
    int64_t *sum = context;
    *sum += row->tries * 10 + row->deaths;
}

static void failed_runs_are_counted_and_the_job_stays(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t job;
    int64_t sum = 0;
    (void)store_fixture_submit(fixture, "failing", &job);
    assert_fine(store_job_failed(&fixture->db, job, true));
    assert_fine(store_job_failed(&fixture->db, job, false));
    assert_fine(store_jobs(&fixture->db, count_job, &sum));
    assert_int_equal(sum, 21);
}

static void attempts_count_graded_and_running_ones(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t job;
    int64_t graded = -1;
    int64_t running = -1;
    (void)store_fixture_submit(fixture, "one", &job);
    assert_fine(db_exec(&fixture->db, "UPDATE submission SET stage = 'graded'"));
    (void)store_fixture_submit(fixture, "two", &job);
    int64_t third = store_fixture_submit(fixture, "three", &job);
    assert_fine(db_exec(&fixture->db, "UPDATE submission SET stage = 'compile_error'"
                                      " WHERE id = (SELECT max(id) FROM submission)"));
    assert_fine(store_attempts(&fixture->db, fixture->membership_id, fixture->offering_id, &graded,
                               &running));
    assert_int_equal(graded, 1);
    assert_int_equal(running, 1);
    int64_t number = 0;
    assert_fine(store_attempt_number(&fixture->db, fixture->membership_id, fixture->offering_id,
                                     third, &number, &graded));
    assert_int_equal(number, 3);
    assert_int_equal(graded, 1);
}

static void recent_ones_are_counted_from_a_time_on(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t job;
    int64_t count = 0;
    int64_t oldest_at = 0;
    (void)store_fixture_submit(fixture, "one", &job);
    (void)store_fixture_submit(fixture, "two", &job);
    assert_fine(store_recent(&fixture->db, fixture->membership_id, false, 999, &count, &oldest_at));
    assert_int_equal(count, 2);
    assert_int_equal(oldest_at, 1000);
    assert_fine(
        store_recent(&fixture->db, fixture->membership_id, false, 1000, &count, &oldest_at));
    assert_int_equal(count, 0);
}

static void a_newer_database_is_refused(void **state)
{
    struct store_fixture *fixture = *state;
    struct db again;
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", store_version + 1);
    assert_fine(db_exec(&fixture->db, sql));
    struct err err = store_open(&again, fixture->path);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "update"));
}

static void the_file_is_private(void **state)
{
    const struct store_fixture *fixture = *state;
    struct stat info;
    assert_int_equal(stat(fixture->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_reader_cannot_write(void **state)
{
    const struct store_fixture *fixture = *state;
    struct db reader;
    assert_fine(db_open(&reader, fixture->path, true));
    assert_true(err_is(db_exec(&reader, "DELETE FROM job")));
    assert_true(store_fixture_number(&reader, "PRAGMA busy_timeout") < 1000); /* on the loop */
    db_close(&reader);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(a_token_finds_its_membership),
        TEST(a_revoked_or_unknown_token_finds_nobody),
        TEST(putting_twice_keeps_the_number),
        TEST(a_source_comes_back_byte_for_byte_and_is_kept_once),
        TEST(the_same_bytes_are_found_again_unless_we_failed),
        TEST(a_job_is_written_exactly_once),
        TEST(what_no_machine_can_do_goes_to_review_with_its_grading),
        TEST(an_equal_program_is_found_where_it_was_measured),
        TEST(failed_runs_are_counted_and_the_job_stays),
        TEST(attempts_count_graded_and_running_ones),
        TEST(recent_ones_are_counted_from_a_time_on),
        TEST(a_newer_database_is_refused),
        TEST(the_file_is_private),
        TEST(a_reader_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
