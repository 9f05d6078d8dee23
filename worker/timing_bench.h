/* What all ranked cases of a timing job share: the host's lock, the processor, the baseline's
 * program and the floor, which is what an empty kernel takes. Private to worker/timing*.c.
 *
 * Life: 1. the public fields, timing_bench_open  2. runners, calls  3. timing_bench_close, also
 * after a failed open. */
#ifndef WORKER_TIMING_BENCH_H
#define WORKER_TIMING_BENCH_H

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
    bool moved;  /* this process keeps off `cpu` now, unless it watches from there */
    bool beside; /* such are possible: rights, and one thread */
    int cpu;     /* where both programs run */
    double floor_ns;
};

/* Takes the lock (waits for it, unless impatient), compiles the baseline, moves this process off
 * the timing processor and measures the floor. The fields before `private` are set. */
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

/* As runner_ready. A process is started from another processor than it will have, and so is a slot
 * that has to be made anew for it: what is born on the timing processor would stay there. */
struct err timing_bench_ready(const struct timing_bench *bench, struct runner *runner);

/* One timed call: caches flushed, a pause, the clock; watched from the processor of the program
 * where that can be, else from another. */
struct err timing_bench_call(const struct timing_bench *bench, struct runner *runner,
                             struct runner_result *out);

#endif
