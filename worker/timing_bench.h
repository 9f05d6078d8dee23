/* What all ranked cases of a timing job share: the host's lock, the processor, the baseline's
 * program and the floor, which is what an empty kernel takes. Private to worker/timing*.c.
 *
 * Life: 1. the public fields, timing_bench_open  2. runners, calls  3. timing_bench_close, also
 * after a failed open. */
#ifndef WORKER_TIMING_BENCH_H
#define WORKER_TIMING_BENCH_H

#include "worker/awake.h"
#include "worker/job.h"
#include "worker/runner.h"

struct timing_bench {
    struct worker *worker;   /* borrowed */
    const struct spec *spec; /* borrowed */
    int student_program;     /* borrowed */
    int first_case;          /* the floor is measured on it */
    bool impatient;          /* ERR_BUSY at once if somebody else measures */
    bool measures_floor;     /* of this machine: the floor that is known does not bound it */
    bool keeps_caches; /* nothing is flushed before a call: what that is worth, for the bench */
    /* private */
    int baseline_program; /* owned */
    int lock_fd;
    bool moved; /* this process keeps off `cpu` now */
    int cpu;    /* where both programs run */
    double floor_ns;
    struct awake awake;
};

/* Takes the lock (waits for it, unless impatient), compiles the baseline, moves this process off
 * the timing processor, keeps that awake and measures the floor. The fields before `private` are
 * set; the struct must stay where it is. */
struct err timing_bench_open(struct timing_bench *bench);
void timing_bench_close(struct timing_bench *bench);

/* A runner of one case, of the student or of the baseline, each in its own slot. */
struct err timing_bench_runner(const struct timing_bench *bench, int index, bool student,
                               struct runner **out);

/* A runner of a function that returns at once; its one process runs. */
struct err timing_bench_empty(const struct timing_bench *bench, int index, struct runner **out);

/* A source of ours (expert.c, baseline.c of the assignment) by the same path as a student's. */
struct err timing_bench_compile(const struct timing_bench *bench, const char *file_name,
                                int *out_program);

/* One timed call: caches flushed, a pause, the clock. */
struct err timing_bench_call(const struct timing_bench *bench, struct runner *runner,
                             struct runner_result *out);

#endif
