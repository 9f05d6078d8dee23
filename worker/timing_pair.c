/* From a pair down to one call on the clock. */
#include "worker/timing_pair.h"

#include "sandbox/base/clock.h"

#include <math.h>
#include <string.h>

#define NET_LEAST 0.01  /* of the raw time: what the floor may leave of it at least */
#define GAP_CLEAN 0.005 /* of the wall time, beside twice the floor */

/* One timed call. */
struct half {
    double net_ns; /* the floor subtracted */
    double gap_ns; /* wall time without CPU time; 0 where threads share the work */
    bool clean;
    bool waited; /* of its own accord, as far as the kernel tells */
};

static struct err pair_best(struct timing_pairs *pairs, int order, struct stats_block *block);
static struct err pair_time(struct timing_pairs *pairs, int order, struct half out_halves[2]);
static struct err pair_fill(struct timing_pairs *pairs);
static struct err half_time(struct timing_pairs *pairs, struct runner *runner, struct half *out);
static struct err died(const struct timing_pairs *pairs, const struct runner_result *result);

struct err timing_pair_launch(struct timing_pairs *pairs)
{
    struct err err = runner_stop(pairs->student);

    if (!err_is(err))
        err = runner_stop(pairs->baseline);
    if (!err_is(err))
        runner_exchange(pairs->student, pairs->baseline);
    return err;
}

struct err timing_pair_warm(struct timing_pairs *pairs)
{
    struct half ignored[2];

    return pair_time(pairs, 0, ignored);
}

struct err timing_pair_block(struct timing_pairs *pairs, struct stats_block *out)
{
    struct err err = err_none();

    for (int order = 0; order < 2 && !err_is(err) && !pairs->stopped; order++)
        err = pair_best(pairs, order, out);
    return err;
}

/* The least disturbed of up to three attempts; none again while more than half were disturbed: then
 * number helps more. */
static struct err pair_best(struct timing_pairs *pairs, int order, struct stats_block *block)
{
    struct half best[2] = {{.gap_ns = INFINITY}};
    bool clean = false;

    for (int i = 0; i < TIMING_ATTEMPTS_MAX && !clean; i++) {
        struct half halves[2] = {0};
        if (i > 0 && (clock_ns() > pairs->deadline_ns || 2 * pairs->disturbed > pairs->measured))
            break;
        struct err err = pair_time(pairs, order, halves);
        if (err_is(err) || pairs->stopped)
            return err;
        const bool waited = halves[0].waited || halves[1].waited;
        clean = (halves[0].clean && halves[1].clean) || waited;
        pairs->measured++;
        pairs->disturbed += !clean;
        if (waited || halves[0].gap_ns + halves[1].gap_ns < best[0].gap_ns + best[1].gap_ns)
            memcpy(best, halves, sizeof best);
    }
    block->student[order] = best[0].net_ns;
    block->baseline[order] = best[1].net_ns;
    return err_none();
}

/* order 0: the student first. out_halves: student, baseline. */
static struct err pair_time(struct timing_pairs *pairs, int order, struct half out_halves[2])
{
    struct err err = pair_fill(pairs);

    for (int turn = 0; turn < 2 && !err_is(err) && !pairs->stopped; turn++) {
        const int who = turn == order ? 0 : 1;
        err = half_time(pairs, who == 0 ? pairs->student : pairs->baseline, &out_halves[who]);
    }
    return err;
}

/* The next fresh inputs, the same for both, made while both stand still. */
static struct err pair_fill(struct timing_pairs *pairs)
{
    struct err err = timing_bench_ready(pairs->bench, pairs->student);

    if (!err_is(err))
        err = timing_bench_ready(pairs->bench, pairs->baseline);
    if (!err_is(err))
        err = runner_fill(pairs->student, pairs->index, pairs->key, pairs->iteration);
    if (!err_is(err))
        runner_fill_from(pairs->baseline, pairs->student);
    pairs->iteration++;
    return err;
}

static struct err half_time(struct timing_pairs *pairs, struct runner *runner, struct half *out)
{
    const double floor_ns = pairs->bench->floor_ns;
    struct runner_result result;

    struct err err = timing_bench_call(pairs->bench, runner, &result);
    if (err_is(err))
        return err;
    double took_ns = (double)result.took_ns;
    bool alone = pairs->bench->spec->limits.threads == 1;
    out->net_ns = fmax(took_ns - floor_ns, NET_LEAST * took_ns);
    out->gap_ns = alone ? fmax(took_ns - result.cpu_ms * 1e6, 0) : 0;
    out->clean = out->gap_ns <= 2 * floor_ns + GAP_CLEAN * took_ns;
    out->waited = out->gap_ns - result.delay_ms * 1e6 > 2 * floor_ns + GAP_CLEAN * took_ns;
    pairs->timed_ns += result.took_ns;

    bool go_on = true;
    if (runner == pairs->student && pairs->keep != NULL)
        err = pairs->keep(pairs->context, &result, &go_on);
    else if (result.end != RUNNER_DONE)
        err = died(pairs, &result);
    pairs->stopped = pairs->stopped || !go_on;
    return err;
}

static struct err died(const struct timing_pairs *pairs, const struct runner_result *result)
{
    return err_make(ERR_INTERNAL, "the baseline of '%s' ended: %s", pairs->bench->spec->name,
                    sandbox_end_word(result->died.end));
}
