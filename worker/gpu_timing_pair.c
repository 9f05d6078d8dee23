/* From a block down to one call between two events. */
#include "worker/gpu_timing_pair.h"

#include "sandbox/base/clock.h"
#include "worker/gpu_cause.h"
#include "worker/judge.h"

#include <math.h>
#include <string.h>

#define FLOOR_CALLS 11
#define NET_LEAST 0.01 /* of the raw time: what the floor may leave of it at least */

static struct err pair_best(struct gpu_timing *timing, int order, struct stats_block *out);
static struct err pair_time(struct gpu_timing *timing, int order, double out_ns[2]);
static struct err half_time(struct gpu_timing *timing, enum launcher_image image, double *out_ns);
static struct err student_keep(struct gpu_timing *timing, const struct gpu_result *result);
static struct err baseline_judge(struct gpu_timing *timing);
static bool look_spoiled(struct gpu_timing *timing);

bool gpu_timing_fine(const struct gpu_timing *timing)
{
    return timing->row->check.verdict == VERDICT_PASS;
}

struct err gpu_timing_floor(struct gpu_timing *timing)
{
    const struct gpu_call nothing = {.image = LAUNCHER_BASELINE, .empty = true};
    double took_ns[FLOOR_CALLS], host_ns[FLOOR_CALLS];
    struct gpu_result result = {.end = GPU_DIED};

    struct err err = gpu_runner_ready(timing->runner, NULL);
    if (!err_is(err))
        err = gpu_runner_fill(timing->runner, timing->index, timing->job->key, timing->iteration++);
    for (int i = 0; i < FLOOR_CALLS && !err_is(err); i++) {
        err = gpu_runner_call(timing->runner, &nothing, &result);
        if (!err_is(err) && result.end != GPU_DONE)
            err = gpu_process_err(&timing->worker->gpu, &result);
        took_ns[i] = (double)result.reply.elapsed_ns;
        host_ns[i] = (double)result.reply.host_ns;
    }
    if (err_is(err))
        return err;
    timing->floor_ns = stats_median(took_ns, FLOOR_CALLS);
    timing->host_floor_ns = stats_median(host_ns, FLOOR_CALLS);
    return err_none();
}

struct err gpu_timing_warm(struct gpu_timing *timing)
{
    const int warmups = timing->blocks_count == 0 ? TIMING_WARMUPS : 1;
    const int64_t started_ns = clock_ns();
    struct err err = err_none();

    for (int i = 0; i < warmups && !err_is(err) && gpu_timing_fine(timing); i++) {
        double ignored_ns[2];
        /* What takes so long has no time for more than one. */
        if (i > 0 && clock_ns() + (clock_ns() - started_ns) / i * 4 > timing->deadline_ns)
            break;
        err = pair_time(timing, 0, ignored_ns);
        if (!err_is(err) && i == 0 && gpu_timing_fine(timing))
            err = baseline_judge(timing);
        if (!err_is(err) && gpu_timing_fine(timing))
            err = timing_answers_judge_last(&timing->answers);
    }
    return err;
}

struct err gpu_timing_block(struct gpu_timing *timing, struct stats_block *out)
{
    struct err err = err_none();

    for (int order = 0; order < 2 && !err_is(err) && gpu_timing_fine(timing); order++)
        err = pair_best(timing, order, out);
    return err;
}

double gpu_timing_net(const struct gpu_timing *timing, const struct gpu_result *result,
                      bool *out_host)
{
    /* By our clock the whole order took at least as long: more than that no launcher may claim, and
     * no event more than the launcher's clock. */
    const double host_ns = fmin((double)result->reply.host_ns, (double)result->took_ns);
    const double event_ns = fmin((double)result->reply.elapsed_ns, host_ns);
    const double longer_ns = host_ns - timing->host_floor_ns - event_ns;

    *out_host = longer_ns > 0.1 * event_ns && longer_ns > GPU_TIMING_DOUBT_NS;
    const double took_ns = *out_host ? host_ns : event_ns;
    const double floor_ns = *out_host ? timing->host_floor_ns : timing->floor_ns;
    return fmax(fmax(took_ns - floor_ns, NET_LEAST * took_ns), 1);
}

/* Again while the device slowed down by itself, on fresh inputs, and three times at most: then a
 * spoiled pair counts, and the row says noisy. */
static struct err pair_best(struct gpu_timing *timing, int order, struct stats_block *out)
{
    for (int i = 0; i < TIMING_ATTEMPTS_MAX; i++) {
        double net_ns[2] = {0};
        bool spoiled = look_spoiled(timing);
        struct err err = pair_time(timing, order, net_ns);
        if (err_is(err) || !gpu_timing_fine(timing))
            return err;
        spoiled = look_spoiled(timing) || spoiled;
        out->student[order] = net_ns[LAUNCHER_STUDENT];
        out->baseline[order] = net_ns[LAUNCHER_BASELINE];
        if (!spoiled)
            return err_none();
        if (i + 1 == TIMING_ATTEMPTS_MAX || clock_ns() > timing->deadline_ns) {
            timing->spoiled = true;
            return err_none();
        }
        timing->dropped++;
    }
    return err_none();
}

/* order 0: the student first. Both meet the same inputs, copied from our memory for each, and both
 * are loaded anew for each call: neither finds what the other, or it itself, left of its module. */
static struct err pair_time(struct gpu_timing *timing, int order, double out_ns[2])
{
    struct err err = gpu_runner_ready(timing->runner, NULL);

    if (!err_is(err))
        err = gpu_runner_fill(timing->runner, timing->index, timing->job->key, timing->iteration);
    for (int turn = 0; turn < 2 && !err_is(err) && gpu_timing_fine(timing); turn++) {
        const enum launcher_image who = turn == order ? LAUNCHER_STUDENT : LAUNCHER_BASELINE;
        err = half_time(timing, who, &out_ns[who]);
    }
    timing->iteration++;
    return err;
}

static struct err half_time(struct gpu_timing *timing, enum launcher_image image, double *out_ns)
{
    const struct gpu_call call = {.image = image, .reload = true};
    struct gpu_result result = {.end = GPU_DIED};
    bool host = false;

    struct err err = gpu_runner_call(timing->runner, &call, &result);
    if (err_is(err))
        return err;
    if (image == LAUNCHER_STUDENT)
        err = student_keep(timing, &result);
    else if (result.end != GPU_DONE || result.reply.outside >= 0)
        err = result.end != GPU_DONE
                  ? gpu_process_err(&timing->worker->gpu, &result)
                  : err_make(ERR_INTERNAL, "the baseline of '%s' wrote outside its arrays",
                             timing->spec->name);
    if (err_is(err) || !gpu_timing_fine(timing))
        return err;
    if (image == LAUNCHER_BASELINE)
        gpu_runner_answer(timing->runner, &timing->baseline_answer);
    *out_ns = gpu_timing_net(timing, &result, &host);
    timing->host_clock += host ? 1 : 0;
    timing->timed_ns += (int64_t)*out_ns;
    return err_none();
}

static struct err student_keep(struct gpu_timing *timing, const struct gpu_result *result)
{
    struct wire_case *const check = &timing->row->check;
    struct answer *answer = NULL;

    const double wall_ms =
        (double)(result->end == GPU_DONE ? (int64_t)result->reply.elapsed_ns : result->took_ns) /
        1e6;
    check->wall_ms = wall_ms > check->wall_ms ? wall_ms : check->wall_ms;
    if (result->end != GPU_DONE)
        return gpu_cause_fill(&timing->worker->gpu, timing->spec, result, check);
    if (!gpu_cause_inside(timing->spec, timing->plan, result, check))
        return err_none();
    struct err err = timing_answers_add(&timing->answers, timing->iteration, &answer);
    if (!err_is(err))
        gpu_runner_answer(timing->runner, answer);
    return err;
}

/* Of the last pair, whose inputs are still there. */
static struct err baseline_judge(struct gpu_timing *timing)
{
    struct wire_case row;

    judge_row(&row, timing->index);
    struct err err = judge_sample(gpu_runner_given(timing->runner), &timing->baseline_answer,
                                  timing->job->key, timing->iteration - 1, &row);
    if (!err_is(err) && row.verdict != VERDICT_PASS)
        err = err_make(ERR_INTERNAL, "the baseline of '%s' gave a wrong answer: nothing is timed",
                       timing->spec->name);
    return err;
}

static bool look_spoiled(struct gpu_timing *timing)
{
    const struct nvml_state state = nvml_look(&timing->nvml);

    timing->reasons |= state.reasons;
    timing->sm_mhz = state.sm_mhz;
    timing->memory_mhz = state.memory_mhz;
    return (state.reasons & NVML_SPOILED) != 0;
}
