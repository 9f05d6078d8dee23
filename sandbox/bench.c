/* Measures the cases by turns, and makes ratios of their times. */
#include "sandbox/bench.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/bench_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_MAX_BYTES (64 << 20)
#define WORK_STEPS 32000000 /* as tests/programs/bench.c: some 20 ms */
#define FREEZES_PER_ROUND 4
#define ROUNDS_PER_WINDOW 20 /* a pair of windows takes as long as so many rounds */

struct times {
    double *at[BENCH_ROWS_MAX]; /* one for each round; NULL: the case is skipped */
};

static struct err bench_open(const char *program, struct bench *bench);
static void bench_close(struct bench *bench);
static struct err measure_cases(struct bench *bench, struct bench_report *report);
static struct err start_case(struct bench *bench, const struct bench_case *one,
                             struct bench_row *row, double **out_times, unsigned rounds);
static struct err take_turns(struct bench *bench, const struct times *times, unsigned rounds);
static struct err time_case(struct bench *bench, const struct bench_case *one, double *out_us);
static void summarise(const struct times *times, struct bench_report *report);
static double ratio_of(const double *above, const double *below, unsigned rounds);
static int compare_times(const void *a, const void *b);

struct err bench_measure(unsigned rounds, const char *program, struct bench_report *out_report)
{
    struct bench bench;
    *out_report = (struct bench_report){.rounds = rounds};
    struct err err = bench_open(program, &bench);
    if (!err_is(err)) {
        out_report->backend = sandbox_backend_word(bench.backend);
        err = measure_cases(&bench, out_report);
    }
    if (!err_is(err))
        err = bench_freezer(&bench, rounds * FREEZES_PER_ROUND, out_report);
    sandbox_close(bench.best);
    sandbox_close(bench.plain);
    bench.best = bench.plain = NULL;
    if (!err_is(err))
        err = bench_pairs(&bench, 1 + rounds / ROUNDS_PER_WINDOW, out_report);
    bench_close(&bench);
    return err;
}

int bench_program(const char *word)
{
    const bool spin = strcmp(word, "spin") == 0;
    volatile unsigned left = strcmp(word, "work") == 0 ? WORK_STEPS : 0;
    while (spin || left > 0)
        left = left - 1;
    return 0;
}

double bench_quantile(double *times, size_t count, double part)
{
    if (count == 0)
        return 0;
    qsort(times, count, sizeof *times, compare_times);
    return times[(size_t)((double)(count - 1) * part + 0.5)];
}

static struct err bench_open(const char *program, struct bench *bench)
{
    static const enum sandbox_backend rlimits = SANDBOX_RLIMITS;
    struct sandbox_options options = {.name = "bench"};
    auto_buf struct buf bytes = buf_of(PROGRAM_MAX_BYTES);
    *bench = (struct bench){.program_fd = -1};
    auto_free char *file = realpath(program == NULL ? "/proc/self/exe" : program, NULL);
    if (file == NULL || !text_copy(bench->file, sizeof bench->file, file))
        return err_make(ERR_INPUT, "no program '%.80s'", program == NULL ? "itself" : program);
    struct err err = fdio_read_file(file, &bytes);
    if (!err_is(err))
        err = fdio_memfd_sealed("program", bytes.at, bytes.size, &bench->program_fd);
    (void)snprintf(bench->program, sizeof bench->program, "/proc/self/fd/%d", bench->program_fd);
    if (!err_is(err))
        err = sandbox_open(&options, &bench->best);
    options.only = &rlimits;
    if (!err_is(err))
        err = sandbox_open(&options, &bench->plain);
    if (!err_is(err))
        bench->backend = sandbox_backend(bench->best);
    return err;
}

static void bench_close(struct bench *bench)
{
    sandbox_close(bench->best);
    sandbox_close(bench->plain);
    if (bench->program_fd >= 0)
        (void)close(bench->program_fd); /* was only read */
}

static struct err measure_cases(struct bench *bench, struct bench_report *report)
{
    struct times times = {{NULL}};
    const struct bench_case *cases = bench_cases(&report->rows_count);
    struct err err = err_none();
    for (size_t i = 0; i < report->rows_count && !err_is(err); i++)
        err = start_case(bench, &cases[i], &report->rows[i], &times.at[i], report->rounds);
    if (!err_is(err))
        err = take_turns(bench, &times, report->rounds);
    if (!err_is(err))
        summarise(&times, report);
    for (size_t i = 0; i < report->rows_count; i++) {
        if (cases[i].end != NULL && times.at[i] != NULL)
            cases[i].end(bench);
        free(times.at[i]);
    }
    return err;
}

/* Runs it once to warm up. A peer that does not work here is skipped with its word. */
static struct err start_case(struct bench *bench, const struct bench_case *one,
                             struct bench_row *row, double **out_times, unsigned rounds)
{
    row->name = one->name;
    row->goal = one->goal;
    if (one->needs != NULL && !bench_command_there(one->needs)) {
        (void)snprintf(row->skipped, sizeof row->skipped, "%s is not installed", one->needs);
        return err_none();
    }
    double us;
    struct err err = one->start == NULL ? err_none() : one->start(bench);
    if (!err_is(err))
        err = time_case(bench, one, &us);
    if (err_is(err) && one->needs != NULL) {
        (void)snprintf(row->skipped, sizeof row->skipped, "does not work here: %.100s", err.text);
        return err_none();
    }
    if (err_is(err))
        return err;
    *out_times = calloc(rounds, sizeof **out_times);
    return *out_times == NULL ? err_make(ERR_SYSTEM, "memory for %u times", rounds) : err_none();
}

/* Each round starts with another case, so that none always follows the same one. */
static struct err take_turns(struct bench *bench, const struct times *times, unsigned rounds)
{
    size_t count;
    const struct bench_case *cases = bench_cases(&count);
    for (unsigned round = 0; round < rounds; round++) {
        for (size_t turn = 0; turn < count; turn++) {
            size_t i = (round + turn) % count;
            struct err err = times->at[i] == NULL
                                 ? err_none()
                                 : time_case(bench, &cases[i], &times->at[i][round]);
            if (err_is(err))
                return err;
        }
    }
    return err_none();
}

static struct err time_case(struct bench *bench, const struct bench_case *one, double *out_us)
{
    int64_t began = clock_ns();
    struct err err = one->once(bench);
    *out_us = (double)(clock_ns() - began) / 1000;
    return err;
}

static void summarise(const struct times *times, struct bench_report *report)
{
    for (size_t i = 0; i < report->rows_count; i++) {
        if (times->at[i] == NULL)
            continue;
        report->rows[i].ratio = ratio_of(times->at[i], times->at[BENCH_SPAWN], report->rounds);
        report->rows[i].ratio_to_hot = ratio_of(times->at[i], times->at[BENCH_HOT], report->rounds);
    }
    for (size_t i = 0; i < report->rows_count; i++) { /* this sorts: only after all pairs */
        if (times->at[i] == NULL)
            continue;
        report->rows[i].median_us = bench_quantile(times->at[i], report->rounds, 0.5);
        report->rows[i].p90_us = bench_quantile(times->at[i], report->rounds, 0.9);
    }
}

/* Median of the paired ratios: what disturbs a round disturbs both. */
static double ratio_of(const double *above, const double *below, unsigned rounds)
{
    auto_free double *ratios = calloc(rounds, sizeof *ratios);
    for (unsigned i = 0; ratios != NULL && i < rounds; i++)
        ratios[i] = above[i] / below[i];
    return ratios == NULL ? 0 : bench_quantile(ratios, rounds, 0.5);
}

static int compare_times(const void *a, const void *b)
{
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}
