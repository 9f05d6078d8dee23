/* The one GPU that a worker has, or why it has none: found, claimed among all workers of the host,
 * asked what it is, and put into quarantine when it is in doubt.
 *
 * Invariants
 * - Whoever holds the claim is alone with the device; the claim goes with the process.
 * - A device in quarantine is not touched again, by this worker or by one that starts later, until
 *   somebody removes the file that says so, or the host restarts. It is never reset by us.
 * - That file lies in a folder of the worker's user alone: nobody else can make one up, take one
 *   away, or lead what we write elsewhere. Without such a folder no device is used.
 *
 * Life: 1. gpu_open  2. worker/gpu_process.h and gpu_quarantine  3. gpu_close. */
#ifndef WORKER_GPU_H
#define WORKER_GPU_H

#include "sandbox/gpu.h"
#include "worker/launcher/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPU_REAP_MS 5000 /* a killed launcher that is not gone by then holds a device in doubt */
#define GPU_DEVICES_MAX 16

struct gpu_options {
    const char *which; /* "auto": the first that nobody has; "none"; "0": /dev/nvidia0; else a file
                        * that lists a view (sandbox/gpu.h) */
    const char *locks; /* path that claims (LOCKS-NAME.lock) and the folder of quarantines
                        * (LOCKS-UID/NAME.quarantine) begin with */
    const char *launcher;        /* path of build/launcher */
    struct sandbox_options slot; /* without gpu */
};

struct gpu {
    bool present;  /* may be used */
    char why[160]; /* not present: why, for people */
    bool quarantined;
    struct launcher_facts facts; /* of a present one: as launcher and driver told */
    char class_name[33];         /* "gpu:sm_90"; of a MIG slice "gpu:sm_90-1g.10gb" */
    char architecture[16];       /* "sm_90" */
    char uuid[48];               /* "GPU-...", for NVML */
    int64_t reap_ms;
    struct sandbox *slot; /* of profile gpu-launcher; NULL until needed */
    /* private */
    struct gpu_options options; /* borrowed texts */
    struct gpu_host host;
    char name[32]; /* "nvidia0" */
    int lock_fd;
};

/* Looks for a device, claims it and probes it. Never fails: a host without one is a host without
 * one, and `why` says so. The struct must stay where it is; options' texts are borrowed for good.
 */
void gpu_open(struct gpu *gpu, const struct gpu_options *options);

/* From now on, and in later workers, not to be used. */
void gpu_quarantine(struct gpu *gpu, const char *reason);

/* Of what was opened: the slot, and the claim on the device. */
void gpu_close(struct gpu *gpu);

/* The class of a device by what it says of itself. Pure. */
void gpu_class(const struct launcher_facts *facts, char out[33]);

/* Words for a host whose devices are shared by MPS, "" where they are not: strangers' kernels would
 * run in one address space. environment: CUDA_MPS_PIPE_DIRECTORY, or NULL. */
const char *gpu_mps_words(const char *environment);

#endif
