/* From pair ratios to a speed-up with its interval. Pure; the same numbers give the same answer.
 *
 * A block is two pairs: A B (student first), then B A. Whoever runs second may find caches and
 * clocks changed by the other; medians taken by order and then multiplied cancel that, where a
 * plain median of all pairs picks one side of it. */
#ifndef WORKER_STATS_H
#define WORKER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATS_BLOCKS_MAX 64
#define STATS_NOISY_WIDTH 0.02   /* of the estimate */
#define STATS_ENOUGH_WIDTH 0.015 /* with 2 % one trial in fifty would be off by more than 1 */
#define STATS_UNEVEN 1.5         /* mean over median */

/* Each look at the growing sample is a chance to stop on luck. With at most four looks, Pocock's
 * constant level of 1.82 % each keeps the whole at 5 %: S. J. Pocock, Group sequential methods in
 * the design and analysis of clinical trials, Biometrika 64 (1977). */
#define STATS_LEVEL 0.0182

struct stats_block {
    double student[2], baseline[2]; /* times of the pair A B, then of B A; > 0, any unit */
};

struct stats_result {
    double speedup, low, high; /* baseline / student */
    double student, baseline;  /* medians */
    bool noisy;                /* the interval is wider than STATS_NOISY_WIDTH of the estimate */
    bool uneven; /* the student's mean is over STATS_UNEVEN times its median: the three
                  * figures are then of the means */
};

/* count 1 .. STATS_BLOCKS_MAX. Fewer than three blocks have no interval worth the name: it is the
 * whole range of the ratios then, and noisy is set. seed: of the bootstrap. */
void stats_estimate(const struct stats_block *blocks, size_t count, uint64_t seed,
                    struct stats_result *out);

/* Whether more blocks are worth their time. Looked at after 12, 18 and 24 (eight are narrow by luck
 * too often; of these, as many had the one memory as the other), false in between: enough is an
 * interval of STATS_ENOUGH_WIDTH, or a student who is slower than the baseline for certain. */
bool stats_enough(const struct stats_block *blocks, size_t count, uint64_t seed);

/* Median of `count` >= 1 values, which are in order afterwards. */
double stats_median(double *values, size_t count);

#endif
