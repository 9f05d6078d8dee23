/* A worker's test of itself: what it says, what it keeps, what it believes of a file. */
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/worker_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDLE_MS_MAX 60000 /* a worker that nobody asks for anything has tested itself by then */

struct place {
    char folder[64], file[96], lock[96], overlay[96];
    bool ranked;
};

/* The first assignment by name with ranked cases that take a moment, so that a test is short.
 */
static void overlay_make(struct place *place)
{
    char path[160];
    auto_buf struct buf text = buf_of((size_t)1 << 20);
    auto_buf struct buf small = buf_of((size_t)1 << 20);

    assert_false(err_is(fdio_read_file("assignments/attention/assignment.json", &text)));
    for (const char *at = text.at; *at != '\0';) {
        const bool large = strncmp(at, "\"Tq\":704,\"Tk\":704", 17) == 0;
        if (large)
            buf_text(&small, "\"Tq\":96,\"Tk\":96");
        else
            buf_append(&small, at, 1);
        at += large ? 17 : 1;
    }
    (void)snprintf(place->overlay, sizeof place->overlay, "%s/overlay", place->folder);
    (void)snprintf(path, sizeof path, "%s/attention", place->overlay);
    assert_int_equal(mkdir(place->overlay, 0755), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    (void)snprintf(path, sizeof path, "%s/attention/assignment.json", place->overlay);
    assert_false(err_is(fdio_write_file(path, small.at, small.size, 0644)));
}

static int place_make(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    if (place == NULL)
        return -1;
    *state = place;
    (void)strcpy(place->folder, "/tmp/test-selftest-XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->file, sizeof place->file, "%s/calibration.json", place->folder);
    (void)snprintf(place->lock, sizeof place->lock, "%s/lock", place->folder);
    overlay_make(place);
    return 0;
}

static int place_remove(void **state)
{
    struct place *place = *state;
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", place->folder);
    int code = system(command);
    free(place);
    return code;
}

/* A worker of this place; skips the test where a host cannot measure at all. */
static void worker_start(struct worker_client *client, const struct place *place, bool self_test)
{
    const char *const arguments[] = {"--home",
                                     ".",
                                     "--timing-lock",
                                     place->lock,
                                     "--assignments",
                                     place->overlay,
                                     "--calibration",
                                     place->file,
                                     self_test ? "--self-test" : NULL,
                                     NULL};

    if (!client_start(client, arguments))
        skip();
    if (client->hello.processors < 2 || strcmp(client->hello.class_name, "cpu:x86-64") == 0) {
        (void)client_stop(client);
        print_message("skipped: this host measures nothing\n");
        skip();
    }
}

/* Writes the place's file anew with another fact in it. */
static void forge(const struct place *place, const struct wire_calibration *calibration)
{
    auto_buf struct buf text = buf_of(4096);

    assert_false(err_is(wire_calibration_json(&text, calibration)));
    assert_false(err_is(fdio_write_file(place->file, text.at, text.size, 0644)));
}

static void a_calibrate_job_measures_writes_and_says_so(void **state)
{
    const struct place *place = *state;
    const struct job job = {.id = 7, .kind = JOB_CALIBRATE};
    struct worker_client client, next;
    struct client_events events;

    worker_start(&client, place, false);
    assert_true(client.hello.calibration.made_at == 0);
    client_run(&client, &job, &events);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.list[0].done.outcome, OUTCOME_CALIBRATED);
    const struct wire_calibration made = client.hello.calibration;
    assert_true(made.made_at > 0 && made.trials >= 3 && strlen(made.key) == 64);
    assert_true(made.error >= 0 && made.error < 0.5); /* wide: a busy host shows here */
    assert_true(made.floor_us > 1 && made.floor_us < 20000);
    assert_true(made.gigaflops > 1 && made.gigaops > 1 && made.gigabytes > 0.5);
    /* Products of bytes: at most four times as many to an instruction, and as many instructions. */
    assert_true(made.gigaops <= 8 * made.gigaflops);
    assert_int_equal(*made.complaint != '\0', made.error > 0.01);
    assert_true(client.hello.ranked); /* without --self-test a complaint keeps nobody away */

    client_run(&client, &job, &events); /* it is good now: nothing is measured again */
    assert_true(client.hello.calibration.made_at == made.made_at);
    assert_int_equal(client_stop(&client), 0);

    worker_start(&next, place, true);
    assert_memory_equal(&next.hello.calibration, &made, sizeof made);
    assert_int_equal(client_stop(&next), 0);
}

static void a_file_of_another_machine_or_build_is_not_believed(void **state)
{
    const struct place *place = *state;
    struct worker_client client;
    struct wire_calibration other;

    worker_start(&client, place, false);
    other = client.hello.calibration;
    assert_true(other.made_at > 0);
    assert_int_equal(client_stop(&client), 0);
    const struct wire_calibration good = other;

    other.key[0] = other.key[0] == '0' ? '1' : '0';
    forge(place, &other);
    worker_start(&client, place, false);
    assert_true(client.hello.calibration.made_at == 0);
    assert_int_equal(client_stop(&client), 0);

    assert_false(err_is(fdio_write_file(place->file, "{\"made_at\":", 11, 0644)));
    worker_start(&client, place, false);
    assert_true(client.hello.calibration.made_at == 0);
    assert_int_equal(client_stop(&client), 0);
    forge(place, &good);
}

static void a_worker_with_a_complaint_takes_no_ranked_work(void **state)
{
    const struct place *place = *state;
    struct job job = client_job(JOB_TIME, "attention", "reference/attention/expert.c");
    struct worker_client client;
    struct client_events events;
    struct wire_calibration bad;

    worker_start(&client, place, false);
    const struct wire_calibration good = client.hello.calibration;
    assert_int_equal(client_stop(&client), 0);
    bad = good;
    (void)strcpy(bad.complaint, "off by 2.0 %");
    forge(place, &bad);

    worker_start(&client, place, true);
    assert_false(client.hello.ranked);
    assert_string_equal(client.hello.unranked_why, "off by 2.0 %");
    job.practice = true;
    client_run(&client, &job, &events);
    assert_int_equal(events.list[0].done.outcome, OUTCOME_SYSTEM_ERROR);
    assert_non_null(strstr(events.list[0].done.message, "off by 2.0 %"));
    client_events_release(&events);
    assert_int_equal(client_stop(&client), 0);
    forge(place, &good);
    job_release(&job);
}

/* The overlay's text with a class that records an expert which no machine reaches. */
static void an_expert_that_is_another_one_here_is_a_complaint(void **state)
{
    const struct place *place = *state;
    const struct job job = {.id = 7, .kind = JOB_CALIBRATE};
    struct worker_client client;
    struct client_events events;
    char path[160];
    auto_buf struct buf text = buf_of((size_t)1 << 20);
    auto_buf struct buf changed = buf_of((size_t)1 << 20);

    (void)snprintf(path, sizeof path, "%s/attention/assignment.json", place->overlay);
    assert_false(err_is(fdio_read_file(path, &text)));
    for (const char *at = text.at; *at != '\0'; at++) {
        if (strncmp(at, "\"target\"", 8) == 0) /* in every class */
            buf_text(&changed, "\"expert\": 9000, ");
        buf_append(&changed, at, 1);
    }
    assert_false(err_is(fdio_write_file(path, changed.at, changed.size, 0644)));
    worker_start(&client, place, true);
    assert_true(client.hello.calibration.made_at == 0); /* another version: tested anew */
    client_run(&client, &job, &events);
    assert_int_equal(events.list[0].done.outcome, OUTCOME_CALIBRATED);
    const bool quiet = client.hello.calibration.error <= 0.01;
    if (quiet) {
        assert_non_null(strstr(client.hello.unranked_why, "attention: its expert ran "));
        assert_non_null(strstr(client.hello.unranked_why, "9000.00x is recorded"));
    }
    assert_false(client.hello.ranked);
    assert_int_equal(client_stop(&client), 0);
    assert_false(err_is(fdio_write_file(path, text.at, text.size, 0644)));
    if (!quiet) {
        buf_release(&text); /* skip() comes back to no scope */
        buf_release(&changed);
        print_message("skipped: this host is too busy to get as far as the expert\n");
        skip();
    }
}

static void a_worker_tests_itself_while_nothing_is_asked_and_gives_way(void **state)
{
    const struct place *place = *state;
    struct job job = client_job(JOB_CHECK, "attention", "reference/attention/expert.c");
    struct worker_client client;
    struct client_events events;
    struct event event;
    bool ready = false;

    assert_int_equal(unlink(place->file), 0);
    worker_start(&client, place, true);
    assert_true(client.hello.calibration.made_at == 0);
    client_run(&client, &job, &events); /* a job is not kept waiting by it */
    assert_int_equal(events.list[events.count - 1].done.outcome, OUTCOME_CHECKED);
    client_events_release(&events);
    if (client.hello.calibration.made_at == 0) { /* unless it was quicker than the job */
        assert_false(err_is(fdio_wait(client.fd, IDLE_MS_MAX, &ready)));
        assert_true(ready);
        client_event(&client, &event);
        assert_int_equal(event.kind, EVENT_HELLO);
        assert_true(event.hello.calibration.made_at > 0);
    }
    assert_int_equal(access(place->file, R_OK), 0);
    assert_int_equal(client_stop(&client), 0);
    job_release(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_calibrate_job_measures_writes_and_says_so),
        cmocka_unit_test(a_file_of_another_machine_or_build_is_not_believed),
        cmocka_unit_test(a_worker_with_a_complaint_takes_no_ranked_work),
        cmocka_unit_test(an_expert_that_is_another_one_here_is_a_complaint),
        cmocka_unit_test(a_worker_tests_itself_while_nothing_is_asked_and_gives_way),
    };
    return cmocka_run_group_tests(tests, place_make, place_remove);
}
