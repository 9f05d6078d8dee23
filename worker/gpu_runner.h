/* Calls of a student's kernels (or of the baseline's) on the worker's GPU: what worker/runner.h is
 * for C. One launcher process serves a job for as long as it lives.
 *
 * Invariants
 * - The launcher reads its inputs and can never write them; expected outputs are in no memory that
 *   it sees, and none of it reaches the device.
 * - Each call gets its inputs anew from our memory, whatever kernels did to their copies.
 * - How a call ended is data (struct gpu_result); a struct err is ours.
 *
 * Life: 1. gpu_runner_new  2. per call: gpu_runner_ready, gpu_runner_fill, gpu_runner_call and if
 * that says GPU_DONE: gpu_runner_answer  3. gpu_runner_free. */
#ifndef WORKER_GPU_RUNNER_H
#define WORKER_GPU_RUNNER_H

#include "assignments/call.h"
#include "assignments/random.h"
#include "worker/answer.h"
#include "worker/compile_cuda.h"
#include "worker/gpu_process.h"

struct gpu_runner;

struct gpu_runner_plan {
    struct gpu *gpu;                                      /* borrowed */
    const struct spec *spec;                              /* of spec_for_gpu; borrowed */
    const struct cuda_program *programs[LAUNCHER_IMAGES]; /* NULL: none; borrowed */
    const int *cases; /* that will be called; borrowed for gpu_runner_new only */
    size_t cases_count;
};

struct gpu_call {
    enum launcher_image image;
    bool reload;      /* the module anew before it */
    bool keep_caches; /* for checks: the clock does not matter */
    bool empty;       /* nothing is launched: what the clock shows then is its floor */
};

/* Shared memory and images; starts nothing. ERR_LIMIT: a case that does not fit the device. */
struct err gpu_runner_new(struct gpu_runner **out, const struct gpu_runner_plan *plan);

/* Bytes of the device that a call of this case takes at most: a guard, every tensor, and the larger
 * of the programs' scratch, each as LAUNCHER_ROOM has it. */
struct err gpu_runner_room(const struct gpu_runner_plan *plan, const struct spec_case *one,
                           uint64_t *out);

/* Ends the process. NULL is fine. */
void gpu_runner_free(struct gpu_runner *runner);

/* Sees to it that a launcher is there, with a context and scrubbed memory. out_fresh (may be NULL):
 * it has seen no call yet. */
struct err gpu_runner_ready(struct gpu_runner *runner, bool *out_fresh);

/* Ends the launcher, if there is one: the next one finds the device as anybody would. */
void gpu_runner_stop(struct gpu_runner *runner);

/* Makes the inputs of the next calls from the key. */
struct err gpu_runner_fill(struct gpu_runner *runner, int case_index,
                           const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration);

/* The call as filled: outputs are NULL. Good until the next fill. */
const struct call *gpu_runner_given(const struct gpu_runner *runner);

/* One call on the inputs as filled; fill anew for another, unless it shall see the same ones. */
struct err gpu_runner_call(struct gpu_runner *runner, const struct gpu_call *what,
                           struct gpu_result *out);

/* Copies outputs and inouts of the call into `answer`, made for the same case. */
void gpu_runner_answer(const struct gpu_runner *runner, struct answer *answer);

#endif
