/* How long somebody will wait in line, and how far such words were off. Pure.
 *
 * The guess is what is ahead times how long such jobs took lately, over the workers; then corrected
 * by how earlier guesses turned out, so that it stays honest where the model is wrong (a busy
 * machine, newcomers that overtake). */
#ifndef GRADER_ESTIMATE_H
#define GRADER_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct estimate {
    int64_t check_us, time_us; /* mean of recent jobs */
    double factor;             /* what happened / what the model said, lately */
    /* of waits that were foretold and are over */
    uint64_t count;
    double told_s, waited_s, error_s; /* sums; error: |told - waited| */
};

/* What is between a newcomer and its start. */
struct estimate_line {
    size_t checks_ahead, timings_ahead; /* waiting */
    size_t running, workers;
    bool timing_alone; /* a timing has the machine for itself */
    bool timing_runs;
};

/* Guesses of a service that has seen nothing yet. */
void estimate_init(struct estimate *estimate);

/* A job took so long. */
void estimate_ran(struct estimate *estimate, bool is_timing, int64_t took_us);

/* The model's wait, and what people are told: the same, corrected. */
int64_t estimate_model_us(const struct estimate *estimate, const struct estimate_line *line);
int64_t estimate_told_us(const struct estimate *estimate, int64_t model_us);

/* A wait is over: what the model and the words had said when it began. Waits of less than a second
 * on both sides teach nothing about the factor. */
void estimate_waited(struct estimate *estimate, int64_t model_us, int64_t told_us,
                     int64_t waited_us);

#endif
