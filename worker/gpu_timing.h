/* The timing stage of a CUDA submission: student and baseline take turns in one launcher, on the
 * same fresh inputs, by events around our launches; estimate, stop rule and order are those of
 * worker/timing.h. A pair in which the device slowed down by itself is dropped and measured again;
 * clocks and reasons go into the row. Every output of the student is judged. */
#ifndef WORKER_GPU_TIMING_H
#define WORKER_GPU_TIMING_H

#include "worker/job.h"

/* spec: of spec_for_gpu. Emits one EVENT_TIMED per ranked case of the job. Waits for the host's
 * timing lock first. An error is ours. */
struct err gpu_timing_run(struct worker *worker, const struct job *job, const struct spec *spec,
                          const struct cuda_program *program);

#endif
