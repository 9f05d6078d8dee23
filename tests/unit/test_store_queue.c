/* What a TA does to the queue, as the database sees it: release, cancel, review, a timing once
 * more, and points computed again. */
#include "grader/retime.h"
#include "grader/store_history.h"
#include "grader/store_queue.h"
#include "grader/store_regrade.h"
#include "grader/store_worker.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct desk {
    struct store_fixture store;
    int64_t id, job;
    char seen[1024]; /* states of a list, one after the other */
};

static void must(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

static int make(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    store_fixture_make(&desk->store);
    desk->id = store_fixture_submit(&desk->store, "one", &desk->job);
    *state = desk;
    return 0;
}

static int remove_all(void **state)
{
    store_fixture_remove(&((struct desk *)*state)->store);
    free(*state);
    return 0;
}

static int64_t number(struct desk *desk, const char *sql)
{
    return store_fixture_number(&desk->store.db, sql);
}

/* Its job is over, with this stage, code and interval around a speed-up of 4. */
static void finish(struct desk *desk, const char *stage, const char *code, double width)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM job; UPDATE submission SET stage = '%s'; UPDATE grading SET"
                   " stage = '%s', code = '%s', score = 8000, speedup = 4, low = %f, high = %f",
                   stage, stage, code, 4 - width, 4 + width);
    must(db_exec(&desk->store.db, sql));
}

static void note_state(void *context, const struct queue_line *line)
{
    struct desk *desk = context;
    size_t used = strlen(desk->seen);
    (void)snprintf(desk->seen + used, sizeof desk->seen - used, "%s:%lld ", line->state,
                   (long long)line->submission_id);
}

static const char *list(struct desk *desk, enum queue_what what)
{
    desk->seen[0] = 0;
    must(store_queue_list(&desk->store.db, desk->store.cohort_id, what, 100, note_state, desk));
    return desk->seen;
}

static void the_list_says_what_waits_runs_is_parked_and_under_review(void **state)
{
    struct desk *desk = *state;
    struct db *db = &desk->store.db;
    assert_string_equal(list(desk, QUEUE_EVERYTHING), "waits:1 ");
    must(store_lease_put(db, desk->job, "local1", 5, 9));
    assert_string_equal(list(desk, QUEUE_WAITS), "runs:1 ");
    must(store_leases_clear(db));
    must(store_lease_put(db, 999, "local1", 5, 9)); /* of a job that is over by now */
    assert_string_equal(list(desk, QUEUE_WAITS), "waits:1 ");
    finish(desk, "system_error", "parked", 1);
    assert_string_equal(list(desk, QUEUE_WAITS), "");
    assert_string_equal(list(desk, QUEUE_PARKED), "parked:1 ");
    finish(desk, "graded", REPORT_TIMING_FAILED, 1);
    must(store_review_set(db, desk->id, "too fast"));
    assert_string_equal(list(desk, QUEUE_EVERYTHING), "untimed:1 review:1 ");
    must(store_queue_list(db, desk->store.cohort_id + 1, QUEUE_EVERYTHING, 9, note_state, desk));
    assert_string_equal(desk->seen, "untimed:1 review:1 "); /* nothing of another cohort */
    must(store_review_set(db, desk->id, NULL));
    assert_string_equal(list(desk, QUEUE_REVIEW), "");
}

static void a_released_one_runs_again_live_and_keeps_its_past(void **state)
{
    struct desk *desk = *state;
    struct db *db = &desk->store.db;
    int64_t twin = -1;
    finish(desk, "system_error", "parked", 1);
    must(store_release(db, desk->id, "ta", 5000, &twin));
    assert_int_equal(twin, 0);
    assert_int_equal(number(desk, "SELECT count(*) FROM job WHERE lane = 'live' AND kind ="
                                  " 'check' AND generation = 2"),
                     1);
    assert_int_equal(number(desk, "SELECT generation FROM submission WHERE stage = 'queued'"), 2);
    assert_int_equal(number(desk, "SELECT count(*) FROM grading WHERE code = 'parked'"), 1);
}

static void the_same_bytes_sent_again_stand_in_the_way_of_a_release(void **state)
{
    struct desk *desk = *state;
    int64_t twin = 0;
    int64_t job = 0;
    finish(desk, "system_error", "parked", 1);
    int64_t again = store_fixture_submit(&desk->store, "one", &job);
    must(store_release(&desk->store.db, desk->id, "ta", 5000, &twin));
    assert_int_equal(twin, again);
    assert_int_equal(number(desk, "SELECT count(*) FROM job"), 1);
}

static void what_is_cancelled_leaves_the_queue_and_costs_nothing(void **state)
{
    struct desk *desk = *state;
    struct db *db = &desk->store.db;
    int64_t count = 0;
    int64_t graded = 0;
    int64_t running = 0;
    bool timing = true;
    must(store_cancel(db, desk->id, &count, &timing));
    assert_int_equal(count, 1);
    assert_false(timing);
    assert_int_equal(number(desk, "SELECT count(*) FROM job"), 0);
    assert_int_equal(number(desk, "SELECT count(*) FROM submission WHERE stage = 'cancelled'"), 1);
    must(store_attempts(db, desk->store.membership_id, desk->store.offering_id, &graded, &running));
    assert_int_equal(graded + running, 0);
    must(store_cancel(db, desk->id, &count, &timing));
    assert_int_equal(count, 0);
}

static void a_cancelled_regrade_leaves_what_counts_alone(void **state)
{
    struct desk *desk = *state;
    struct db *db = &desk->store.db;
    const struct regrade_choice all = {.offering_id = desk->store.offering_id,
                                       .which = REGRADE_ALL};
    int64_t count = 0;
    bool timing = false;
    finish(desk, "graded", "", 1);
    must(store_regrade_start(db, &all, false, "ta", 5, &count));
    assert_int_equal(count, 1);
    must(store_cancel(db, desk->id, &count, &timing));
    assert_int_equal(count, 1);
    assert_int_equal(number(desk, "SELECT generation FROM submission WHERE stage = 'graded'"), 1);
    /* … and another one may be asked for. */
    must(store_regrade_start(db, &all, false, "ta", 6, &count));
    assert_int_equal(count, 1);
}

static void the_timing_of_what_is_checked_is_not_cancelled(void **state)
{
    struct desk *desk = *state;
    int64_t count = 0;
    bool timing = false;
    must(db_exec(&desk->store.db, "UPDATE job SET kind = 'time'; UPDATE submission SET stage ="
                                  " 'checked'"));
    must(store_cancel(&desk->store.db, desk->id, &count, &timing));
    assert_true(timing);
    assert_int_equal(number(desk, "SELECT count(*) FROM job"), 1);
}

/* -- a timing once more ------------------------------------------------------------------------ */

static void put_line(struct buf *out, struct event *event)
{
    must(wire_event_json(out, event));
    buf_append(out, "\n", 1);
}

/* Measurements of a check, and of a timing behind it. */
static void measure(struct buf *out)
{
    struct event hello = {.kind = EVENT_HELLO, .hello = {.ranked = true, .processors = 2}};
    strcpy(hello.hello.worker, "local1");
    strcpy(hello.hello.class_name, "cpu:x86-64-v3");
    struct event checked = {.kind = EVENT_DONE, .job = 1, .done = {.outcome = OUTCOME_CHECKED}};
    struct event timed = {.kind = EVENT_DONE, .job = 2, .done = {.outcome = OUTCOME_TIMED}};
    put_line(out, &hello);
    put_line(out, &checked);
    put_line(out, &hello);
    put_line(out, &timed);
}

static void retime(struct desk *desk, struct buf *events)
{
    struct submission_row row;
    bool found = false;
    must(store_submission_get(&desk->store.db, desk->id, &row, &found));
    assert_true(found);
    must(retime_start(&desk->store.db, &row, events, "alice", 7000));
}

/* The new timing ends with this speed-up of 4 and interval. */
static void timed(struct desk *desk, int64_t generation, double width, const char *beyond)
{
    static const struct spec spec = {.name = "attention", .hash = "abc"};
    struct job_row job = {.id = number(desk, "SELECT id FROM job"),
                          .submission_id = desk->id,
                          .generation = generation,
                          .kind = JOB_TIME,
                          .lane = LANE_REGRADE};
    struct report report;
    int64_t next = 0;
    bool fresh = false;
    report_init(&report, &spec);
    report.points.has_speed = true;
    report.points.speedup = 4;
    report.points.low = 4 - width;
    report.points.high = 4 + width;
    (void)text_copy(report.beyond, sizeof report.beyond, beyond);
    const struct grading_step step = {.job = &job,
                                      .stage = STAGE_GRADED,
                                      .code = "",
                                      .message = "",
                                      .events = "",
                                      .spec = &spec,
                                      .report = &report,
                                      .now_at = 8000};
    must(store_grading_step(&desk->store.db, &step, &fresh, &next));
    assert_true(fresh);
    report_release(&report);
}

static void a_quieter_timing_counts_by_itself_and_a_noisier_one_does_not(void **state)
{
    struct desk *desk = *state;
    auto_buf struct buf events = buf_of(65536);
    int64_t count = 0;
    bool running = false;
    measure(&events);
    finish(desk, "graded", "", 0.5);
    must(db_exec(&desk->store.db, "UPDATE grading SET spec_hash = 'abc'"));

    retime(desk, &events);
    must(store_retimes(&desk->store.db, desk->id, &count, &running));
    assert_int_equal(count, 1);
    assert_true(running);
    assert_int_equal(number(desk, "SELECT count(*) FROM job WHERE kind = 'time' AND lane ="
                                  " 'regrade' AND generation = 2"),
                     1);
    /* Its check is taken over, its old timing is not. */
    assert_int_equal(number(desk, "SELECT instr(events, 'checked') > 0 AND instr(events, 'timed')"
                                  " = 0 FROM grading WHERE generation = 2"),
                     1);
    timed(desk, 2, 0.9, "");
    assert_int_equal(number(desk, "SELECT generation FROM submission"), 1);
    must(store_regrade_apply(&desk->store.db, desk->store.offering_id, &count));
    assert_int_equal(count, 0); /* a TA's --apply is not for it */

    retime(desk, &events);
    timed(desk, 3, 0.1, "");
    assert_int_equal(number(desk, "SELECT generation FROM submission"), 3);
}

static void a_timing_of_another_version_never_counts_by_itself(void **state)
{
    struct desk *desk = *state;
    auto_buf struct buf events = buf_of(65536);
    measure(&events);
    finish(desk, "graded", "", 0.5);
    must(db_exec(&desk->store.db, "UPDATE grading SET spec_hash = 'older'"));
    retime(desk, &events);
    timed(desk, 2, 0.1, "");
    assert_int_equal(number(desk, "SELECT generation FROM submission"), 1);
}

static const char *asked(struct desk *desk, const char *spec_hash, int64_t most)
{
    const struct retime_wish wish = {desk->id, spec_hash, most, "alice", 7000};
    const char *code = NULL;
    must(retime_ask(&desk->store.db, &wish, &code));
    return code;
}

static void count_one(void *context, int64_t id)
{
    (void)id;
    (*(int *)context)++;
}

/* Whoever would lose by a regrade must not be able to bury it under a newer generation. */
static void a_regrade_that_waits_for_a_ta_is_overtaken_by_nothing(void **state)
{
    struct desk *desk = *state;
    const struct regrade_choice all = {.offering_id = desk->store.offering_id,
                                       .which = REGRADE_ALL};
    int picked = 0;
    finish(desk, "graded", "", 0.5);
    must(db_exec(&desk->store.db,
                 "UPDATE grading SET spec_hash = 'abc';"
                 "INSERT INTO grading (submission_id, generation, stage, created_at)"
                 " SELECT id, 2, 'graded', 1 FROM submission"));
    assert_string_equal(asked(desk, "abc", 3), "http_409_retime_runs");
    must(store_regrade_pick(&desk->store.db, &all, count_one, &picked));
    assert_int_equal(picked, 0);
    must(db_exec(&desk->store.db, "UPDATE grading SET stage = 'cancelled' WHERE generation = 2"));
    assert_string_equal(asked(desk, "newer", 3), "http_409_retime_version");
    assert_string_equal(asked(desk, "abc", 0), "http_409_retime_often");
    must(store_regrade_pick(&desk->store.db, &all, count_one, &picked));
    assert_int_equal(picked, 1);
    assert_int_equal(number(desk, "SELECT count(*) FROM job"), 0);
}

static void practice_is_never_sent_to_a_ta(void **state)
{
    struct desk *desk = *state;
    must(db_exec(&desk->store.db, "UPDATE submission SET practice = 1, stage = 'timing'"));
    timed(desk, 1, 0.1, "faster than memory");
    assert_int_equal(number(desk, "SELECT count(*) FROM submission WHERE review IS NOT NULL"), 0);
}

static void what_no_core_can_do_is_sent_to_a_ta(void **state)
{
    struct desk *desk = *state;
    must(db_exec(&desk->store.db, "UPDATE submission SET stage = 'timing'"));
    timed(desk, 1, 0.1, "faster than memory");
    assert_int_equal(number(desk, "SELECT count(*) FROM submission WHERE review IS NOT NULL"), 1);
}

static void without_a_check_there_is_nothing_to_time(void **state)
{
    struct desk *desk = *state;
    struct submission_row row;
    auto_buf struct buf events = buf_of(65536);
    bool found = false;
    must(store_submission_get(&desk->store.db, desk->id, &row, &found));
    assert_int_equal(retime_start(&desk->store.db, &row, &events, "alice", 1).code, ERR_INPUT);
    assert_int_equal(number(desk, "SELECT count(*) FROM grading"), 1);
}

/* -- workers ----------------------------------------------------------------------------------- */

static void a_removed_worker_s_key_opens_nothing_and_its_name_may_come_again(void **state)
{
    struct desk *desk = *state;
    struct db *db = &desk->store.db;
    unsigned char hash[STORE_TOKEN_HASH] = {1};
    struct membership who;
    struct worker_row row;
    bool found = false;
    int64_t id = 0;
    must(store_worker_add(db, "gpu07", hash, 10, &id));
    must(store_membership_by_token(db, hash, 11, &who, &found));
    assert_true(found);
    assert_int_equal(who.role, ROLE_WORKER);
    must(store_worker_drain(db, id, true));
    must(store_worker_is_drained(db, "gpu07", &found));
    assert_true(found);
    must(store_worker_remove(db, id, 12));
    must(store_membership_by_token(db, hash, 13, &who, &found));
    assert_false(found);
    hash[0] = 2;
    must(store_worker_add(db, "gpu07", hash, 14, &id));
    must(store_worker_find(db, "gpu07", 15, &row, &found));
    assert_true(found);
    assert_int_equal(row.keys, 1);
    assert_false(row.drained || row.removed);
}

static void count_decision(void *context, const struct decision_line *line)
{
    int *bits = context;
    *bits |= strcmp(line->what, "extension") == 0   ? 1
             : strcmp(line->what, "held open") == 0 ? 2
             : strcmp(line->what, "grade") == 0     ? 4
                                                    : 8;
}

static void a_history_has_extensions_held_deadlines_and_grades_by_hand(void **state)
{
    struct desk *desk = *state;
    int bits = 0;
    must(db_exec(&desk->store.db,
                 "INSERT INTO extension (offering_id, membership_id, due_at, reason, actor,"
                 " made_at) VALUES (1, 1, 5, 'ill', 'ta', 1);"
                 "INSERT INTO held_open (offering_id, membership_id, due_at, refused_at)"
                 " VALUES (1, 1, 6, 2);"
                 "INSERT INTO override (offering_id, membership_id, grade, reason, actor, made_at)"
                 " VALUES (1, 1, 4200, 'oral', 'ta', 3)"));
    must(store_decisions(&desk->store.db, desk->store.membership_id, count_decision, &bits));
    assert_int_equal(bits, 7);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(the_list_says_what_waits_runs_is_parked_and_under_review),
        TEST(a_released_one_runs_again_live_and_keeps_its_past),
        TEST(the_same_bytes_sent_again_stand_in_the_way_of_a_release),
        TEST(what_is_cancelled_leaves_the_queue_and_costs_nothing),
        TEST(a_cancelled_regrade_leaves_what_counts_alone),
        TEST(the_timing_of_what_is_checked_is_not_cancelled),
        TEST(a_quieter_timing_counts_by_itself_and_a_noisier_one_does_not),
        TEST(a_timing_of_another_version_never_counts_by_itself),
        TEST(a_regrade_that_waits_for_a_ta_is_overtaken_by_nothing),
        TEST(practice_is_never_sent_to_a_ta),
        TEST(what_no_core_can_do_is_sent_to_a_ta),
        TEST(without_a_check_there_is_nothing_to_time),
        TEST(a_removed_worker_s_key_opens_nothing_and_its_name_may_come_again),
        TEST(a_history_has_extensions_held_deadlines_and_grades_by_hand),
    };
    return cmocka_run_group_tests_name("store_queue", tests, NULL, NULL);
}
