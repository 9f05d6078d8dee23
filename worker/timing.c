/* From the lock of the host down to one timed call, in the order in which things happen. */
#include "worker/timing.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"
#include "worker/cause.h"
#include "worker/check.h"
#include "worker/judge.h"
#include "worker/runner.h"
#include "worker/stats.h"
#include "worker/timing_answers.h"

#include <stdlib.h>
#include <string.h>

#define MS_NS 1000000LL
#define PRACTICE_SHARE 4 /* practice gets a quarter of the time */

/* One ranked case. */
struct timing {
    const struct timing_bench *bench;
    const struct job *job;
    const struct spec *spec;
    int index;
    int64_t started_ns;
    struct timing_pairs pairs;
    struct timing_answers answers;
    struct stats_block blocks[TIMING_BLOCKS_MAX];
    size_t blocks_count;
    struct stats_result stats;
    int64_t block_ns, launch_ns; /* what each took last */
    struct wire_timed *row;
};

static struct err cases_time(const struct timing_bench *bench, struct worker *worker,
                             const struct job *job, const struct spec *spec);
static struct err case_time(struct timing *timing);
static struct err blocks_time(struct timing *timing);
static bool is_enough(const struct timing *timing);
static bool block_fits(const struct timing *timing);
static struct err launch(struct timing *timing);
static struct err warm_up(struct timing *timing);
static struct err block_time(struct timing *timing);
static struct err student_keep(void *context, const struct runner_result *result, bool *out_go_on);
static void row_finish(struct timing *timing);
static bool is_fine(const struct timing *timing);
static uint64_t seed_of(const struct job *job, int index);

_Static_assert(2 * TIMING_BLOCKS_MAX <= WIRE_RATIOS_MAX, "all ratios travel");
_Static_assert(TIMING_BLOCKS_MAX <= STATS_BLOCKS_MAX, "all blocks count");

struct err timing_run(struct worker *worker, const struct job *job, const struct spec *spec,
                      int program)
{
    int cases[SPEC_CASES_MAX];
    struct timing_bench bench;

    if (check_cases(job, spec, true, cases) == 0)
        return err_none();
    bench = (struct timing_bench){
        .worker = worker, .spec = spec, .student_program = program, .first_case = cases[0]};
    struct err err = timing_bench_open(&bench);
    if (!err_is(err))
        err = cases_time(&bench, worker, job, spec);
    timing_bench_close(&bench);
    return err;
}

/* Each case gets an even share of what is left of the time; a time-out or a forbidden call ends the
 * stage. */
static struct err cases_time(const struct timing_bench *bench, struct worker *worker,
                             const struct job *job, const struct spec *spec)
{
    const int64_t budget_ns =
        spec->limits.timing_wall_ms * MS_NS / (job->practice ? PRACTICE_SHARE : 1);
    const int64_t end_ns = clock_ns() + budget_ns;
    int cases[SPEC_CASES_MAX];
    const int count = check_cases(job, spec, true, cases);
    struct err err = err_none();
    bool over = false;

    for (int i = 0; i < count && !err_is(err); i++) {
        struct event event = {.kind = EVENT_TIMED, .job = job->id, .timed = {.index = cases[i]}};
        struct timing *timing = calloc(1, sizeof *timing);
        if (timing == NULL)
            return err_make(ERR_SYSTEM, "memory for a timing");
        int64_t now_ns = clock_ns();
        timing->bench = bench;
        timing->job = job;
        timing->spec = spec;
        timing->index = cases[i];
        timing->started_ns = now_ns;
        timing->pairs =
            (struct timing_pairs){.bench = bench,
                                  .index = cases[i],
                                  .key = job->key,
                                  .deadline_ns = now_ns + (end_ns - now_ns) / (count - i),
                                  .keep = student_keep,
                                  .context = timing};
        timing->row = &event.timed;
        timing->answers = (struct timing_answers){
            .job = job,
            .spec = spec,
            .index = cases[i],
            .check = &event.timed.check,
            .processors = worker->processors.count > 1 ? &worker->processors : NULL};

        judge_row(&event.timed.check, cases[i]);
        if (over) {
            event.timed.check.verdict = VERDICT_NOT_RUN;
            (void)text_copy(event.timed.check.code, sizeof event.timed.check.code,
                            "checking_ended"); /* fits */
        } else {
            err = case_time(timing);
        }
        over = over || event.timed.check.verdict == VERDICT_TIME_LIMIT ||
               event.timed.check.verdict == VERDICT_FORBIDDEN_CALL;
        free(timing);
        if (!err_is(err))
            err = worker->emit(worker->emit_context, &event);
        event_release(&event);
    }
    return err;
}

static struct err case_time(struct timing *timing)
{
    struct err err =
        timing_bench_runner(timing->bench, timing->index, true, &timing->pairs.student);
    if (!err_is(err))
        err = timing_bench_runner(timing->bench, timing->index, false, &timing->pairs.baseline);
    if (!err_is(err))
        err = timing_answers_make(&timing->answers);
    if (!err_is(err))
        err = blocks_time(timing);
    if (!err_is(err))
        err = timing_answers_judge(&timing->answers);
    if (!err_is(err))
        row_finish(timing);

    timing_answers_release(&timing->answers);
    runner_free(timing->pairs.student);
    runner_free(timing->pairs.baseline);
    return err;
}

static struct err blocks_time(struct timing *timing)
{
    struct err err = err_none();

    while (!is_enough(timing) && !err_is(err) && is_fine(timing)) {
        if (!block_fits(timing))
            break;
        if (timing->blocks_count % TIMING_LAUNCH_BLOCKS == 0)
            err = launch(timing);
        if (!err_is(err) && is_fine(timing))
            err = block_time(timing);
    }
    return err;
}

/* A block is two pairs. */
static bool is_enough(const struct timing *timing)
{
    const size_t count = timing->blocks_count, pairs = 2 * count;

    if (count >= TIMING_BLOCKS_MAX || (count > 0 && pairs + 2 > (size_t)timing->spec->pairs_max))
        return true;
    return pairs >= (size_t)timing->spec->pairs_min &&
           stats_enough(timing->blocks, count, seed_of(timing->job, timing->index));
}

/* Whether another block, its checks and the launch it may need end before the deadline. One is
 * always run. */
static bool block_fits(const struct timing *timing)
{
    int64_t need_ns = timing->block_ns + timing_answers_need_ns(&timing->answers, 2);

    if (timing->blocks_count % TIMING_LAUNCH_BLOCKS == 0)
        need_ns += timing->launch_ns;
    return timing->blocks_count == 0 || clock_ns() + need_ns <= timing->pairs.deadline_ns;
}

/* Fresh processes for both. The first launch warms up three times, a later one once: it has its own
 * pages to touch, while code and data files are warm. */
static struct err launch(struct timing *timing)
{
    const int64_t started_ns = clock_ns();
    const int warmups = timing->blocks_count == 0 ? TIMING_WARMUPS : 1;

    struct err err = timing_pair_launch(&timing->pairs);
    for (int i = 0; i < warmups && !err_is(err) && is_fine(timing); i++) {
        /* A very slow program has no time for more than one. */
        if (i > 0 && clock_ns() + (clock_ns() - started_ns) / i * 4 > timing->pairs.deadline_ns)
            break;
        err = warm_up(timing);
    }
    timing->launch_ns = clock_ns() - started_ns;
    return err;
}

static struct err warm_up(struct timing *timing)
{
    struct err err = timing_pair_warm(&timing->pairs);
    /* The first answer at once: what is wrong ends here, and a judgement has its price. */
    return err_is(err) || !is_fine(timing) || timing->answers.judge_ns > 0
               ? err
               : timing_answers_judge_last(&timing->answers);
}

/* A B, then B A. */
static struct err block_time(struct timing *timing)
{
    const int64_t started_ns = clock_ns();
    struct err err = err_none();

    if (timing_answers_full(&timing->answers, (size_t)2 * TIMING_ATTEMPTS_MAX + TIMING_WARMUPS))
        err = timing_answers_judge(&timing->answers);
    if (!err_is(err) && is_fine(timing))
        err = timing_pair_block(&timing->pairs, &timing->blocks[timing->blocks_count]);
    if (!err_is(err) && is_fine(timing))
        timing->blocks_count++;
    timing->block_ns = clock_ns() - started_ns;
    return err;
}

static struct err student_keep(void *context, const struct runner_result *result, bool *out_go_on)
{
    struct timing *timing = context;
    struct wire_case *check = &timing->row->check;
    const double wall_ms = (double)result->took_ns / 1e6;

    if (wall_ms > check->wall_ms) {
        check->wall_ms = wall_ms;
        check->cpu_ms = result->cpu_ms;
    }
    if (result->end != RUNNER_DONE) {
        struct err err = cause_fill(timing->spec, result, check);
        *out_go_on = is_fine(timing);
        return err;
    }

    struct answer *answer = NULL;
    struct err err = timing_answers_add(&timing->answers, timing->pairs.iteration - 1, &answer);
    if (err_is(err))
        return err;
    int outside = runner_answer(timing->pairs.student, answer);
    if (outside >= 0)
        judge_outside(timing->spec, outside, check);
    *out_go_on = is_fine(timing);
    return err_none();
}

static void row_finish(struct timing *timing)
{
    struct wire_timed *row = timing->row;

    if (!is_fine(timing) || timing->blocks_count == 0)
        return;
    stats_estimate(timing->blocks, timing->blocks_count, seed_of(timing->job, timing->index),
                   &timing->stats);
    row->measured = true;
    row->speedup = timing->stats.speedup;
    row->low = timing->stats.low;
    row->high = timing->stats.high;
    row->pairs = (int64_t)timing->blocks_count * 2;
    row->student_us = timing->stats.student / 1e3;
    row->baseline_us = timing->stats.baseline / 1e3;
    row->noisy = timing->stats.noisy;
    row->uneven = timing->stats.uneven;
    row->floor_us = timing->bench->floor_ns / 1e3;
    row->timed_share = (double)timing->pairs.timed_ns / (double)(clock_ns() - timing->started_ns);
    for (size_t i = 0; i < 2 * timing->blocks_count; i++) {
        const struct stats_block *block = &timing->blocks[i / 2];
        row->ratios[row->ratios_count++] = block->baseline[i % 2] / block->student[i % 2];
    }
}

static bool is_fine(const struct timing *timing)
{
    return timing->row->check.verdict == VERDICT_PASS;
}

/* Of the bootstrap: the same measurements give the same interval. */
static uint64_t seed_of(const struct job *job, int index)
{
    uint64_t seed;

    memcpy(&seed, job->key, sizeof seed);
    return seed + (uint64_t)index;
}
