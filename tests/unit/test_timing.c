/* The timing job of a real worker: what is measured, what is refused, one at a time per host. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/worker_client.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HELD_MS 200 /* how long a job is watched while the lock is held */

/* A right kernel, renamed, behind one that decides by the size of the case: in the ranked ones
 * Tq is at least 512. */
#define WRAPPED_BEGIN "#define attention attention_right\n"
#define WRAPPED_END                                                                                \
    "\n#undef attention\n"                                                                         \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o)\n{\n static int calls;\n"                                                 \
    " attention_right(B, H, Tq, Tk, D, q, k, v, kvlen, causal, o);\n calls++;\n"

struct bench {
    struct worker_client client;
    bool up;
    char lock[64];
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return -1;
    *state = bench;
    (void)strcpy(bench->lock, "/tmp/test-timing-XXXXXX");
    int fd = mkstemp(bench->lock);
    if (fd < 0)
        return -1;
    (void)close(fd); /* only its name is wanted */
    const char *const arguments[] = {"--home", ".", "--timing-lock", bench->lock, NULL};
    bench->up = client_start(&bench->client, arguments);
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    int code = bench->up ? client_stop(&bench->client) : 0;
    (void)unlink(bench->lock); /* a temporary file */
    free(bench);
    return code;
}

static struct bench *bench_of(void **state)
{
    struct bench *bench = *state;
    if (bench->up && bench->client.hello.processors >= 2 &&
        strcmp(bench->client.hello.class_name, "cpu:x86-64") != 0)
        assert_true(bench->client.hello.ranked);
    if (bench->up && !bench->client.hello.ranked)
        print_message("skipped: this host measures nothing: %s\n",
                      bench->client.hello.unranked_why);
    if (!bench->up || !bench->client.hello.ranked)
        skip();
    return bench;
}

static struct job wrapped_job(const char *body)
{
    auto_buf struct buf text = buf_of(WIRE_FRAME_MAX);

    buf_text(&text, WRAPPED_BEGIN);
    assert_false(err_is(fdio_read_file("reference/attention/expert.c", &text)));
    buf_text(&text, WRAPPED_END);
    buf_text(&text, body);
    buf_text(&text, "}\n");
    struct job job = client_job_text(JOB_TIME, "attention", text.at);
    job.practice = true;
    return job;
}

static void the_baseline_against_itself_is_about_one(void **state)
{
    struct bench *bench = bench_of(state);
    struct job job = client_job(JOB_TIME, "attention", "reference/attention/baseline.c");
    struct client_events events;

    job.practice = true;
    const int64_t started_ns = clock_ns();
    client_run(&bench->client, &job, &events);
    const double took_us = (double)(clock_ns() - started_ns) / 1e3;
    assert_int_equal(events.count, 4);
    assert_int_equal(events.list[3].done.outcome, OUTCOME_TIMED);
    for (int i = 1; i <= 2; i++) {
        const struct wire_timed *timed = &events.list[i].timed;
        assert_int_equal(events.list[i].kind, EVENT_TIMED);
        assert_true(timed->measured);
        assert_int_equal(timed->check.verdict, VERDICT_PASS);
        assert_true(timed->check.has_error_ratio && timed->check.error_ratio <= 1);
        assert_int_equal(timed->pairs, timed->ratios_count);
        assert_true(timed->pairs >= 2 && timed->pairs % 2 == 0);
        assert_true(timed->student_us > 0 && timed->baseline_us > 0);
        assert_true(timed->floor_us > 1 && timed->floor_us < timed->baseline_us);
        /* All that was on the clock, of what the case took; half of each side's calls took its
         * median or longer. */
        assert_true(timed->timed_share < 1);
        assert_true(timed->timed_share * took_us >=
                    (double)timed->pairs * (timed->student_us + timed->baseline_us) / 2);
        /* Wide, because a busy host shows here; the interval says so. */
        assert_true(timed->speedup > 0.4 && timed->speedup < 2.5);
    }
    client_events_release(&events);
    job_release(&job);
}

static void a_wrong_timed_output_is_found_wherever_it_is(void **state)
{
    static const char *const bodies[] = {
        "if (Tq >= 512) o[(size_t)B * H * Tq * D - 1] += 1;",
        "if (calls == 3) o[0] += 1;", /* not the first */
    };
    struct bench *bench = bench_of(state);

    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct job job = wrapped_job(bodies[i]);
        struct client_events events;
        client_run(&bench->client, &job, &events);
        const struct wire_case *bad = client_first_bad(&events);
        assert_non_null(bad);
        assert_int_equal(bad->verdict, VERDICT_WRONG);
        assert_false(events.list[1].timed.measured);
        assert_int_equal(events.list[events.count - 1].done.outcome, OUTCOME_TIMED);
        client_events_release(&events);
        job_release(&job);
    }
}

static void a_program_that_ends_while_it_is_timed_has_no_speed(void **state)
{
    static const struct {
        const char *body;
        enum verdict first, second;
    } rows[] = {
        {"if (calls == 2) __builtin_trap();", VERDICT_RUNTIME_ERROR, VERDICT_RUNTIME_ERROR},
        {"o[(size_t)B * H * Tq * D] = 1;", VERDICT_RUNTIME_ERROR, VERDICT_RUNTIME_ERROR},
        {"if (calls == 2) __asm__ volatile(\"syscall\" : : \"a\"(57) : \"rcx\", \"r11\");",
         VERDICT_FORBIDDEN_CALL, VERDICT_NOT_RUN},
    };
    struct bench *bench = bench_of(state);

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct job job = wrapped_job(rows[i].body);
        struct client_events events;
        client_run(&bench->client, &job, &events);
        assert_int_equal(events.count, 4);
        assert_int_equal(events.list[1].timed.check.verdict, rows[i].first);
        assert_int_equal(events.list[2].timed.check.verdict, rows[i].second);
        assert_false(events.list[1].timed.measured || events.list[2].timed.measured);
        client_events_release(&events);
        job_release(&job);
    }
}

static void waiting_does_not_throw_a_pair_away(void **state)
{
    struct bench *bench = bench_of(state);
    /* 100 ms in every third call, by futex: wall time without CPU time. */
    struct job job = wrapped_job("static const long nap[2] = {0, 100000000}; static int word;\n"
                                 "if (Tq >= 512 && calls % 3 == 0) { register const long *time "
                                 "__asm__(\"r10\") = nap; long got;"
                                 " __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(202), "
                                 "\"D\"(&word), \"S\"(0), \"d\"(0),"
                                 " \"r\"(time) : \"rcx\", \"r11\", \"memory\"); }");
    struct client_events events;
    size_t slow = 0;
    double best = 0;

    job.practice = false;                   /* its time for one case: enough pairs on any machine */
    (void)strcpy(job.only_case, "prefill"); /* fits */
    client_run(&bench->client, &job, &events);
    const struct wire_timed *timed = &events.list[1].timed;
    assert_true(timed->measured);
    for (int i = 0; i < timed->ratios_count; i++)
        best = timed->ratios[i] > best ? timed->ratios[i] : best;
    for (int i = 0; i < timed->ratios_count; i++)
        slow += timed->ratios[i] < best / 2;
    const int count = (int)timed->ratios_count;
    client_events_release(&events);
    job_release(&job);
    if (count < 4) { /* sanitizers fill the budget */
        print_message("skipped: %d pairs are too few to see it\n", count);
        skip();
    }
    if (slow < (size_t)count / 4)
        fail_msg("%zu of %d pairs show it", slow, count);
}

static void only_case_times_that_one_and_no_unranked_case(void **state)
{
    struct bench *bench = bench_of(state);
    struct job job = client_job(JOB_TIME, "attention", "reference/attention/expert.c");
    struct client_events events;

    job.practice = true;
    (void)strcpy(job.only_case, "padded");
    client_run(&bench->client, &job, &events);
    assert_int_equal(events.count, 3);
    assert_int_equal(events.list[1].timed.index, 18);
    client_events_release(&events);

    (void)strcpy(job.only_case, "odd");
    client_run(&bench->client, &job, &events);
    assert_int_equal(events.count, 2);
    client_events_release(&events);
    job_release(&job);
}

static void a_timing_waits_for_the_lock_and_a_check_does_not(void **state)
{
    struct bench *bench = bench_of(state);
    struct job check = client_job(JOB_CHECK, "attention", "reference/attention/expert.c");
    struct job job = client_job(JOB_TIME, "attention", "reference/attention/expert.c");
    struct client_events events;
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX + 4);
    bool ready = false;

    auto_close int lock = open(bench->lock, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    client_run(&bench->client, &check, &events);
    assert_int_equal(events.list[events.count - 1].done.outcome, OUTCOME_CHECKED);
    client_events_release(&events);

    job.practice = true;
    (void)strcpy(job.only_case, "padded");
    assert_false(err_is(wire_put_job(&frame, &job)));
    assert_false(err_is(fdio_write(bench->client.fd, frame.at, frame.size)));
    client_event(&bench->client, &events.list[0]);
    assert_int_equal(events.list[0].kind, EVENT_COMPILED);
    event_release(&events.list[0]);
    assert_false(err_is(fdio_wait(bench->client.fd, HELD_MS, &ready)));
    assert_false(ready);

    assert_int_equal(flock(lock, LOCK_UN), 0);
    client_event(&bench->client, &events.list[0]);
    assert_int_equal(events.list[0].kind, EVENT_TIMED);
    event_release(&events.list[0]);
    client_event(&bench->client, &events.list[0]);
    assert_int_equal(events.list[0].done.outcome, OUTCOME_TIMED);
    job_release(&check);
    job_release(&job);
}

static void one_processor_measures_nothing(void **state)
{
    (void)bench_of(state);
    struct worker_client client;
    struct client_events events;
    const char *const arguments[] = {"--home", ".", NULL};
    cpu_set_t before, one;

    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    bool up = client_start(&client, arguments);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_true(up);
    assert_false(client.hello.ranked);
    assert_int_equal(client.hello.processors, 1);

    struct job job = client_job(JOB_TIME, "attention", "reference/attention/expert.c");
    client_run(&client, &job, &events);
    assert_int_equal(events.list[0].done.outcome, OUTCOME_SYSTEM_ERROR);
    client_events_release(&events);
    job_release(&job);
    assert_int_equal(client_stop(&client), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_baseline_against_itself_is_about_one),
        cmocka_unit_test(a_wrong_timed_output_is_found_wherever_it_is),
        cmocka_unit_test(a_program_that_ends_while_it_is_timed_has_no_speed),
        cmocka_unit_test(waiting_does_not_throw_a_pair_away),
        cmocka_unit_test(only_case_times_that_one_and_no_unranked_case),
        cmocka_unit_test(a_timing_waits_for_the_lock_and_a_check_does_not),
        cmocka_unit_test(one_processor_measures_nothing),
    };
    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
