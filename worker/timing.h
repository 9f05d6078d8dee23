/* The timing stage: student and baseline take turns on one processor, under one set of rules, with
 * fresh inputs for every pair; the clock is ours and stops at the confirmed freeze; every timed
 * output is checked after the last pair. DESIGN.md section 6 has the protocol. */
#ifndef WORKER_TIMING_H
#define WORKER_TIMING_H

#include "worker/job.h"

/* Of a launch. Two launches at least, and an even number where all goes well: one is one sample of
 * page placement. */
#define TIMING_LAUNCH_BLOCKS 3 /* a block is the pairs A B and B A */
#define TIMING_BLOCKS_MAX 24
#define TIMING_WARMUPS 3

/* program  of the student, borrowed
 * Emits one EVENT_TIMED per ranked case of the job. Waits for the host's timing lock first. An
 * error is ours: the baseline failed, no lock, no memory. */
struct err timing_run(struct worker *worker, const struct job *job, const struct spec *spec,
                      int program);

#endif
