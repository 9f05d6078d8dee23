/* What NVRTC said: its reports in the form that the C compiler's have, and the resources of each
 * kernel as its assembler printed them. The text is a stranger's: names and messages quote his
 * source. Pure. */
#ifndef WORKER_CUDA_LOG_H
#define WORKER_CUDA_LOG_H

#include "sandbox/base/buf.h"
#include "worker/wire.h"

/* Fills out_kernels (at most WIRE_KERNELS_MAX; name, registers, shared and spills) and gives their
 * number. Appends every report to `reports` as "NAME:LINE: error: …" and drops the rest. */
int cuda_log_read(const char *text, size_t size, struct buf *reports,
                  struct wire_kernel out_kernels[WIRE_KERNELS_MAX]);

#endif
