/* The worker's test of itself: can this machine measure? The baseline is timed against itself, by
 * the pairs that submissions are timed by, and the machine's peaks are measured. What comes of it
 * is in the hello, and in a file that all workers of a host share (deploy/adr/0042).
 *
 * Without worker->calibration_file nothing here does anything. A calibration is good for a day; one
 * with a complaint is tried again after some minutes. */
#ifndef WORKER_SELFTEST_H
#define WORKER_SELFTEST_H

#include "worker/job.h"

#define SELFTEST_ERROR_MAX 0.01 /* beyond it no ranked work */

/* Takes over what the file holds, if it holds for this machine and this build, into the hello. A
 * missing or stale file is no error. */
struct err selftest_load(struct worker *worker);

/* Milliseconds until the next test is due, at most a day; 0 or less: now. A day where there is
 * nothing to test for. */
int64_t selftest_due_ms(const struct worker *worker);

/* If a test is due: tests and writes the file, unless that is good by now because another worker
 * was quicker; then emits the hello. A test that fails on our side is a complaint as well, but is
 * not written. An error is one of emit.
 *
 * job_fd  >= 0: gives way (nothing is written) as soon as there is something to read, and to
 *         whoever measures at the moment; -1: waits for its turn and goes on to the end */
struct err selftest_run(struct worker *worker, int job_fd);

#endif
