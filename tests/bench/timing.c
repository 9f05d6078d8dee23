/* What the clock of a timed call shows for a function that returns at once: bench_timing
 * [ASSIGNMENT [CASE [TRIALS]]], in the repository root. With TRIALS, instead: the baseline against
 * itself, by the estimator and by a plain median of the pairs, with caches flushed and not. Prints
 * a table; fails only on an error of ours. */
#include "worker/timing.h"

#include "worker/runner_parts.h"
#include "worker/stats.h"
#include "worker/timing_pair.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS 400
#define TURNS 8
#define WARMUPS 5

static struct worker worker;
static struct timing_bench bench;
static const struct spec *spec;
static int ranked; /* index of the case */

static void die_if(struct err err)
{
    if (!err_is(err))
        return;
    fprintf(stderr, "bench_timing: %s\n", err.text);
    exit(1);
}

static void quantiles(const char *name, double *values, size_t count)
{
    double median = stats_median(values, count); /* sorts */
    printf("  %-34s %8.1f %8.1f %8.1f\n", name, median / 1e3, values[count * 9 / 10] / 1e3,
           values[count * 99 / 100] / 1e3);
}

static void prepare(const char *assignment, const char *name)
{
    char folder[4200];

    (void)snprintf(worker.timing_lock, sizeof worker.timing_lock, "/tmp/bench-timing.lock");
    processors_find(&worker.processors);
    die_if(toolchain_find(&worker.toolchain, NULL));
    (void)snprintf(folder, sizeof folder, "%s/assignments", worker.toolchain.home);
    die_if(spec_load_all(&worker.specs, &worker.specs_count, folder));
    for (size_t i = 0; i < worker.specs_count; i++)
        if (strcmp(worker.specs[i].name, assignment) == 0)
            spec = &worker.specs[i];
    if (spec == NULL)
        die_if(err_make(ERR_INPUT, "no assignment %s", assignment));
    for (int i = spec->cases_count - 1; i >= 0; i--)
        if (spec->groups[spec->cases[i].group].is_speed &&
            (name == NULL || strcmp(spec->cases[i].name, name) == 0))
            ranked = i;
    die_if(worker_open_slot(&worker, &worker.student, "student"));
    bench = (struct timing_bench){
        .worker = &worker, .spec = spec, .student_program = -1, .first_case = ranked};
    die_if(timing_bench_open(&bench));
}

/* By turns from the processor of the program, where that can be, and from another. */
static void iteration(void)
{
    static double took[2][CALLS];
    const bool beside = bench.beside;
    static const unsigned char key[RANDOM_KEY_BYTES];
    struct runner *runner = NULL;
    struct runner_result result;

    die_if(timing_bench_empty(&bench, ranked, &runner));
    die_if(runner_fill(runner, ranked, key, 0));
    for (int turn = 0; turn < 2 * TURNS; turn++) {
        bench.beside = beside && turn % 2 == 0;
        for (int i = -WARMUPS; i < CALLS / TURNS; i++) {
            die_if(timing_bench_call(&bench, runner, &result));
            if (i >= 0)
                took[turn % 2][turn / 2 * (CALLS / TURNS) + i] = (double)result.took_ns;
        }
    }
    bench.beside = beside;
    printf("empty kernel, us%24s %8s %8s %8s\n", "", "p50", "p90", "p99");
    quantiles(beside ? "watched from its own processor" : "as timed: no right to more", took[0],
              CALLS);
    quantiles("watched from another", took[1], CALLS);
    runner_free(runner);
}

#define BLOCKS 8

/* Off from 1, at most and in the root mean square. */
struct off {
    double worst, squares;
};

static void off_add(struct off *off, double ratio)
{
    double error = ratio > 1 ? ratio - 1 : 1 - ratio;

    off->worst = error > off->worst ? error : off->worst;
    off->squares += error * error;
}

static void trial(struct timing_pairs *pairs, struct off off[2], double *out_ms)
{
    struct stats_block blocks[BLOCKS];
    struct stats_result result;
    double ratios[2 * BLOCKS];

    for (int i = 0; i < BLOCKS; i++) {
        if (i % TIMING_LAUNCH_BLOCKS == 0) {
            die_if(timing_pair_launch(pairs));
            die_if(timing_pair_warm(pairs));
        }
        die_if(timing_pair_block(pairs, &blocks[i]));
        for (int k = 0; k < 2; k++)
            ratios[2 * i + k] = blocks[i].baseline[k] / blocks[i].student[k];
    }
    stats_estimate(blocks, BLOCKS, 1, &result);
    off_add(&off[0], result.speedup);
    off_add(&off[1], stats_median(ratios, COUNT(ratios)));
    *out_ms += result.baseline / 1e6;
}

/* The baseline against itself, by turns with flushed and with kept caches. */
static void against_itself(int trials)
{
    static const unsigned char key[RANDOM_KEY_BYTES];
    static const char *const policies[] = {"flushed", "kept"};
    struct timing_pairs pairs = {
        .bench = &bench, .index = ranked, .key = key, .deadline_ns = INT64_MAX};
    struct off off[2][2] = {0};
    double took_ms[2] = {0};

    bench.student_program = bench.baseline_program;
    die_if(timing_bench_runner(&bench, ranked, true, &pairs.student));
    die_if(timing_bench_runner(&bench, ranked, false, &pairs.baseline));
    for (int i = 0; i < 2 * trials; i++) {
        bench.keeps_caches = i % 2 == 1;
        trial(&pairs, off[i % 2], &took_ms[i % 2]);
    }
    runner_free(pairs.student);
    runner_free(pairs.baseline);
    printf("%s against itself, %d trials of %d blocks; off in %%: worst, root mean square\n"
           "  caches     ms      by order        plain median\n",
           spec->name, trials, BLOCKS);
    for (int i = 0; i < 2; i++)
        printf("  %-8s %6.2f   %5.2f  %5.2f     %5.2f  %5.2f\n", policies[i], took_ms[i] / trials,
               off[i][0].worst * 100, sqrt(off[i][0].squares / trials) * 100, off[i][1].worst * 100,
               sqrt(off[i][1].squares / trials) * 100);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    prepare(argc > 1 ? argv[1] : "attention", argc > 2 ? argv[2] : NULL);
    if (argc > 3)
        against_itself((int)strtol(argv[3], NULL, 10) > 0 ? (int)strtol(argv[3], NULL, 10) : 1);
    else
        iteration();
    timing_bench_close(&bench);
    worker_close_slots(&worker);
    free(worker.specs);
    return 0;
}
