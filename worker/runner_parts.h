/* What the three files of the runner share. Private to worker/runner*.c: runner.c holds the life of
 * processes, runner_memory.c what is in the shared memory, runner_call.c one call. */
#ifndef WORKER_RUNNER_PARTS_H
#define WORKER_RUNNER_PARTS_H

#include "worker/runner.h"
#include "worker/runner_layout.h"

struct runner {
    struct runner_plan plan;
    struct runner_layout layout;
    struct call given;                 /* inputs: shared memory; inouts: `initial` */
    struct call live;                  /* outputs and inouts in shared memory */
    void *initial[SPEC_ARGUMENTS_MAX]; /* owned; of inouts */
    int inputs_fd, outputs_fd, control_fd;
    char *inputs, *outputs; /* our mappings */
    struct control *control;
    int go_fd, done_fd, stdout_fd, stderr_fd; /* of the process at hand */
    bool up;                                  /* a process is there, as far as we know */
    bool ready; /* it has its pages; before, nothing of a student runs */
    bool frozen;
    bool first;      /* it goes before everything that is not real-time */
    uint32_t number; /* of the last call */
    uint32_t calls;  /* that this process has seen */
};

/* Makes the three memfds, mapped, written and sealed, and the copies of the inouts.
 * cases: those of the plan. */
struct err runner_memory_make(struct runner *runner, const int *cases, size_t cases_count);

/* Unmaps, closes, frees. */
void runner_memory_release(struct runner *runner);

/* Kills the process and waits for its end. */
struct err runner_process_end(struct runner *runner, struct sandbox_result *out);

/* Whether the process has ended, waiting at most timeout_ms for it; then *out_over is set, and out
 * says how. ERR_INTERNAL: it could not map its pages. */
struct err runner_died(struct runner *runner, int64_t timeout_ms, struct runner_result *out,
                       bool *out_over);

#endif
