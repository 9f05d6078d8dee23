/* The queue at work in the service: superseding, leases, strangers in the database, words on the
 * wait. Real database, writer and loop; workers that pretend. */
#include "grader/life.h"
#include "grader/metrics_queue.h"
#include "grader/pool_parts.h"
#include "sandbox/base/clock.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/service_fixture.h"

#include <stdlib.h>
#include <string.h>

static int make(void **state)
{
    struct service_fixture *service = calloc(1, sizeof *service);
    assert_non_null(service);
    service_make(service, "tests/programs/pretend_worker");
    *state = service;
    return 0;
}

static int drop(void **state)
{
    service_stop(*state, true);
    service_remove(*state);
    free(*state);
    return 0;
}

static bool is_checking(const void *context)
{
    return client_stage(context) == STAGE_CHECKING;
}

static bool is_checked(const void *context)
{
    return client_stage(context) == STAGE_CHECKED;
}

static void start_superseding(struct service_fixture *service)
{
    assert_false(
        err_is(db_exec(&service->store.db, "UPDATE offering SET supersede = 1, attempts_max = 9")));
    service_start(service);
}

/* -- superseding ------------------------------------------------------------------------------- */

static void a_newer_one_takes_the_place_of_one_that_waits(void **state)
{
    struct service_fixture *service = *state;
    struct client running;
    struct client older;
    struct client newer;
    start_superseding(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    client_send(&older, service, "right, older");
    service_wait(service, client_is_answered, &older);
    client_send(&newer, service, "right, newer");
    service_wait(service, client_is_final, &older);
    assert_int_equal(client_stage(&older), STAGE_SUPERSEDED);
    assert_non_null(strstr(older.text, "No score"));
    service_go(service);
    service_wait(service, client_is_final, &newer);
    service_wait(service, client_is_final, &running);
    assert_int_equal(client_stage(&running), STAGE_GRADED); /* it ran already */
    assert_int_equal(client_stage(&newer), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
    assert_int_equal(service_number(service, "SELECT count(*) FROM job"), 0);
    assert_int_equal(submissions_stats(service->grader.submissions).counters.superseded, 1);
    /* It cost no attempt, and its bytes may come again. */
    assert_int_equal(
        service_number(service, "SELECT count(*) FROM submission WHERE stage = 'graded'"), 2);
    client_send(&older, service, "right, older");
    service_wait(service, client_is_final, &older);
    assert_int_equal(client_stage(&older), STAGE_GRADED);
    assert_false(older.accepted.existing);
}

static void a_late_one_takes_nobodys_place(void **state)
{
    struct service_fixture *service = *state;
    struct client running, older, newer;
    start_superseding(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    client_send(&older, service, "right, in time");
    service_wait(service, client_is_answered, &older);
    assert_false(err_is(db_exec(&service->store.db, "UPDATE offering SET due_at = 60000000,"
                                                    " late_policy = 'per_day', late_percent = 1")));
    client_send(&newer, service, "right, late");
    service_wait(service, client_is_answered, &newer);
    service_go(service);
    service_wait(service, client_is_final, &older);
    service_wait(service, client_is_final, &newer);
    assert_int_equal(client_stage(&older), STAGE_GRADED);
    assert_int_equal(client_stage(&newer), STAGE_GRADED);
}

static void where_the_offering_does_not_say_so_everything_is_graded(void **state)
{
    struct service_fixture *service = *state;
    struct client clients[3];
    static const char *const sources[] = {"wait", "right, older", "right, newer"};
    service_start(service);
    for (int i = 0; i < 3; i++)
        client_send(&clients[i], service, sources[i]);
    service_go(service);
    for (int i = 0; i < 3; i++) {
        service_wait(service, client_is_final, &clients[i]);
        assert_int_equal(client_stage(&clients[i]), STAGE_GRADED);
    }
}

/* Both are checked before either is timed; then the newer one needs the clock, and it alone. */
static void a_timing_that_waits_is_superseded_by_a_newer_one_that_passed(void **state)
{
    struct service_fixture *service = *state;
    struct client older;
    struct client newer;
    service->settings.worker_backend = "auto";
    start_superseding(service);
    client_send(&older, service, "wait");
    service_wait(service, is_checking, &older);
    client_send(&newer, service, "wait, newer");
    service_wait(service, client_is_answered, &newer);
    service_go(service);
    service_wait(service, is_checked, &older);
    service_wait(service, is_checking, &newer);
    service_go(service);
    service_wait(service, client_is_final, &older);
    service_wait(service, client_is_final, &newer);
    assert_int_equal(client_stage(&older), STAGE_SUPERSEDED);
    assert_int_equal(client_stage(&newer), STAGE_GRADED);
    assert_int_equal(service_runs(service), 3); /* two checks, one timing */
}

/* -- a GPU that goes --------------------------------------------------------------------------- */

static void a_worker_that_starts_again_may_have_a_gpu_drained_or_not(void **state)
{
    (void)state;
    struct pool *pool = calloc(1, sizeof *pool + sizeof pool->seats[0]);
    assert_non_null(pool);
    pool->settings.gpu = "auto";
    pool->seats_count = 1;
    pool->seats[0] = (struct seat){.restart_ms = RESTART_FIRST_MS};
    assert_true(pool_may(pool, "gpu"));
    pool->seats[0].drained = true;
    assert_true(pool_may(pool, "gpu"));
    pool->seats[0].restart_ms = (int64_t)2 * RESTART_HOPEFUL_MS;
    assert_false(pool_may(pool, "gpu"));
    free(pool);
}

/* No worker here has a GPU: the timing is made one that needs it. */
static void a_timing_waits_a_minute_for_the_next_gpu(void **state)
{
    struct service_fixture *service = *state;
    struct client timed, other;
    service->settings.worker_backend = "auto";
    service_start(service);
    client_send(&timed, service, "wait");
    service_wait(service, is_checking, &timed);
    client_send(&other, service, "wait, other");
    service_wait(service, client_is_answered, &other);
    service_go(service);
    service_wait(service, is_checked, &timed);
    service_wait(service, is_checking, &other);

    struct submissions *submissions = service->grader.submissions;
    struct life *life = life_find(submissions, timed.accepted.id);
    assert_non_null(life);
    assert_true(life->ticket.waiting && life->job.kind == JOB_TIME);
    life->row.device = DEVICE_GPU;
    queue_remove(&submissions->queue, &life->ticket);
    life_line_up(life);
    assert_string_equal(life->ticket.needs, "gpu");
    life_needs_again(submissions);
    assert_true(life->ticket.waiting);
    assert_int_not_equal(submissions->no_gpu_since_ms, 0);
    submissions->no_gpu_since_ms = clock_ms() - GPU_GONE_MS;
    life_needs_again(submissions);
    service_wait(service, client_is_final, &timed);
    assert_int_equal(
        service_number(service, "SELECT count(*) FROM grading WHERE code = 'timing_failed'"), 1);
    service_go(service);
    service_wait(service, client_is_final, &other);
}

/* -- leases ------------------------------------------------------------------------------------ */

static void a_worker_that_talks_for_ever_loses_its_lease(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_lease_ms = 1000;
    service_start(service);
    client_send(&client, service, "babble_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
    assert_int_equal(submissions_stats(service->grader.submissions).workers.leases_over, 1);
}

static void a_result_for_a_job_that_it_does_not_hold_is_refused(void **state)
{
    struct service_fixture *service = *state;
    struct client first;
    struct client second;
    service_start(service);
    client_send(&first, service, "right");
    service_wait(service, client_is_final, &first);
    /* It says that its own job, that of the first, and one to come are all a compile error. */
    client_send(&second, service, "stray");
    service_wait(service, client_is_final, &second);
    assert_int_equal(client_stage(&second), STAGE_GRADED);
    assert_int_equal(service_number(service, "SELECT count(*) FROM grading WHERE stage = 'graded'"),
                     2);
    assert_int_equal(submissions_stats(service->grader.submissions).workers.stray, 2);
}

/* -- strangers in the database ----------------------------------------------------------------- */

static bool second_generation_is_graded(const void *context)
{
    struct service_fixture *service = (struct service_fixture *)(uintptr_t)context;
    return service_number(service, "SELECT count(*) FROM grading WHERE generation = 2"
                                   " AND finished_at IS NOT NULL") == 1;
}

static void a_job_that_a_command_put_there_is_found_within_seconds(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    int64_t began_ms = clock_ms();
    assert_false(err_is(
        service_sql(service, "UPDATE submission SET generation = 2, stage = 'queued';"
                             "INSERT INTO grading (submission_id, generation, stage, created_at)"
                             " SELECT id, 2, 'queued', 1 FROM submission;"
                             "INSERT INTO job (submission_id, generation, kind, queued_at)"
                             " SELECT id, 2, 'check', 1 FROM submission")));
    service_wait(service, second_generation_is_graded, service);
    assert_true(clock_ms() - began_ms < 5000);
    assert_int_equal(service_number(service, "SELECT count(*) FROM job"), 0);
    assert_int_equal(service_number(service, "SELECT count(*) FROM grading WHERE score = 6000"), 2);
    assert_int_equal(submissions_stats(service->grader.submissions).counters.adopted, 1);
}

static void a_job_that_a_command_took_away_is_not_run(void **state)
{
    struct service_fixture *service = *state;
    struct client running;
    struct client cancelled;
    service_start(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    client_send(&cancelled, service, "right");
    service_wait(service, client_is_answered, &cancelled);
    assert_false(
        err_is(service_sql(service, "DELETE FROM job WHERE submission_id = 2;"
                                    "UPDATE grading SET stage = 'cancelled', finished_at = 1"
                                    " WHERE submission_id = 2;"
                                    "UPDATE submission SET stage = 'cancelled' WHERE id = 2")));
    assert_false(err_is(reconcile(service->grader.submissions))); /* every 30 s by itself */
    assert_true(client_is_final(&cancelled));
    assert_int_equal(client_stage(&cancelled), STAGE_CANCELLED);
    service_go(service);
    service_wait(service, client_is_final, &running);
    assert_int_equal(service_runs(service), 1);
}

/* The student who is erased while waiting: whoever watches hears the end, not silence. */
static void erasing_ends_what_waits_for_those_who_watch(void **state)
{
    struct service_fixture *service = *state;
    struct client running;
    struct client waiting;
    struct erased erased;
    struct report *report = NULL;
    bool found = false;
    service_start(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    client_send(&waiting, service, "right");
    service_wait(service, client_is_answered, &waiting);
    int64_t began_ms = clock_ms();
    assert_false(err_is(db_exec(&service->store.db, "BEGIN IMMEDIATE")));
    assert_false(err_is(store_user_erase(&service->store.db, service->store.who.user_id, &erased)));
    assert_false(err_is(store_changes_count(&service->store.db)));
    assert_false(err_is(db_exec(&service->store.db, "COMMIT")));
    service_wait(service, client_is_final, &waiting);
    assert_true(clock_ms() - began_ms < 5000);
    assert_int_equal(client_stage(&waiting), STAGE_CANCELLED);
    service_go(service);
    service_wait(service, client_is_final, &running); /* its result is dropped */
    assert_int_equal(client_stage(&running), STAGE_CANCELLED);
    assert_false(err_is(submissions_report(service->grader.submissions, waiting.accepted.id,
                                           &report, NULL, &found)));
    assert_string_equal(stage_word(report->stage), "cancelled");
    submissions_report_free(report);
}

/* What is accepted while we look must not get a second life. */
static void looking_while_others_are_accepted_runs_nothing_twice(void **state)
{
    struct service_fixture *service = *state;
    enum { MANY = 200 };
    static struct client clients[MANY];
    service_start(service);
    for (int i = 0; i < MANY; i++) {
        char source[32];
        (void)snprintf(source, sizeof source, "right %d", i);
        client_send(&clients[i], service, source);
        if (i % 10 == 0) {
            (void)uv_run(&service->loop, UV_RUN_NOWAIT);
            assert_false(err_is(reconcile(service->grader.submissions)));
        }
    }
    for (int i = 0; i < MANY; i++)
        service_wait(service, client_is_final, &clients[i]);
    assert_int_equal(service_runs(service), MANY);
    assert_int_equal(submissions_stats(service->grader.submissions).counters.adopted, 0);
}

/* -- words on the wait ------------------------------------------------------------------------- */

static void the_first_word_has_place_and_estimate_and_is_held_against_what_happened(void **state)
{
    struct service_fixture *service = *state;
    struct client running;
    struct client waiting;
    service_start(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    client_send(&waiting, service, "right");
    service_wait(service, client_is_answered, &waiting);
    assert_non_null(strstr(waiting.text, "1st in line, about"));
    service_run_ms(service, 300);
    service_go(service);
    service_wait(service, client_is_final, &waiting);
    struct submissions_stats stats = submissions_stats(service->grader.submissions);
    assert_int_equal(stats.estimate.count, 2);
    assert_true(stats.estimate.waited_s >= 0.3);
    assert_true(stats.estimate.error_s >= 0 && stats.estimate.error_s < 10);
    assert_int_equal(stats.counters.accepted, 2);
    assert_int_equal(stats.counters.finished, 2);
    assert_int_equal(stats.oldest_wait_ms, 0);

    auto_buf struct buf text = buf_of(65536);
    metrics_queue_text(&text, &stats);
    assert_non_null(strstr(text.at, "\ngrader_estimates_total 2\n"));
    assert_non_null(strstr(text.at, "\ngrader_waiting{class=\"check\"} 0\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(a_newer_one_takes_the_place_of_one_that_waits),
        TEST(a_late_one_takes_nobodys_place),
        TEST(where_the_offering_does_not_say_so_everything_is_graded),
        TEST(a_timing_that_waits_is_superseded_by_a_newer_one_that_passed),
        TEST(a_worker_that_starts_again_may_have_a_gpu_drained_or_not),
        TEST(a_timing_waits_a_minute_for_the_next_gpu),
        TEST(a_worker_that_talks_for_ever_loses_its_lease),
        TEST(a_result_for_a_job_that_it_does_not_hold_is_refused),
        TEST(a_job_that_a_command_put_there_is_found_within_seconds),
        TEST(a_job_that_a_command_took_away_is_not_run),
        TEST(erasing_ends_what_waits_for_those_who_watch),
        TEST(looking_while_others_are_accepted_runs_nothing_twice),
        TEST(the_first_word_has_place_and_estimate_and_is_held_against_what_happened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
