/* How long things take, in buckets; bounds in metrics.c. All zero is empty. */
#ifndef GRADER_METRICS_HISTOGRAM_H
#define GRADER_METRICS_HISTOGRAM_H

#include <stdint.h>

#define METRICS_BUCKETS 14

struct metrics_histogram {
    uint64_t counts[METRICS_BUCKETS + 1]; /* the last one: longer than every bound */
    uint64_t sum_us;
};

/* Counts one that took so long. */
void metrics_took(struct metrics_histogram *histogram, int64_t took_us);

#endif
