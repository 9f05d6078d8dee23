/* What the sandbox costs on this host, as ratios to a bare posix_spawn of the same static program:
 * all cases by turns in one run, so that a noisy machine disturbs them alike. */
#ifndef SANDBOX_BENCH_H
#define SANDBOX_BENCH_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define BENCH_ROWS_MAX 8

/* A row that was skipped has no figures. */
struct bench_row {
    const char *name;
    const char *goal;    /* in words, "" for none */
    char skipped[128];   /* why it was not measured, "" if it was */
    double median_us;    /* of one run, from the request to the result */
    double p90_us;       /* the same, nine in ten are below */
    double ratio;        /* median over the rounds of this case by posix_spawn of the same round */
    double ratio_to_hot; /* the same by the hot run: how much faster that is */
};

struct bench_pair {
    double one_per_second, two_per_second;
    double two_by_one; /* median of the paired windows */
};

struct bench_report {
    const char *backend; /* the best that works here */
    unsigned rounds;
    size_t rows_count;
    struct bench_row rows[BENCH_ROWS_MAX];
    struct bench_pair slots;  /* runs of one slot, and of two side by side together */
    struct bench_pair spawns; /* the control: the same of bare posix_spawn */
    struct bench_pair work;   /* slots again, whose program computes for some 20 ms */
    const char *freezer;      /* what stops the program here */
    double freeze_p50_us, freeze_p99_us;
    double thaw_p50_us, thaw_p99_us;
    double both_p50_us, both_p99_us; /* freeze and thaw together */
};

/* Measures everything; takes about 25 ms per round.
 *
 * rounds   of each case, at least 3
 * program  path of a static program that does as bench_program with the same words; NULL: this one
 */
struct err bench_measure(unsigned rounds, const char *program, struct bench_report *out_report);

/* The program that is run, behind `sandbox bench-program WORD`: ends at once with "exit", after
 * some 20 ms on a processor with "work", with "spin" never. */
int bench_program(const char *word);

#endif
