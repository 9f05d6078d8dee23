/* A model of the line in three lines of arithmetic, and its correction. */
#include "grader/estimate.h"

#include <math.h>

#define FIRST_CHECK_US 1000000
#define FIRST_TIME_US 8000000
#define RECENT 8         /* jobs that the mean remembers */
#define LEARNING 0.1     /* weight of one wait, on a log scale */
#define FACTOR_MAX 20.0  /* and 1 / so much: one freak must not spoil a night */
#define WORTH_US 1000000 /* shorter waits are all noise */
#define SMALL_US 100000  /* added to both sides of a ratio: no division by zero */

void estimate_init(struct estimate *estimate)
{
    *estimate =
        (struct estimate){.check_us = FIRST_CHECK_US, .time_us = FIRST_TIME_US, .factor = 1};
}

void estimate_ran(struct estimate *estimate, bool is_timing, int64_t took_us)
{
    int64_t *mean = is_timing ? &estimate->time_us : &estimate->check_us;
    *mean += (took_us - *mean) / RECENT;
}

int64_t estimate_model_us(const struct estimate *estimate, const struct estimate_line *line)
{
    int64_t workers = line->workers > 0 ? (int64_t)line->workers : 1;
    int64_t checks_us = (int64_t)line->checks_ahead * estimate->check_us / workers;
    int64_t timings_us = (int64_t)line->timings_ahead * estimate->time_us; /* one at a time */
    int64_t rest_us = 0; /* of what runs: half of it is over, on average */

    if (line->timing_runs && line->timing_alone)
        rest_us = estimate->time_us / 2;
    else if ((int64_t)line->running >= workers)
        rest_us = estimate->check_us / 2 / workers;
    return checks_us + timings_us + rest_us;
}

int64_t estimate_told_us(const struct estimate *estimate, int64_t model_us)
{
    return (int64_t)((double)model_us * estimate->factor);
}

void estimate_waited(struct estimate *estimate, int64_t model_us, int64_t told_us,
                     int64_t waited_us)
{
    estimate->count++;
    estimate->told_s += (double)told_us / 1e6;
    estimate->waited_s += (double)waited_us / 1e6;
    estimate->error_s += fabs((double)(told_us - waited_us)) / 1e6;
    if (model_us < WORTH_US && waited_us < WORTH_US)
        return;
    double ratio = (double)(waited_us + SMALL_US) / (double)(model_us + SMALL_US);
    ratio = fmin(fmax(ratio, 1 / FACTOR_MAX), FACTOR_MAX);
    estimate->factor = exp((1 - LEARNING) * log(estimate->factor) + LEARNING * log(ratio));
}
