/* From the lock of the host down to one case, in the order in which things happen; its pairs are in
 * gpu_timing_pair.c. */
#include "worker/gpu_timing.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/check.h"
#include "worker/gpu_timing_pair.h"
#include "worker/judge.h"
#include "worker/timing_lock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS 1000000LL
#define SOURCE_BYTES_MAX ((size_t)1 << 20)
/* The inputs of a device's sizes take a processor seconds to make, and their answers as long to
 * judge; the kernels are the least of it. */
#define BUDGET_FACTOR 20
#define PRACTICE_SHARE 4

static struct err baseline_compile(struct worker *worker, const struct spec *spec,
                                   struct cuda_program *out);
static const char *nvml_path(const struct gpu *gpu);
static struct err cases_time(struct gpu_timing *timing, const struct cuda_program *program,
                             const struct cuda_program *baseline);
static struct err case_time(struct gpu_timing *timing, const struct cuda_program *program,
                            const struct cuda_program *baseline, struct wire_timed *row);
static struct err blocks_time(struct gpu_timing *timing);
static struct err answers_judge(struct gpu_timing *timing);
static bool block_fits(const struct gpu_timing *timing);
static void row_finish(struct gpu_timing *timing);
static uint64_t seed_of(const struct gpu_timing *timing);

struct err gpu_timing_run(struct worker *worker, const struct job *job, const struct spec *spec,
                          const struct cuda_program *program)
{
    auto_free struct cuda_program *baseline = calloc(1, sizeof *baseline);
    auto_free struct gpu_timing *timing = calloc(1, sizeof *timing);
    auto_close int lock = -1;

    if (baseline == NULL || timing == NULL)
        return err_make(ERR_SYSTEM, "memory for a timing");
    struct err err = worker_timing_lock(worker, &lock);
    if (!err_is(err))
        err = baseline_compile(worker, spec, baseline);
    if (!err_is(err)) {
        timing->worker = worker;
        timing->job = job;
        timing->spec = spec;
        timing->told_ns = clock_ns();
        nvml_open(&timing->nvml, nvml_path(&worker->gpu), worker->gpu.uuid);
        if (nvml_is_shared(&timing->nvml))
            err = err_make(ERR_BUSY, "MPS has clients on the device: nothing is timed beside them");
        else
            err = cases_time(timing, program, baseline);
        nvml_close(&timing->nvml);
    }
    buf_release(&baseline->cubin);
    return err;
}

/* Ours, but by the same path as a student's. */
static struct err baseline_compile(struct worker *worker, const struct spec *spec,
                                   struct cuda_program *out)
{
    const struct spec *const whole = spec_find(worker->specs, worker->specs_count, spec->name);
    char path[sizeof worker->toolchain.home + SPEC_NAME_MAX + 32];
    auto_buf struct buf text = buf_of(SOURCE_BYTES_MAX);
    struct wire_compiled compiled;

    (void)snprintf(path, sizeof path, "%s/reference/%s/baseline.cu", worker->toolchain.home,
                   spec->name); /* fits */
    struct err err = fdio_read_file(path, &text);
    if (err_is(err) || whole == NULL)
        return err_is(err) ? err : err_make(ERR_INTERNAL, "no assignment '%s'", spec->name);
    const struct cuda_source source = {
        .file_name = "baseline.cu", .text = text.at, .size = text.size};
    err = compile_cuda(&worker->toolchain, &worker->cuda, &worker->nvrtc, whole, &source, &compiled,
                       out);
    if (!err_is(err) && !compiled.good)
        err = err_make(ERR_INTERNAL, "baseline.cu of '%s' does not compile: %.80s", spec->name,
                       compiled.message);
    wire_compiled_release(&compiled);
    return err;
}

static const char *nvml_path(const struct gpu *gpu)
{
    const char *const *libraries = gpu->host.gpu.libraries;

    for (size_t i = 0; libraries != NULL && libraries[i] != NULL; i++)
        if (strstr(libraries[i], "libnvidia-ml.so") != NULL)
            return libraries[i];
    return NULL;
}

/* Each case gets an even share of what is left of the time; a time-out ends the stage. */
static struct err cases_time(struct gpu_timing *timing, const struct cuda_program *program,
                             const struct cuda_program *baseline)
{
    const struct worker *const worker = timing->worker;
    const struct job *const job = timing->job;
    const int64_t budget_ns = timing->spec->limits.timing_wall_ms * MS_NS * BUDGET_FACTOR /
                              (job->practice ? PRACTICE_SHARE : 1);
    const int64_t end_ns = clock_ns() + budget_ns;
    int cases[SPEC_CASES_MAX];
    const int count = check_cases(job, timing->spec, true, cases);
    struct err err = err_none();
    bool over = false;

    for (int i = 0; i < count && !err_is(err); i++) {
        struct event event = {.kind = EVENT_TIMED, .job = job->id, .timed = {.index = cases[i]}};
        struct wire_case *const check = &event.timed.check;
        const int64_t now_ns = clock_ns();
        judge_row(check, cases[i]);
        event.timed.timed_share = event.timed.floor_us = -1;
        timing->deadline_ns = now_ns + (end_ns - now_ns) / (count - i);
        timing->started_ns = now_ns;
        if (over) {
            check->verdict = VERDICT_NOT_RUN;
            (void)text_copy(check->code, sizeof check->code, "checking_ended"); /* fits */
        } else {
            err = case_time(timing, program, baseline, &event.timed);
        }
        over = over || check->verdict == VERDICT_TIME_LIMIT;
        if (!err_is(err))
            err = worker->emit(worker->emit_context, &event);
        event_release(&event);
    }
    return err;
}

static struct err case_time(struct gpu_timing *timing, const struct cuda_program *program,
                            const struct cuda_program *baseline, struct wire_timed *row)
{
    const struct gpu_runner_plan plan = {
        .gpu = &timing->worker->gpu,
        .spec = timing->spec,
        .programs = {[LAUNCHER_STUDENT] = program, [LAUNCHER_BASELINE] = baseline},
        .cases = &row->index,
        .cases_count = 1};

    timing->index = row->index;
    timing->plan = &program->plan;
    timing->row = row;
    timing->iteration = 0;
    timing->blocks_count = 0;
    timing->timed_ns = timing->block_ns = 0;
    timing->dropped = timing->host_clock = 0;
    timing->spoiled = false;
    timing->reasons = 0;
    timing->answers = (struct timing_answers){
        .job = timing->job, .spec = timing->spec, .index = row->index, .check = &row->check};
    struct err err = gpu_runner_new(&timing->runner, &plan);
    if (!err_is(err))
        err = timing_answers_make(&timing->answers);
    if (!err_is(err))
        err = answer_make(&timing->baseline_answer, timing->spec, &timing->spec->cases[row->index]);
    if (!err_is(err))
        err = gpu_timing_floor(timing);
    if (!err_is(err))
        err = blocks_time(timing);
    if (!err_is(err))
        err = answers_judge(timing);
    if (!err_is(err))
        row_finish(timing);
    timing_answers_release(&timing->answers);
    answer_release(&timing->baseline_answer);
    gpu_runner_free(timing->runner);
    timing->runner = NULL;
    return err;
}

/* Every TIMING_LAUNCH_BLOCKS blocks both are warmed anew, and the baseline's answer is judged. */
static struct err blocks_time(struct gpu_timing *timing)
{
    struct err err = err_none();

    while (timing->blocks_count < TIMING_BLOCKS_MAX && !err_is(err) && gpu_timing_fine(timing)) {
        const int64_t started_ns = clock_ns();
        if (!block_fits(timing) ||
            stats_enough(timing->blocks, timing->blocks_count, seed_of(timing)))
            break;
        if (timing->blocks_count % TIMING_LAUNCH_BLOCKS == 0)
            err = gpu_timing_warm(timing);
        if (!err_is(err) && gpu_timing_fine(timing) &&
            timing_answers_full(&timing->answers, (size_t)2 * TIMING_ATTEMPTS_MAX))
            err = answers_judge(timing);
        if (!err_is(err))
            err = worker_alive(timing->worker, &timing->told_ns);
        if (!err_is(err) && gpu_timing_fine(timing))
            err = gpu_timing_block(timing, &timing->blocks[timing->blocks_count]);
        if (!err_is(err) && gpu_timing_fine(timing))
            timing->blocks_count++;
        timing->block_ns = clock_ns() - started_ns;
    }
    return err;
}

/* A wrong one decides; the rest is dropped unread. */
static struct err answers_judge(struct gpu_timing *timing)
{
    struct err err = err_none();

    while (!err_is(err) && gpu_timing_fine(timing) && timing->answers.count > 0) {
        err = timing_answers_judge_last(&timing->answers);
        if (!err_is(err))
            err = worker_alive(timing->worker, &timing->told_ns);
    }
    return err;
}

/* Whether another block and all judgements end before the deadline. One is always run. */
static bool block_fits(const struct gpu_timing *timing)
{
    const int64_t checks = (int64_t)timing->answers.count + 2;

    return timing->blocks_count == 0 ||
           clock_ns() + timing->block_ns + checks * timing->answers.judge_ns <= timing->deadline_ns;
}

static void row_finish(struct gpu_timing *timing)
{
    struct wire_timed *const row = timing->row;
    const struct stats_result *const stats = &timing->stats;

    if (!gpu_timing_fine(timing) || timing->blocks_count == 0)
        return;
    stats_estimate(timing->blocks, timing->blocks_count, seed_of(timing), &timing->stats);
    row->measured = true;
    row->speedup = stats->speedup;
    row->low = stats->low;
    row->high = stats->high;
    row->pairs = (int64_t)timing->blocks_count * 2;
    row->student_us = stats->student / 1e3;
    row->baseline_us = stats->baseline / 1e3;
    row->noisy = stats->noisy || timing->spoiled;
    row->uneven = stats->uneven;
    row->floor_us = timing->floor_ns / 1e3;
    row->timed_share =
        fmin(1, (double)timing->timed_ns / (double)(clock_ns() - timing->started_ns));
    row->sm_mhz = timing->sm_mhz;
    row->memory_mhz = timing->memory_mhz;
    row->clock_reasons = (int64_t)(timing->reasons & 0xFFFFFFFF);
    row->dropped = timing->dropped;
    for (size_t i = 0; i < 2 * timing->blocks_count; i++) {
        const struct stats_block *const block = &timing->blocks[i / 2];
        row->ratios[row->ratios_count++] = block->baseline[i % 2] / block->student[i % 2];
    }
    log_line(LOG_INFO, "gpu.timed",
             "assignment=%s blocks=%zu floor_us=%.1f dropped=%d host_clock=%d reasons=%llx",
             timing->spec->name, timing->blocks_count, row->floor_us, timing->dropped,
             timing->host_clock, (unsigned long long)timing->reasons);
}

static uint64_t seed_of(const struct gpu_timing *timing)
{
    uint64_t seed;

    memcpy(&seed, timing->job->key, sizeof seed);
    return seed + (uint64_t)timing->index;
}
