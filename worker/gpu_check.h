/* The check stage of a CUDA submission on the worker's GPU: every correctness case in order,
 * SPEC_CALLS times with fresh inputs, by the rules of worker/check_rules.h. Outputs are compared
 * here, by the oracles that C is judged by. */
#ifndef WORKER_GPU_CHECK_H
#define WORKER_GPU_CHECK_H

#include "worker/job.h"

/* spec: of spec_for_gpu. Emits one EVENT_CASE per case of the job. An error is ours. */
struct err gpu_check_run(struct worker *worker, const struct job *job, const struct spec *spec,
                         const struct cuda_program *program);

#endif
