/* When to test, the file, and the test. */
#include "worker/selftest.h"

#include "assignments/speed.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/peaks.h"
#include "worker/selftest_key.h"
#include "worker/timing.h"
#include "worker/timing_pair.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DAY_US ((int64_t)24 * 3600 * 1000000)
#define FILE_BYTES_MAX 4096
#define TRIALS 3
#define TRIAL_MS 3000 /* of the six seconds that a submission has for all its ranked cases */
#define ROUNDS 2      /* a neighbour may have come and gone during the first */

static struct err test(struct worker *worker, int job_fd, struct wire_calibration *out);
static struct err experts_test(struct worker *worker, int job_fd, struct wire_calibration *out);
static struct err expert_run(struct worker *worker, const struct spec *spec, int job_fd,
                             double *out_speedup);
static struct err trials_run(struct timing_bench *bench, int job_fd, struct wire_calibration *out);
static struct err case_run(const struct timing_bench *bench, int index, int job_fd, int trials,
                           double *out_ratio);
static struct err trial_run(struct timing_pairs *pairs, int job_fd, double *out_ratio);
static void store(const struct worker *worker, const struct wire_calibration *calibration);
static struct err take_over(struct worker *worker, const struct wire_calibration *calibration);
static const struct spec *ranked_find(const struct worker *worker, int *out_case);
static bool is_ranked(const struct spec *spec, int index);
static bool is_wanted(int job_fd);

struct err selftest_load(struct worker *worker)
{
    struct wire_calibration found = {.made_at = 0};
    auto_buf struct buf text = buf_of(FILE_BYTES_MAX);
    char key[65];

    if (*worker->calibration_file == '\0')
        return err_none();
    struct err err = selftest_key(worker, key);
    if (err_is(err))
        return err;
    err = fdio_read_file(worker->calibration_file, &text);
    if (!err_is(err))
        err = wire_calibration_parse(&found, text.at, text.size);
    if (err_is(err) || strcmp(found.key, key) != 0 || found.made_at > clock_utc_us())
        return err_none(); /* none that is of use: the next test writes a new one */
    worker->hello.calibration = found;
    return err_none();
}

int64_t selftest_due_ms(const struct worker *worker)
{
    const struct wire_calibration *calibration = &worker->hello.calibration;
    const int64_t good_us = *calibration->complaint != '\0' ? WIRE_DOUBT_US : DAY_US;

    if (*worker->calibration_file == '\0' || worker->hello.processors < 2)
        return DAY_US / 1000;
    if (calibration->made_at == 0)
        return 0;
    return (calibration->made_at + good_us - clock_utc_us()) / 1000;
}

struct err selftest_run(struct worker *worker, int job_fd)
{
    struct wire_calibration made = {.made_at = 0};

    if (selftest_due_ms(worker) > 0)
        return err_none();
    struct err err = test(worker, job_fd, &made);
    if (err.code == ERR_BUSY)
        return err_none(); /* we gave way; it stays due */
    if (!err_is(err) && made.made_at == 0)
        return take_over(worker, &worker->hello.calibration); /* another worker's, from the file */
    if (!err_is(err)) {
        store(worker, &made);
        return take_over(worker, &made);
    }
    log_err("selftest.failed", err);
    worker_close_slots(worker);
    made = (struct wire_calibration){.made_at = clock_utc_us()};
    (void)text_copy(made.complaint, sizeof made.complaint, "its test of itself failed"); /* fits */
    return take_over(worker, &made);
}

/* Leaves out->made_at at 0 if the file is good by the time that it is our turn. */
static struct err test(struct worker *worker, int job_fd, struct wire_calibration *out)
{
    struct timing_bench bench = {
        .worker = worker, .student_program = -1, .impatient = job_fd >= 0, .measures_floor = true};
    struct speed_peaks peaks;

    bench.spec = ranked_find(worker, &bench.first_case);
    if (bench.spec == NULL)
        return err_make(ERR_INPUT, "no assignment has a ranked case to test this machine with");
    struct err err = timing_bench_open(&bench);
    if (!err_is(err))
        err = selftest_load(worker);
    if (!err_is(err) && selftest_due_ms(worker) <= 0) {
        *out = (struct wire_calibration){.error = INFINITY, .floor_us = bench.floor_ns / 1e3};
        for (int i = 0; i < ROUNDS && !err_is(err) && out->error > SELFTEST_ERROR_MAX; i++)
            err = trials_run(&bench, job_fd, out);
        peaks_measure(&peaks);
        out->gigaflops = peaks.gigaflops;
        out->gigaops = peaks.gigaops;
        out->gigabytes = peaks.gigabytes;
        out->made_at = clock_utc_us();
    }
    timing_bench_close(&bench);
    if (err_is(err) || out->made_at == 0)
        return err;
    if (out->error > SELFTEST_ERROR_MAX)
        (void)snprintf(out->complaint, sizeof out->complaint,
                       "the baseline against itself was off by %.1f %%, at most %.0f %% is allowed",
                       out->error * 100, SELFTEST_ERROR_MAX * 100); /* fits */
    else
        err = experts_test(worker, job_fd, out);
    return err_is(err) ? err : selftest_key(worker, out->key);
}

/* Where an assignment records what its expert reaches in this class, it must reach that here too:
 * else this machine is another one, and its ranks would mean nothing beside the others'. */
static struct err experts_test(struct worker *worker, int job_fd, struct wire_calibration *out)
{
    for (size_t i = 0; i < worker->specs_count && *out->complaint == '\0'; i++) {
        const struct spec *spec = &worker->specs[i];
        const double recorded = spec_expert(spec, worker->toolchain.class_name);
        double measured = 0;
        if (recorded == 0)
            continue;
        struct err err = expert_run(worker, spec, job_fd, &measured);
        if (err_is(err))
            return err;
        if (!speed_expert_fits(recorded, measured))
            (void)snprintf(out->complaint, sizeof out->complaint,
                           "%s: its expert ran %.2fx here, %.2fx is recorded for its class",
                           spec->name, measured, recorded); /* fits */
    }
    return err_none();
}

/* The geometric mean over the ranked cases, as grader calibrate takes it. */
static struct err expert_run(struct worker *worker, const struct spec *spec, int job_fd,
                             double *out_speedup)
{
    struct timing_bench bench = {
        .worker = worker, .spec = spec, .student_program = -1, .impatient = job_fd >= 0};
    double sum = 0;
    int count = 0, program = -1;

    for (int i = spec->cases_count - 1; i >= 0; i--)
        if (is_ranked(spec, i))
            bench.first_case = i;
    struct err err = timing_bench_open(&bench);
    if (!err_is(err))
        err = timing_bench_compile(&bench, "expert.c", &program);
    bench.student_program = program;
    for (int i = bench.first_case; i < spec->cases_count && !err_is(err); i++) {
        double ratio = 1;
        if (!is_ranked(spec, i))
            continue;
        err = case_run(&bench, i, job_fd, 1, &ratio);
        sum += log(ratio);
        count++;
    }
    timing_bench_close(&bench);
    err_cleanup_close(&program);
    *out_speedup = count > 0 ? exp(sum / count) : 0;
    return err;
}

static struct err trials_run(struct timing_bench *bench, int job_fd, struct wire_calibration *out)
{
    bench->student_program = bench->baseline_program;
    struct err err = case_run(bench, bench->first_case, job_fd, TRIALS, &out->error);
    bench->student_program = -1;
    out->error = fabs(out->error - 1);
    out->trials = TRIALS;
    return err;
}

/* The ratio of the trial that is farthest from 1. */
static struct err case_run(const struct timing_bench *bench, int index, int job_fd, int trials,
                           double *out_ratio)
{
    static const unsigned char key[RANDOM_KEY_BYTES]; /* the inputs do not matter */
    struct timing_pairs pairs = {
        .bench = bench, .index = index, .key = key, .deadline_ns = INT64_MAX};

    *out_ratio = 1;
    struct err err = timing_bench_runner(bench, index, true, &pairs.student);
    if (!err_is(err))
        err = timing_bench_runner(bench, index, false, &pairs.baseline);
    for (int i = 0; i < trials && !err_is(err); i++) {
        double ratio = 1;
        err = trial_run(&pairs, job_fd, &ratio);
        if (fabs(ratio - 1) > fabs(*out_ratio - 1))
            *out_ratio = ratio;
    }
    runner_free(pairs.student);
    runner_free(pairs.baseline);
    return err;
}

/* As a submission, with less time. */
static struct err trial_run(struct timing_pairs *pairs, int job_fd, double *out_ratio)
{
    const int64_t end_ns = clock_ns() + TRIAL_MS * (int64_t)1000000;
    struct stats_block blocks[TIMING_BLOCKS_MAX];
    struct stats_result result;
    struct err err = err_none();
    size_t count = 0;

    while (count < COUNT(blocks) && !err_is(err) && !stats_enough(blocks, count, 1)) {
        if (is_wanted(job_fd))
            return err_make(ERR_BUSY, "a job waits");
        if (count >= (size_t)2 * TIMING_LAUNCH_BLOCKS && clock_ns() > end_ns)
            break;
        if (count % TIMING_LAUNCH_BLOCKS == 0) {
            err = timing_pair_launch(pairs);
            if (!err_is(err))
                err = timing_pair_warm(pairs);
        }
        if (!err_is(err))
            err = timing_pair_block(pairs, &blocks[count]);
        count++;
    }
    if (err_is(err))
        return err;
    stats_estimate(blocks, count, 1, &result);
    *out_ratio = result.speedup;
    return err_none();
}

static void store(const struct worker *worker, const struct wire_calibration *calibration)
{
    auto_buf struct buf text = buf_of(FILE_BYTES_MAX);

    struct err err = wire_calibration_json(&text, calibration);
    if (!err_is(err))
        err = fdio_write_file(worker->calibration_file, text.at, text.size, 0644);
    if (err_is(err))
        log_err("selftest.store", err); /* it holds for this worker all the same */
}

static struct err take_over(struct worker *worker, const struct wire_calibration *calibration)
{
    struct event event = {.kind = EVENT_HELLO};

    worker->hello.calibration = *calibration;
    worker_hello_rank(worker);
    log_line(LOG_INFO, "selftest.done", "error=%.4f floor_us=%.1f gigaflops=%.0f complaint=\"%s\"",
             calibration->error, calibration->floor_us, calibration->gigaflops,
             calibration->complaint);
    event.hello = worker->hello;
    return worker->emit(worker->emit_context, &event);
}

/* The first by name: which one does not matter, but it is always the same. */
static const struct spec *ranked_find(const struct worker *worker, int *out_case)
{
    for (size_t i = 0; i < worker->specs_count; i++)
        for (int k = 0; k < worker->specs[i].cases_count; k++)
            if (is_ranked(&worker->specs[i], k)) {
                *out_case = k;
                return &worker->specs[i];
            }
    return NULL;
}

static bool is_ranked(const struct spec *spec, int index)
{
    return spec->groups[spec->cases[index].group].is_speed;
}

static bool is_wanted(int job_fd)
{
    bool ready = false;

    return job_fd >= 0 && !err_is(fdio_wait(job_fd, 0, &ready)) && ready;
}
