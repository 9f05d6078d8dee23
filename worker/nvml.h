/* What NVIDIA's management library says of a device: clocks, why they are low, and who shares it.
 * Loaded at run time into the worker itself, never into a process that runs strangers' kernels;
 * where it is missing, nothing is known and nobody is hindered. */
#ifndef WORKER_NVML_H
#define WORKER_NVML_H

#include <stdbool.h>
#include <stdint.h>

/* Reasons that a clock is lower than it was asked to be (nvml.h), those that spoil a pair: the
 * power cap is not among them, since a heavy kernel lives with it for as long as it runs. */
#define NVML_SPOILED ((uint64_t)(0x8 | 0x20 | 0x40 | 0x80)) /* hardware, thermal twice, brake */

struct nvml {
    void *library; /* NULL: there is none */
    void *device;
    /* private: signatures as in nvml.h */
    int (*shutdown)(void);
    int (*clock)(void *device, unsigned kind, unsigned *out_mhz);
    int (*reasons)(void *device, unsigned long long *out);
    int (*mps)(void *device, unsigned *count, void *infos); /* may be NULL */
};

struct nvml_state {
    bool known;
    uint64_t reasons;
    int64_t sm_mhz, memory_mhz; /* 0: not told */
};

/* path of libnvidia-ml.so.1, NULL: none. uuid: "GPU-..." or "MIG-...". Never fails: see library. */
void nvml_open(struct nvml *out, const char *path, const char *uuid);
void nvml_close(struct nvml *nvml);

/* Now. Of an nvml without a library: not known. */
struct nvml_state nvml_look(const struct nvml *nvml);

/* True if MPS has clients on the device. */
bool nvml_is_shared(const struct nvml *nvml);

#endif
