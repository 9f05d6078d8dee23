/* After a crash or a wrong answer on a visible case: the same source as a diagnosis build, run once
 * on that case in the sandbox, and what it found told as an event of its own. After a time-out:
 * what the baseline takes for the case, which tells slow code from a loop without an end. It can
 * change no verdict, costs a bounded time, and where it fails nobody hears of it but the log. */
#ifndef WORKER_DIAGNOSIS_H
#define WORKER_DIAGNOSIS_H

#include "worker/job.h"

/* True if a case that ended so is worth it: visible, and out of processor time, or wrong or crashed
 * with one thread (a second one's stack has no shadow). */
bool diagnosis_fits(const struct job *job, const struct spec *spec, const struct wire_case *one);

/* Emits at most one event. The slot of the student must be free. An error is one of emit. */
struct err diagnosis_run(struct worker *worker, const struct job *job, const struct spec *spec,
                         int case_index, enum verdict verdict);

#endif
