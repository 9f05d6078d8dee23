/* Medians by order, a bootstrap over whole blocks (their pairs share a moment and are not
 * independent). */
#include "worker/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define RESAMPLES 2000
#define BLOCKS_LEAST 3

static double by_order(const struct stats_block *blocks, const size_t *chosen, size_t count);
static void interval(const struct stats_block *blocks, size_t count, uint64_t seed,
                     struct stats_result *out);
static void whole_range(const struct stats_block *blocks, size_t count, struct stats_result *out);
static double ratio(const struct stats_block *block, int order);
static void times_fill(const struct stats_block *blocks, size_t count, struct stats_result *out);
static uint64_t splitmix(uint64_t *state);
static int by_value(const void *left, const void *right);

void stats_estimate(const struct stats_block *blocks, size_t count, uint64_t seed,
                    struct stats_result *out)
{
    size_t all[STATS_BLOCKS_MAX];

    assert(count >= 1 && count <= STATS_BLOCKS_MAX);
    for (size_t i = 0; i < count; i++)
        all[i] = i;
    *out = (struct stats_result){.speedup = by_order(blocks, all, count)};
    if (count < BLOCKS_LEAST)
        whole_range(blocks, count, out);
    else
        interval(blocks, count, seed, out);
    out->noisy = count < BLOCKS_LEAST || out->high - out->low > STATS_NOISY_WIDTH * out->speedup;
    times_fill(blocks, count, out);
}

bool stats_enough(const struct stats_block *blocks, size_t count, uint64_t seed)
{
    static const size_t looks[] = {12, 18, 24};
    struct stats_result stats;
    bool look = false;

    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++)
        look = look || looks[i] == count;
    if (!look)
        return false;
    stats_estimate(blocks, count, seed, &stats);
    return stats.high - stats.low <= STATS_ENOUGH_WIDTH * stats.speedup || stats.high < 1;
}

double stats_median(double *values, size_t count)
{
    assert(count >= 1);
    qsort(values, count, sizeof *values, by_value);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double by_order(const struct stats_block *blocks, const size_t *chosen, size_t count)
{
    double ratios[STATS_BLOCKS_MAX], product = 1;

    assert(count >= 1);
    for (int order = 0; order < 2; order++) {
        for (size_t i = 0; i < count; i++)
            ratios[i] = ratio(&blocks[chosen[i]], order);
        product *= stats_median(ratios, count);
    }
    return sqrt(product);
}

static void interval(const struct stats_block *blocks, size_t count, uint64_t seed,
                     struct stats_result *out)
{
    double estimates[RESAMPLES];
    const size_t outside = (size_t)(STATS_LEVEL / 2 * RESAMPLES);

    for (size_t i = 0; i < RESAMPLES; i++) {
        size_t chosen[STATS_BLOCKS_MAX];
        for (size_t k = 0; k < count; k++)
            chosen[k] = (size_t)(splitmix(&seed) % count);
        estimates[i] = by_order(blocks, chosen, count);
    }
    qsort(estimates, RESAMPLES, sizeof *estimates, by_value);
    out->low = fmin(estimates[outside], out->speedup);
    out->high = fmax(estimates[RESAMPLES - 1 - outside], out->speedup);
}

static void whole_range(const struct stats_block *blocks, size_t count, struct stats_result *out)
{
    out->low = out->high = out->speedup;
    for (size_t i = 0; i < 2 * count; i++) {
        double one = ratio(&blocks[i / 2], (int)(i % 2));
        out->low = fmin(out->low, one);
        out->high = fmax(out->high, one);
    }
}

static double ratio(const struct stats_block *block, int order)
{
    return block->baseline[order] / block->student[order];
}

/* Medians of the times; and if the student's times are uneven, its mean is what counts: a kernel
 * that is fast in most calls and very slow in some would be ranked by luck otherwise. */
static void times_fill(const struct stats_block *blocks, size_t count, struct stats_result *out)
{
    double student[2 * STATS_BLOCKS_MAX], baseline[2 * STATS_BLOCKS_MAX];
    double sum = 0, baseline_sum = 0;
    assert(count >= 1);

    for (size_t i = 0; i < 2 * count; i++) {
        student[i] = blocks[i / 2].student[i % 2];
        baseline[i] = blocks[i / 2].baseline[i % 2];
        sum += student[i];
        baseline_sum += baseline[i];
    }
    out->student = stats_median(student, 2 * count);
    out->baseline = stats_median(baseline, 2 * count);
    out->uneven = sum / (double)(2 * count) > STATS_UNEVEN * out->student;
    if (!out->uneven)
        return;
    double scale = baseline_sum / sum / out->speedup;
    out->speedup *= scale;
    out->low *= scale;
    out->high *= scale;
}

/* Sebastiano Vigna's splitmix64, public domain: enough for resampling. */
static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}
