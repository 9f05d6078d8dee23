/* A job whose source is CUDA: compiled, then run on the worker's GPU, if it has one. */
#ifndef WORKER_GPU_JOB_H
#define WORKER_GPU_JOB_H

#include "worker/job.h"

/* Sends every event but EVENT_DONE, whose outcome and message it fills in. Without a device the
 * compile step is all; that it went well is never a pass. An error is ours. */
struct err gpu_job_run(struct worker *worker, const struct job *job, const struct spec *spec,
                       struct wire_done *done);

/* What the worker says of its GPU, into its hello. True if that has changed. */
bool gpu_job_hello(struct worker *worker);

#endif
