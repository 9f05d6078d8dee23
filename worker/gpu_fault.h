/* What a fault of the launcher means, and for whom: a table over the driver's numbers. Pure. */
#ifndef WORKER_GPU_FAULT_H
#define WORKER_GPU_FAULT_H

#include "worker/launcher/protocol.h"
#include "worker/wire.h"

enum gpu_blame {
    GPU_THEIRS, /* the kernel did it: a verdict on a case */
    GPU_OURS,   /* our failure, or this machine's; the device is in order */
    GPU_LOST,   /* the device itself is in doubt: it goes into quarantine */
};

struct gpu_meaning {
    enum gpu_blame blame;
    enum verdict verdict; /* of GPU_THEIRS, as are the next two */
    const char *code;     /* "illegal_address" */
    const char *sentence;
};

/* Lent for ever. What no row knows is ours. */
const struct gpu_meaning *gpu_fault_meaning(uint32_t stage, int code);

#endif
