/* From the accepted file to the report, with a real database, writer, loop and worker processes:
 * what is told and when, and what happens when workers or the disk do not play along. */
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/service_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int make(void **state)
{
    struct service_fixture *service = calloc(1, sizeof *service);
    assert_non_null(service);
    service_make(service, "tests/programs/pretend_worker");
    *state = service;
    return 0;
}

static int make_real(void **state)
{
    struct service_fixture *service = calloc(1, sizeof *service);
    assert_non_null(service);
    service_make(service, "worker");
    *state = service;
    return 0;
}

static int drop(void **state)
{
    char disk[128];
    struct service_fixture *service = *state;
    service_stop(service, true);
    db_close(&service->store.db);
    (void)snprintf(disk, sizeof disk, "%s/disk", service->store.folder);
    (void)umount2(disk, MNT_DETACH); /* few tests have one */
    service_remove(service);
    free(*state);
    return 0;
}

static void assert_stages(const struct client *client, const enum stage *stages, int count)
{
    for (int i = 0; i < count && i < client->stages_count; i++)
        assert_string_equal(stage_word(client->stages[i]), stage_word(stages[i]));
    assert_int_equal(client->stages_count, count);
}

static bool is_checking(const void *context)
{
    return client_stage(context) == STAGE_CHECKING;
}

static int64_t jobs_left(struct service_fixture *service)
{
    return service_number(service, "SELECT count(*) FROM job");
}

/* -- what is told ------------------------------------------------------------------------------ */

static void accepted_is_told_once_and_after_commit(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "right");
    assert_int_equal(client.answers, 0); /* never from inside */
    service_wait(service, client_is_answered, &client);
    assert_int_equal(client.accepted.refusal.http_code, 0);
    assert_true(client.committed);
    assert_true(client.watching);
    assert_false(client.accepted.existing);
    service_wait(service, client_is_final, &client);
    assert_int_equal(client.answers, 1);
}

static void stages_are_told_in_order_and_the_final_one_last(void **state)
{
    static const enum stage stages[] = {STAGE_QUEUED, STAGE_COMPILING, STAGE_CHECKING,
                                        STAGE_GRADED};
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    service_run_ms(service, 200);
    assert_stages(&client, stages, COUNT(stages));
    assert_int_equal(client.calls_after_final, 0);
    assert_non_null(strstr(client.text, "Score 60.0 / 100"));
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
    assert_int_equal(jobs_left(service), 0);
    struct watch late = {0};
    assert_false(submissions_watch(service->grader.submissions, client.accepted.id, &late));
}

static void the_points_of_a_report_stay_whatever_is_offered_since(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    struct report *report = NULL;
    bool found = false;
    service_start(service);
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
    assert_false(err_is(db_exec(&service->store.db, "UPDATE offering SET split = 20")));
    assert_false(err_is(submissions_report(service->grader.submissions, client.accepted.id, &report,
                                           NULL, &found)));
    assert_true(found);
    assert_int_equal(report->points.score, 6000);
    submissions_report_free(report);
}

static void a_right_file_is_checked_and_then_timed_where_that_is_possible(void **state)
{
    static const enum stage stages[] = {STAGE_QUEUED,  STAGE_COMPILING, STAGE_CHECKING,
                                        STAGE_CHECKED, STAGE_TIMING,    STAGE_GRADED};
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_backend = "auto";
    service_start(service);
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    assert_stages(&client, stages, COUNT(stages));
    assert_true(service_number(service, "SELECT score FROM grading") > 6000);
    assert_int_equal(service_number(service, "SELECT count(*) FROM case_result"), 19);
    assert_int_equal(jobs_left(service), 0);
}

/* A worker whose test of its machine goes badly refuses to time: nobody's failure. */
static void a_timing_that_one_worker_refuses_goes_to_one_that_trusts_its_machine(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_backend = "auto";
    service->settings.workers = 2;
    service_start(service);
    client_send(&client, service, "doubt_once");
    service_wait(service, client_is_final, &client);
    assert_true(service_number(service, "SELECT score FROM grading") > 6000);
    assert_int_equal(submissions_stats(service->grader.submissions).counters.retried, 1);
    assert_int_equal(jobs_left(service), 0);
}

static void a_timing_that_all_refuse_ends_at_once_and_may_be_asked_for_again(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_backend = "auto";
    service_start(service);
    client_send(&client, service, "doubt_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
    assert_int_equal(
        service_number(service, "SELECT count(*) FROM grading WHERE code = 'timing_failed'"), 1);
    assert_int_equal(submissions_stats(service->grader.submissions).counters.retried, 0);
}

static void cuda_is_refused_once_it_is_known_that_nobody_compiles_it(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    assert_true(submissions_may_compile_cuda(service->grader.submissions)); /* nobody is here yet */
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    assert_false(submissions_may_compile_cuda(service->grader.submissions));
}

static void a_real_worker_grades_a_real_file(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    auto_buf struct buf source = buf_of(65536);
    assert_false(err_is(fdio_read_file("tests/submissions/attention/correct/naive.c", &source)));
    service->settings.worker_backend = "auto";
    service->settings.worker_cache = "";
    service_start(service);
    client_send(&client, service, source.at);
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(client.stages[0], STAGE_QUEUED);
    assert_true(service_number(service, "SELECT score FROM grading") >= 6000);
    assert_int_equal(service_number(service,
                                    "SELECT count(*) FROM case_result WHERE verdict = 'pass'"
                                    " AND group_name != 'speed'"),
                     17);
}

static void a_waiting_report_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct report) < 8192);
}

/* Everybody leaves as soon as somebody is told. */
static struct client *crowd;
enum { CROWD = 5 };

static void leave_all(struct client *client, const struct report *report)
{
    (void)client;
    (void)report;
    for (int i = 0; i < CROWD; i++)
        submissions_unwatch(&crowd[i].watch);
}

static void a_watcher_may_stop_itself_and_others_while_it_is_told(void **state)
{
    struct service_fixture *service = *state;
    struct client clients[CROWD];
    struct client last;
    service_start(service);
    crowd = clients;
    client_send(&clients[0], service, "wait, but not for them");
    service_wait(service, is_checking, &clients[0]);
    for (int i = 1; i < CROWD; i++) {
        client_send(&clients[i], service, "wait, but not for them");
        service_wait(service, client_is_answered, &clients[i]);
    }
    clients[0].each = leave_all;
    service_go(service);
    client_send(&last, service, "right");
    service_wait(service, client_is_final, &last);
    assert_false(client_is_final(&clients[0]));
    for (int i = 1; i < CROWD; i++)
        assert_int_equal(clients[i].calls, 1); /* when it was answered */
}

/* -- the same again ---------------------------------------------------------------------------- */

static void the_same_bytes_at_the_same_moment_are_one_submission(void **state)
{
    struct service_fixture *service = *state;
    struct client clients[3];
    service_start(service);
    for (int i = 0; i < 3; i++)
        client_send(&clients[i], service, "right");
    for (int i = 0; i < 3; i++)
        service_wait(service, client_is_final, &clients[i]);
    int existing = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(clients[i].accepted.id, clients[0].accepted.id);
        existing += clients[i].accepted.existing;
    }
    assert_int_equal(existing, 2);
    assert_int_equal(service_number(service, "SELECT count(*) FROM submission"), 1);
    assert_int_equal(service_runs(service), 1);
}

static void the_same_bytes_later_find_the_report_without_a_run(void **state)
{
    struct service_fixture *service = *state;
    struct client first;
    struct client second;
    service_start(service);
    client_send(&first, service, "right");
    service_wait(service, client_is_final, &first);
    client_send(&second, service, "right");
    service_wait(service, client_is_answered, &second);
    assert_true(second.accepted.existing);
    assert_int_equal(second.accepted.id, first.accepted.id);
    assert_false(second.watching);
    assert_int_equal(client_stage(&second), STAGE_GRADED);
    assert_int_equal(service_runs(service), 1);
}

/* -- workers that do not play along -------------------------------------------------------------
 */

static void a_lost_worker_is_replaced_and_the_job_runs_again(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "die_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
    assert_int_equal(service_number(service, "SELECT count(*) FROM grading"), 1);
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
    /* What the first worker said is not counted twice. */
    assert_int_equal(service_number(service, "SELECT length(events) - length(replace(events,"
                                             " '\"kind\":\"compiled\"', '\"kind\":\"compiled'))"
                                             " FROM grading"),
                     1);
}

static void what_is_told_of_earlier_ones_outlives_a_lost_worker(void **state)
{
    struct service_fixture *service = *state;
    struct client first;
    struct client second;
    service_start(service);
    client_send(&first, service, "right");
    service_wait(service, client_is_final, &first);
    client_send(&second, service, "die_once");
    service_wait(service, client_is_final, &second);
    assert_non_null(strstr(second.text, "attempt 2"));
    assert_non_null(strstr(second.text, "60.0"));
    assert_non_null(strstr(second.text, "best"));
}

static void two_dead_workers_park_a_job(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    struct client next;
    service_start(service);
    client_send(&client, service, "die");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_SYSTEM_ERROR);
    assert_int_equal(service_runs(service), 2);
    assert_int_equal(jobs_left(service), 0);
    assert_non_null(strstr(client.text, "No score"));
    assert_int_equal(service_number(service, "SELECT code = 'parked' FROM grading"), 1);

    client_send(&next, service, "right"); /* and nobody else suffers */
    service_wait(service, client_is_final, &next);
    assert_int_equal(client_stage(&next), STAGE_GRADED);
    client_send(&client, service, "die"); /* what we failed on may come again */
    service_wait(service, client_is_answered, &client);
    assert_false(client.accepted.existing);
}

static void three_failures_of_ours_park_a_job(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "fail");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_SYSTEM_ERROR);
    assert_int_equal(service_runs(service), 3);
    client_send(&client, service, "fail_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_runs(service), 5);
}

static void a_silent_worker_is_ended(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_silence_ms = 1000;
    service_start(service);
    client_send(&client, service, "silent_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
}

static void a_worker_that_never_says_hello_is_replaced(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    char path[160];
    (void)snprintf(path, sizeof path, "%s/mute", service->marks);
    assert_false(err_is(fdio_write_file(path, "", 0, 0600)));
    service->settings.worker_silence_ms = 1000;
    service_start(service);
    client_send(&client, service, "right");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
}

/* A grandchild that holds the socket open must not hold the job. */
static void a_dead_worker_is_noticed_though_its_socket_stays_open(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "linger_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
}

static void a_worker_that_talks_nonsense_is_replaced(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "garbage_once");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
}

static void an_answer_to_another_question_grades_nobody(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "twist");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_SYSTEM_ERROR);
    assert_int_equal(service_number(service, "SELECT count(*) FROM grading WHERE score >= 0"), 0);
}

/* What compiled for the check compiles for the clock: the second failure is ours. */
static void a_timing_that_fails_on_our_side_leaves_the_correctness_points(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service->settings.worker_backend = "auto";
    service_start(service);
    client_send(&client, service, "broken_when_timed");
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
    assert_int_equal(service_number(service, "SELECT code = 'timing_failed' FROM grading"), 1);
    assert_int_equal(service_number(service, "SELECT count(*) FROM job"), 0);
    assert_int_equal(service_runs(service), 4); /* one check, three timings */
}

static void a_source_that_does_not_unpack_is_parked_at_once(void **state)
{
    struct service_fixture *service = *state;
    struct client first;
    struct client second;
    service_start(service);
    client_send(&first, service, "wait");
    client_send(&second, service, "right");
    service_wait(service, client_is_answered, &second);
    service_wait(service, is_checking, &first);
    assert_false(err_is(service_sql(service, "UPDATE source SET packed = x'00' WHERE size = 5")));
    service_go(service);
    service_wait(service, client_is_final, &second);
    assert_int_equal(client_stage(&first), STAGE_GRADED);
    assert_int_equal(client_stage(&second), STAGE_SYSTEM_ERROR);
}

/* -- stopping ---------------------------------------------------------------------------------- */

static void stopping_at_once_leaves_the_job_to_the_next_start(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    struct client waiting;
    service_start(service);
    client_send(&client, service, "wait");
    client_send(&waiting, service, "right");
    service_wait(service, is_checking, &client);
    service_wait(service, client_is_answered, &waiting);
    submissions_unwatch(&client.watch);
    submissions_unwatch(&waiting.watch);
    service_stop(service, true);
    assert_int_equal(jobs_left(service), 2);
    assert_int_equal(service_number(service, "SELECT sum(tries) + sum(deaths) FROM job"), 0);

    service_start(service);
    client_send(&waiting, service, "right"); /* the same bytes, still under way */
    service_wait(service, client_is_answered, &waiting);
    assert_true(waiting.accepted.existing);
    assert_true(waiting.watching);
    service_go(service);
    service_wait(service, client_is_final, &waiting);
    assert_int_equal(jobs_left(service), 0);
    assert_int_equal(service_number(service, "SELECT count(*) FROM grading WHERE stage = 'graded'"),
                     2);
}

static void stopping_lets_a_running_job_finish(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    struct client waiting;
    service_start(service);
    client_send(&client, service, "wait");
    client_send(&waiting, service, "right");
    service_wait(service, is_checking, &client);
    service_wait(service, client_is_answered, &waiting);
    submissions_unwatch(&waiting.watch);
    service_go(service);
    service_stop(service, false);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(jobs_left(service), 1);
}

static void on_closed(void *context)
{
    *(bool *)context = true;
}

static bool is_true(const void *context)
{
    return *(const bool *)context;
}

static void nothing_is_accepted_any_more_while_it_stops(void **state)
{
    struct service_fixture *service = *state;
    struct client early;
    struct client late;
    bool closed = false;
    service_start(service);
    client_send(&early, service, "right");
    submissions_stop(service->grader.submissions, true, on_closed, &closed);
    client_send(&late, service, "right, too");
    service_wait(service, is_true, &closed);
    /* What was on its way has been answered before the end was told. */
    assert_int_equal(early.answers, 1);
    assert_int_equal(early.accepted.refusal.http_code, 0);
    assert_int_equal(late.answers, 1);
    assert_int_equal(late.accepted.refusal.http_code, 503);
    assert_int_equal(submissions_stats(service->grader.submissions).workers_ready, 0);
    assert_int_equal(jobs_left(service), 1);

    submissions_unwatch(&early.watch);
    closed = false;
    held_stop(service->grader.held);
    writer_stop(service->grader.writer, on_closed, &closed);
    service_wait(service, is_true, &closed);
    held_free(service->grader.held);
    submissions_free(service->grader.submissions);
    uv_close((uv_handle_t *)&service->beat, NULL);
    (void)uv_run(&service->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&service->loop), 0);
    db_close(&service->grader.reader);
    service->running = false;
}

/* -- a full disk ------------------------------------------------------------------------------- */

/* SQLite's page limit answers SQLITE_FULL as a full disk does. Free pages are used up first. */
static void disk_fill(struct service_fixture *service)
{
    assert_false(err_is(service_sql(service, "PRAGMA max_page_count = 1")));
    for (int size = 65536; size >= 64; size /= 2) {
        char sql[160];
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO audit (actor, action, object, reason, done_at)"
                       " VALUES ('', '', '', hex(zeroblob(%d)), 1)",
                       size);
        while (!err_is(service_sql(service, sql)))
            continue;
    }
}

static void disk_free(struct service_fixture *service)
{
    assert_false(err_is(service_sql(service, "PRAGMA max_page_count = 1000000")));
}

static const char *long_source(void)
{
    static const char right[] = "right ";
    static char source[40000];
    uint32_t random = 1;
    for (size_t i = 0; i + 1 < sizeof source; i++) {
        random = random * 1664525 + 1013904223;
        source[i] = (char)('a' + (random >> 24) % 26);
    }
    memcpy(source, right, sizeof right - 1);
    return source;
}

static void a_full_disk_is_a_503_and_is_left_behind_without_a_restart(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    disk_fill(service);
    client_send(&client, service, long_source());
    service_wait(service, client_is_answered, &client);
    assert_int_equal(client.accepted.refusal.http_code, 503);
    assert_true(client.accepted.refusal.retry_after_s > 0);
    assert_int_equal(client.accepted.id, 0);
    assert_int_equal(service_number(service, "SELECT count(*) FROM submission"), 0);
    assert_int_equal(service_number(service, "SELECT count(*) FROM source"), 0);
    assert_int_equal(jobs_left(service), 0);

    disk_free(service);
    client_send(&client, service, long_source());
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
}

static void a_result_is_told_only_once_it_is_written(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    struct report *report = NULL;
    bool found = false;
    service_start(service);
    client_send(&client, service, "wait");
    service_wait(service, is_checking, &client);
    disk_fill(service);
    service_go(service);
    service_run_ms(service, 1500); /* longer than one try to write takes */
    assert_int_equal(jobs_left(service), 1);
    assert_int_equal(client_stage(&client), STAGE_CHECKING);
    assert_null(strstr(client.text, "Score"));
    assert_false(err_is(submissions_report(service->grader.submissions, client.accepted.id, &report,
                                           NULL, &found)));
    assert_true(found);
    assert_int_equal(report->stage, STAGE_CHECKING);
    assert_false(report->has_done || report->checking_done);
    submissions_report_free(report);

    disk_free(service);
    service_wait(service, client_is_final, &client);
    assert_int_equal(client_stage(&client), STAGE_GRADED);
    assert_int_equal(jobs_left(service), 0);
    assert_int_equal(service_runs(service), 1); /* written again, not run again */
    assert_int_equal(service_number(service, "SELECT score FROM grading"), 6000);
}

/* The end is told while a grading waits for room: it runs again after the restart. */
static void stopping_with_a_full_disk_ends_and_keeps_the_job(void **state)
{
    struct service_fixture *service = *state;
    struct client client;
    service_start(service);
    client_send(&client, service, "wait");
    service_wait(service, is_checking, &client);
    disk_fill(service);
    service_go(service);
    service_run_ms(service, 300);
    submissions_unwatch(&client.watch);
    service_stop(service, false);
    assert_int_equal(jobs_left(service), 1);
    assert_int_equal(service_number(service, "SELECT tries FROM job"), 0);
}

/* Reading fails for a while: what waits goes on waiting, and nobody is parked for it. */
static void a_database_that_cannot_be_read_for_a_while_parks_nobody(void **state)
{
    struct service_fixture *service = *state;
    struct client first;
    struct client second;
    service_start(service);
    client_send(&first, service, "wait");
    client_send(&second, service, "right");
    service_wait(service, is_checking, &first);
    service_wait(service, client_is_answered, &second);
    service_go(service);
    (void)sqlite3_hard_heap_limit64(1); /* every allocation of SQLite fails */
    service_run_ms(service, 2500);
    (void)sqlite3_hard_heap_limit64(0);
    service_wait(service, client_is_final, &first);
    service_wait(service, client_is_final, &second);
    assert_int_equal(client_stage(&first), STAGE_GRADED);
    assert_int_equal(client_stage(&second), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
}

/* A small file system of its own, in a mount namespace that ends with this process. */
static bool small_disk(struct service_fixture *service)
{
    char folder[96];
    char sql[160];
    (void)snprintf(folder, sizeof folder, "%s/disk", service->store.folder);
    if (mkdir(folder, 0700) < 0 || unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("disk", folder, "tmpfs", 0, "size=1m") < 0)
        return false;
    (void)snprintf(sql, sizeof sql, "VACUUM INTO '%s/grader.db'", folder);
    assert_false(err_is(db_exec(&service->store.db, sql)));
    db_close(&service->store.db);
    (void)snprintf(service->store.path, sizeof service->store.path, "%.80s/grader.db", folder);
    assert_false(err_is(store_open(&service->store.db, service->store.path)));
    return true;
}

static void filler_path(const struct service_fixture *service, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/disk/filler", service->store.folder);
}

static void fill(const struct service_fixture *service)
{
    char path[128];
    char piece[4096] = {0};
    filler_path(service, path, sizeof path);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (ssize_t put = 1; put > 0;)
        put = write(fd, piece, sizeof piece);
    assert_int_equal(errno, ENOSPC);
    (void)close(fd);
}

static void a_file_system_without_room_is_survived(void **state)
{
    struct service_fixture *service = *state;
    struct client running;
    struct client refused;
    char path[128];
    if (!small_disk(service)) {
        print_message("skipped: a tmpfs of one's own needs root\n");
        skip();
    }
    service_start(service);
    client_send(&running, service, "wait");
    service_wait(service, is_checking, &running);
    fill(service);
    client_send(&refused, service, long_source());
    service_wait(service, client_is_answered, &refused);
    assert_int_equal(refused.accepted.refusal.http_code, 503);
    fill(service); /* what a rolled back write gave free */
    service_go(service);
    service_run_ms(service, 1500);
    assert_false(client_is_final(&running));

    filler_path(service, path, sizeof path);
    assert_int_equal(unlink(path), 0);
    service_wait(service, client_is_final, &running);
    assert_int_equal(client_stage(&running), STAGE_GRADED);
    client_send(&refused, service, long_source());
    service_wait(service, client_is_final, &refused);
    assert_int_equal(client_stage(&refused), STAGE_GRADED);
    assert_int_equal(service_runs(service), 2);
    assert_int_equal(service_number(service, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                     1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(accepted_is_told_once_and_after_commit),
        TEST(stages_are_told_in_order_and_the_final_one_last),
        TEST(the_points_of_a_report_stay_whatever_is_offered_since),
        TEST(a_right_file_is_checked_and_then_timed_where_that_is_possible),
        TEST(a_timing_that_one_worker_refuses_goes_to_one_that_trusts_its_machine),
        TEST(a_timing_that_all_refuse_ends_at_once_and_may_be_asked_for_again),
        TEST(cuda_is_refused_once_it_is_known_that_nobody_compiles_it),
        cmocka_unit_test_setup_teardown(a_real_worker_grades_a_real_file, make_real, drop),
        cmocka_unit_test(a_waiting_report_is_small),
        TEST(a_watcher_may_stop_itself_and_others_while_it_is_told),
        TEST(the_same_bytes_at_the_same_moment_are_one_submission),
        TEST(the_same_bytes_later_find_the_report_without_a_run),
        TEST(a_lost_worker_is_replaced_and_the_job_runs_again),
        TEST(what_is_told_of_earlier_ones_outlives_a_lost_worker),
        TEST(two_dead_workers_park_a_job),
        TEST(three_failures_of_ours_park_a_job),
        TEST(a_silent_worker_is_ended),
        TEST(a_worker_that_never_says_hello_is_replaced),
        TEST(a_dead_worker_is_noticed_though_its_socket_stays_open),
        TEST(a_worker_that_talks_nonsense_is_replaced),
        TEST(an_answer_to_another_question_grades_nobody),
        TEST(a_timing_that_fails_on_our_side_leaves_the_correctness_points),
        TEST(a_source_that_does_not_unpack_is_parked_at_once),
        TEST(stopping_at_once_leaves_the_job_to_the_next_start),
        TEST(stopping_lets_a_running_job_finish),
        TEST(nothing_is_accepted_any_more_while_it_stops),
        TEST(stopping_with_a_full_disk_ends_and_keeps_the_job),
        TEST(a_full_disk_is_a_503_and_is_left_behind_without_a_restart),
        TEST(a_result_is_told_only_once_it_is_written),
        TEST(a_database_that_cannot_be_read_for_a_while_parks_nobody),
        TEST(a_file_system_without_room_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
