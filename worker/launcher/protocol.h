/* What the worker and build/launcher say to each other: fixed structs over a SEQPACKET socket, one
 * order, one reply, and two memfds beside it for everything large. Plain data, no functions.
 *
 * The launcher knows neither cases nor expected outputs: it is told what to put on the device, what
 * to launch, and what to bring back. It ends after the first fault, since a device's context is
 * useless then. The worker believes nothing of a reply beyond its bounds: the driver that
 * strangers' kernels have got at lives in the launcher. */
#ifndef WORKER_LAUNCHER_PROTOCOL_H
#define WORKER_LAUNCHER_PROTOCOL_H

#include "assignments/launch.h"

#include <stdint.h>

#define LAUNCHER_VERSION 2

/* argv: "launcher", path of the driver's library. */
enum launcher_fd {
    LAUNCHER_FD_CONTROL,
    LAUNCHER_FD_STDOUT,
    LAUNCHER_FD_STDERR,
    LAUNCHER_FD_INPUTS, /* sealed: the launcher reads it and cannot write it */
    LAUNCHER_FD_OUTPUTS,
    LAUNCHER_FD_STUDENT, /* a cubin, or nothing */
    LAUNCHER_FD_BASELINE,
    LAUNCHER_FD_COUNT,
};

enum launcher_image { LAUNCHER_STUDENT, LAUNCHER_BASELINE, LAUNCHER_IMAGES };

enum launcher_kind {
    /* orders */
    LAUNCHER_PROBE = 1, /* what device is it? loads nothing */
    LAUNCHER_OPEN,      /* context, free memory overwritten, buffers */
    LAUNCHER_CALL,      /* one call of all launch lines */
    /* replies */
    LAUNCHER_DONE,
    LAUNCHER_FAULT, /* and the launcher ends */
};

/* Which step of an order went wrong; what it means is worker/gpu_fault.h's. */
enum launcher_stage {
    LAUNCHER_STAGE_DRIVER,  /* library, symbol, version, device */
    LAUNCHER_STAGE_CONTEXT, /* context, stream, events, scrubbing */
    LAUNCHER_STAGE_MEMORY,  /* the buffers */
    LAUNCHER_STAGE_IMAGE,   /* the cubin does not load, or lacks a kernel */
    LAUNCHER_STAGE_COPY,    /* to the device, before anything is launched */
    LAUNCHER_STAGE_LAUNCH,  /* a launch was refused */
    LAUNCHER_STAGE_WAIT,    /* the device stopped while it ran, or while results came back */
    LAUNCHER_STAGE_COUNT,
};

enum launcher_role { LAUNCHER_NO_TENSOR, LAUNCHER_INPUT, LAUNCHER_INOUT, LAUNCHER_OUTPUT };

/* A tensor argument of the spec. Offsets are into the two memfds. */
struct launcher_tensor {
    uint32_t role;
    uint32_t poison;       /* of an output: this pattern ... */
    uint32_t poison_width; /* ... of 4 bytes or of 1 */
    uint32_t unused;
    uint64_t from, to; /* of an input or inout; of an inout or output */
    uint64_t bytes;
};

struct launcher_order {
    uint32_t version, kind, serial;
    uint32_t image;       /* of CALL: enum launcher_image */
    uint32_t reload;      /* of CALL: the module anew before it */
    uint32_t keep_caches; /* of CALL: 1: nothing overwrites the caches; for checks */
    uint64_t inputs_bytes, outputs_bytes, arena_bytes;  /* of OPEN */
    struct launcher_tensor tensors[SPEC_ARGUMENTS_MAX]; /* of CALL */
    uint32_t scalars[SPEC_ARGUMENTS_MAX];               /* bits of an int or float */
    struct launch_program program;
};

struct launcher_facts {
    char name[96];
    unsigned char uuid[16];
    int32_t major, minor;   /* compute capability */
    int32_t driver_version; /* 13000 */
    int32_t multiprocessors;
    int64_t l2_bytes, shared_of_block, total_bytes;
};

struct launcher_reply {
    uint32_t version, kind, serial;
    uint32_t stage;          /* of FAULT */
    int32_t code;            /* the driver's error, 0: none of its own */
    int32_t outside;         /* of CALL: the argument beside which something was written, -1: none;
                              * SPEC_ARGUMENTS_MAX + i: scratch i */
    uint64_t elapsed_ns;     /* of CALL: between the events around our launches */
    uint64_t host_ns;        /* of CALL: from before the first of them to after the wait, by a clock
                              * that lies in no memory which a device can write */
    uint64_t scrubbed_bytes; /* of OPEN: free memory that was overwritten */
    uint64_t free_bytes;     /* of OPEN: that there was */
    struct launcher_facts facts; /* of PROBE */
    char where[64];              /* of FAULT: "cuStreamSynchronize" */
};

/* Room that a call of these bytes takes in the arena: each buffer with a guard behind it. */
#define LAUNCHER_ALIGN ((uint64_t)256)
#define LAUNCHER_GUARD ((uint64_t)4096)
#define LAUNCHER_ROOM(bytes)                                                                       \
    (((uint64_t)(bytes) + LAUNCHER_ALIGN - 1) / LAUNCHER_ALIGN * LAUNCHER_ALIGN + LAUNCHER_GUARD)

#endif
