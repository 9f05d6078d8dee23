/* The check stage: every correctness case in spec order, SPEC_CALLS times with fresh inputs, in one
 * resident process for as long as it lives.
 *
 * A time-out ends its group, a second one ends the checking, a forbidden call ends it at once; what
 * is left is reported as not run (codes group_ended, checking_ended). */
#ifndef WORKER_CHECK_H
#define WORKER_CHECK_H

#include "worker/job.h"

/* program  of the student, borrowed
 * Emits one EVENT_CASE per case of the job. An error is ours. */
struct err check_run(struct worker *worker, const struct job *job, const struct spec *spec,
                     int program);

/* The cases of a job, in spec order: ranked ones or the others; of practice only visible ones; of
 * only_case that one. */
int check_cases(const struct job *job, const struct spec *spec, bool ranked,
                int out_cases[SPEC_CASES_MAX]);

#endif
