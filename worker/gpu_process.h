/* One process of build/launcher on a worker's GPU: started in the sandbox, given one order at a
 * time, killed when it does not answer in time.
 *
 * Invariants
 * - Nothing of a reply is believed beyond its bounds.
 * - After anything but GPU_DONE the process is gone, or the device is in quarantine.
 *
 * Life: 1. gpu_process_init  2. gpu_process_start  3. orders  4. gpu_process_stop, also after a
 * failed start. */
#ifndef WORKER_GPU_PROCESS_H
#define WORKER_GPU_PROCESS_H

#include "worker/gpu.h"

#define GPU_OPEN_MS 60000 /* a driver that wakes a device and a scrub of all its memory */

struct gpu_process {
    struct gpu *gpu; /* borrowed */
    bool up;
    uint32_t serial;
    int control, stdout_fd, stderr_fd;
};

/* Borrowed for the start; -1: empty. */
struct gpu_process_files {
    int inputs, outputs;
    int images[LAUNCHER_IMAGES];
};

enum gpu_end {
    GPU_DONE,
    GPU_FAULT,      /* `reply` says which */
    GPU_DIED,       /* `died` says how; it said nothing */
    GPU_WALL_LIMIT, /* killed */
};

struct gpu_result {
    enum gpu_end end;
    struct launcher_reply reply;
    struct sandbox_result died;
    int64_t took_ns; /* of the whole order, by our clock */
};

/* Nothing runs yet. `gpu` is borrowed for good. */
void gpu_process_init(struct gpu_process *process, struct gpu *gpu);

/* ERR_SYSTEM: no slot, or no such program. */
struct err gpu_process_start(struct gpu_process *process, const struct gpu_process_files *files);

/* Sends and waits. Version and serial are set here. An error is ours. */
struct err gpu_process_order(struct gpu_process *process, struct launcher_order *order,
                             int64_t timeout_ms, struct gpu_result *out);

/* Hangs up, and sees that the process ends. */
void gpu_process_stop(struct gpu_process *process);

/* An end other than GPU_DONE that is not the student's, as an error of ours; of one that puts the
 * device in doubt, quarantine as well. */
struct err gpu_process_err(struct gpu *gpu, const struct gpu_result *result);

#endif
