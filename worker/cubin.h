/* Reads the cubin of a submission before it is loaded: the kernels that the launch lines name are
 * there and take what the lines pass, nothing needs the device runtime, nothing static is huge.
 *
 * The bytes are hostile: they came out of a compiler that a stranger's inline PTX steered. Pure;
 * every offset is checked before it is followed. */
#ifndef WORKER_CUBIN_H
#define WORKER_CUBIN_H

#include "assignments/launch.h"

#include <stdbool.h>
#include <stddef.h>

#define CUBIN_SECTIONS_MAX 4096
#define CUBIN_STATIC_MAX ((uint64_t)64 << 20) /* __device__ and __constant__ data */
#define CUBIN_STACK_MAX (16u << 10)           /* of a thread: local arrays and calls */

struct cubin_finding {
    char code[32];     /* "missing_kernel", "wrong_arguments", "device_runtime", "static_memory",
                          "stack_memory", "broken_object" */
    char message[200]; /* one sentence; foreign bytes in names are '?' */
    int line;          /* of the launch line it is about, 0: none */
};

/* Returns true if every kernel of the plan may be launched; else out says the first thing that
 * forbids it. architecture: 90. out is written in either case. */
bool cubin_audit(const void *bytes, size_t size, const struct launch_plan *plan, int architecture,
                 struct cubin_finding *out);

/* What the kernel needs of the device, by the cubin's own records. Returns false if it does not say
 * so (broken, or no such kernel). The numbers are bounded: 1 to 255 registers of a thread, at most
 * 2^32 bytes of static shared memory of a block. */
bool cubin_resources(const void *bytes, size_t size, const char *kernel, int *out_registers,
                     int64_t *out_shared_bytes);

#endif
