/* From the lock of the host down to one timed call, in the order in which things happen. */
#include "worker/timing.h"

#include "assignments/inputs.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "worker/cause.h"
#include "worker/check.h"
#include "worker/judge.h"
#include "worker/runner.h"
#include "worker/stats.h"
#include "worker/timing_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_NS 1000000LL
#define ANSWERS_BYTES_MAX ((size_t)1 << 30) /* beyond, answers are checked between blocks */
#define PRACTICE_SHARE 4                    /* practice gets a quarter of the time */
#define NET_LEAST 0.01 /* of the raw time: what the floor may leave of it at least */

/* A pair in which somebody else took the processor is measured again on fresh inputs, twice at
 * most; of the attempts the least disturbed counts. What tells is wall time without CPU time, never
 * how fast it was, so there is nothing to gain: every attempt's output is checked, and waiting
 * costs the waiter his own time. */
#define ATTEMPTS_MAX                                                                               \
    3                   /* none again while more than half were disturbed: then number helps more  \
                         */
#define GAP_CLEAN 0.005 /* of the wall time, beside twice the floor */

/* A timed answer that waits for its judgement. */
struct pending {
    struct answer answer;
    uint64_t iteration;
};

/* One timed call. */
struct half {
    double net_ns; /* the floor subtracted */
    double gap_ns; /* wall time without CPU time; 0 where threads share the work */
    bool clean;
};

/* One ranked case. */
struct timing {
    const struct timing_bench *bench;
    const struct job *job;
    const struct spec *spec;
    int index;
    int64_t deadline_ns;
    struct runner *student, *baseline;
    struct call given;  /* owned: where inputs are made again for the oracle */
    uint64_t iteration; /* of the next fresh inputs */
    struct pending pending[2 * ATTEMPTS_MAX * TIMING_BLOCKS_MAX];
    size_t pending_count;
    struct stats_block blocks[TIMING_BLOCKS_MAX];
    size_t blocks_count;
    int pairs_measured, pairs_disturbed; /* attempts counted */
    struct stats_result stats;
    int64_t judge_ns, block_ns, launch_ns; /* what each took last */
    struct wire_timed *row;
};

static struct err cases_time(const struct timing_bench *bench, struct worker *worker,
                             const struct job *job, const struct spec *spec);
static struct err case_time(struct timing *timing);
static struct err blocks_time(struct timing *timing);
static bool block_fits(const struct timing *timing);
static struct err launch(struct timing *timing);
static struct err warm_up(struct timing *timing);
static struct err block_time(struct timing *timing);
static struct err pair_best(struct timing *timing, int order, struct stats_block *block);
static struct err pair_time(struct timing *timing, int order, struct half out_halves[2]);
static struct err pair_fill(struct timing *timing);
static struct err half_time(struct timing *timing, struct runner *runner, struct half *out);
static struct err student_keep(struct timing *timing, const struct runner_result *result);
static bool is_enough(struct timing *timing);
static struct err pending_judge(struct timing *timing);
static struct err answer_judge(struct timing *timing, const struct answer *answer,
                               uint64_t iteration);
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
    struct err err = timing_bench_open(&bench, worker, spec, program, cases[0]);
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
        timing->deadline_ns = now_ns + (end_ns - now_ns) / (count - i);
        timing->row = &event.timed;

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
    const struct spec_case *which = &timing->spec->cases[timing->index];

    struct err err = timing_bench_runner(timing->bench, timing->index, true, &timing->student);
    if (!err_is(err))
        err = timing_bench_runner(timing->bench, timing->index, false, &timing->baseline);
    if (!err_is(err))
        err = call_allocate(&timing->given, timing->spec, which);
    if (!err_is(err))
        err = blocks_time(timing);
    if (!err_is(err))
        err = pending_judge(timing);
    if (!err_is(err))
        row_finish(timing);

    for (size_t i = 0; i < timing->pending_count; i++)
        answer_release(&timing->pending[i].answer);
    call_release(&timing->given);
    runner_free(timing->student);
    runner_free(timing->baseline);
    return err;
}

static struct err blocks_time(struct timing *timing)
{
    struct err err = err_none();

    while (timing->blocks_count < TIMING_BLOCKS_MAX && !err_is(err) && is_fine(timing)) {
        if (!block_fits(timing) || is_enough(timing))
            break;
        if (timing->blocks_count % TIMING_LAUNCH_BLOCKS == 0)
            err = launch(timing);
        if (!err_is(err) && is_fine(timing))
            err = block_time(timing);
    }
    return err;
}

/* Whether another block, its checks and the launch it may need end before the deadline. One is
 * always run. */
static bool block_fits(const struct timing *timing)
{
    const size_t checks = timing->pending_count + 2;
    int64_t need_ns = timing->block_ns + (int64_t)checks * timing->judge_ns;

    if (timing->blocks_count % TIMING_LAUNCH_BLOCKS == 0)
        need_ns += timing->launch_ns;
    return timing->blocks_count == 0 || clock_ns() + need_ns <= timing->deadline_ns;
}

/* Fresh processes for both. The first launch warms up three times, a later one once: it has its own
 * pages to touch, while code and data files are warm. */
static struct err launch(struct timing *timing)
{
    const int64_t started_ns = clock_ns();
    const int warmups = timing->blocks_count == 0 ? TIMING_WARMUPS : 1;

    struct err err = runner_stop(timing->student);
    if (!err_is(err))
        err = runner_stop(timing->baseline);
    for (int i = 0; i < warmups && !err_is(err) && is_fine(timing); i++) {
        /* A very slow program has no time for more than one. */
        if (i > 0 && clock_ns() + (clock_ns() - started_ns) / i * 4 > timing->deadline_ns)
            break;
        err = warm_up(timing);
    }
    timing->launch_ns = clock_ns() - started_ns;
    return err;
}

static struct err warm_up(struct timing *timing)
{
    const uint64_t iteration = timing->iteration;
    struct half ignored;

    struct err err = pair_fill(timing);
    if (!err_is(err))
        err = half_time(timing, timing->student, &ignored);
    if (err_is(err) || !is_fine(timing))
        return err;
    err = half_time(timing, timing->baseline, &ignored);
    if (err_is(err) || timing->pending_count == 0)
        return err;

    /* Judged at once, because nothing is measured now; it also says what a judgement costs. */
    struct pending *last = &timing->pending[--timing->pending_count];
    const int64_t started_ns = clock_ns();
    err = answer_judge(timing, &last->answer, iteration);
    timing->judge_ns = clock_ns() - started_ns;
    answer_release(&last->answer);
    return err;
}

/* A B, then B A. */
static struct err block_time(struct timing *timing)
{
    const int64_t started_ns = clock_ns();
    struct stats_block *block = &timing->blocks[timing->blocks_count];
    struct err err = err_none();

    if (timing->pending_count > 0 &&
        (timing->pending_count + (size_t)2 * ATTEMPTS_MAX) * timing->pending[0].answer.bytes >
            ANSWERS_BYTES_MAX)
        err = pending_judge(timing);
    for (int order = 0; order < 2 && !err_is(err) && is_fine(timing); order++)
        err = pair_best(timing, order, block);
    if (!err_is(err) && is_fine(timing))
        timing->blocks_count++;
    timing->block_ns = clock_ns() - started_ns;
    return err;
}

/* The least disturbed of up to three attempts. */
static struct err pair_best(struct timing *timing, int order, struct stats_block *block)
{
    struct half best[2] = {{.gap_ns = INFINITY}};
    bool clean = false;

    for (int i = 0; i < ATTEMPTS_MAX && !clean; i++) {
        struct half halves[2] = {0};
        if (i > 0 && (clock_ns() > timing->deadline_ns ||
                      2 * timing->pairs_disturbed > timing->pairs_measured))
            break;
        struct err err = pair_time(timing, order, halves);
        if (err_is(err) || !is_fine(timing))
            return err;
        clean = halves[0].clean && halves[1].clean;
        timing->pairs_measured++;
        timing->pairs_disturbed += !clean;
        if (halves[0].gap_ns + halves[1].gap_ns < best[0].gap_ns + best[1].gap_ns)
            memcpy(best, halves, sizeof best);
    }
    block->student[order] = best[0].net_ns;
    block->baseline[order] = best[1].net_ns;
    return err_none();
}

/* order 0: the student first. out_halves: student, baseline. */
static struct err pair_time(struct timing *timing, int order, struct half out_halves[2])
{
    struct err err = pair_fill(timing);

    for (int turn = 0; turn < 2 && !err_is(err) && is_fine(timing); turn++) {
        const int who = turn == order ? 0 : 1;
        err = half_time(timing, who == 0 ? timing->student : timing->baseline, &out_halves[who]);
    }
    return err;
}

/* The next fresh inputs, the same for both, made while both stand still. */
static struct err pair_fill(struct timing *timing)
{
    bool fresh = false;

    struct err err = runner_ready(timing->student, &fresh);
    if (!err_is(err))
        err = runner_ready(timing->baseline, &fresh);
    if (!err_is(err))
        err = runner_fill(timing->student, timing->index, timing->job->key, timing->iteration);
    if (!err_is(err))
        runner_fill_from(timing->baseline, timing->student);
    timing->iteration++;
    return err;
}

static struct err half_time(struct timing *timing, struct runner *runner, struct half *out)
{
    const double floor_ns = timing->bench->floor_ns;
    struct runner_result result;

    struct err err = timing_bench_call(runner, &result);
    if (err_is(err))
        return err;
    double took_ns = (double)result.took_ns;
    bool alone = timing->spec->limits.threads == 1;
    out->net_ns = fmax(took_ns - floor_ns, NET_LEAST * took_ns);
    out->gap_ns = alone ? fmax(took_ns - result.cpu_ms * 1e6, 0) : 0;
    out->clean = out->gap_ns <= 2 * floor_ns + GAP_CLEAN * took_ns;
    if (runner == timing->student)
        return student_keep(timing, &result);
    if (result.end != RUNNER_DONE)
        return err_make(ERR_INTERNAL, "the baseline of '%s' ended: %s", timing->spec->name,
                        sandbox_end_word(result.died.end));
    return err_none();
}

static struct err student_keep(struct timing *timing, const struct runner_result *result)
{
    struct wire_case *check = &timing->row->check;
    const double wall_ms = (double)result->took_ns / 1e6;

    if (wall_ms > check->wall_ms) {
        check->wall_ms = wall_ms;
        check->cpu_ms = result->cpu_ms;
    }
    if (result->end != RUNNER_DONE)
        return cause_fill(timing->spec, result, check);

    struct pending *next = &timing->pending[timing->pending_count];
    struct err err = answer_make(&next->answer, timing->spec, &timing->spec->cases[timing->index]);
    if (err_is(err))
        return err;
    next->iteration = timing->iteration - 1;
    timing->pending_count++;
    int outside = runner_answer(timing->student, &next->answer);
    if (outside >= 0)
        judge_outside(timing->spec, outside, check);
    return err_none();
}

/* A look after 8, 12, 16 and 24 blocks: narrow enough, or slower than the baseline for certain. */
static bool is_enough(struct timing *timing)
{
    static const size_t looks[] = {8, 12, 16, 24};
    bool look = false;

    for (size_t i = 0; i < COUNT(looks); i++)
        look = look || looks[i] == timing->blocks_count;
    if (!look)
        return false;
    stats_estimate(timing->blocks, timing->blocks_count, seed_of(timing->job, timing->index),
                   &timing->stats);
    return !timing->stats.noisy || timing->stats.high < 1;
}

/* The first wrong answer decides; the rest is dropped unread. */
static struct err pending_judge(struct timing *timing)
{
    struct err err = err_none();

    for (size_t i = 0; i < timing->pending_count && !err_is(err) && is_fine(timing); i++)
        err = answer_judge(timing, &timing->pending[i].answer, timing->pending[i].iteration);
    for (size_t i = 0; i < timing->pending_count; i++)
        answer_release(&timing->pending[i].answer);
    timing->pending_count = 0;
    return err;
}

/* On inputs made again from the key: none is kept, none can have been touched. */
static struct err answer_judge(struct timing *timing, const struct answer *answer,
                               uint64_t iteration)
{
    const struct spec_case *which = &timing->spec->cases[timing->index];
    inputs_fn fill = inputs_find(timing->spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", timing->spec->name);
    random_init(&random, timing->job->key, which->name, iteration);
    struct err err = fill(&timing->given, &random);
    if (err_is(err))
        return err;
    return judge_answer(&timing->given, answer, 0, &timing->row->check);
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
