/* What a CUDA architecture has, as a table: bounds for launches, and the arithmetic of occupancy.
 * Pure. Source: CUDA C++ Programming Guide 13.0, technical specifications per compute capability.
 */
#ifndef WORKER_GPU_ARCH_H
#define WORKER_GPU_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct gpu_arch {
    const char *name;        /* "sm_90" */
    int number;              /* 90 */
    int threads;             /* of one multiprocessor at once */
    int blocks;              /* likewise */
    int64_t shared_bytes;    /* of one multiprocessor */
    int64_t shared_of_block; /* what one block may ask for, static and dynamic together */
};

#define GPU_ARCH_DEFAULT "sm_90" /* where there is no GPU to ask */
#define GPU_SHARED_RESERVED 1024 /* of each block's shared memory, for the system, since sm_80 */
#define GPU_REGISTERS 65536      /* of one multiprocessor, and of one block, on all of them */

/* NULL if the table has no such architecture. */
const struct gpu_arch *gpu_arch_find(const char *name);

/* True if blocks of this many threads with this many registers each can start at all. */
bool gpu_arch_registers_fit(int registers, int threads);

/* Percent of a multiprocessor's threads that can be there at once: the bound by registers, shared
 * memory, blocks and threads. Nothing is known of what they then wait for. */
int gpu_arch_occupancy(const struct gpu_arch *arch, int registers, int64_t shared_bytes,
                       int threads);

#endif
