/* What NVRTC said: its reports in the form that the C compiler's have, and what each kernel spills.
 * The text is a stranger's: names and messages quote his source, and `#line` may name any file, so
 * a line of the assembler can be forged. Spills are only shown; whatever decides comes from the
 * cubin (worker/cubin.h). Pure. */
#ifndef WORKER_CUDA_LOG_H
#define WORKER_CUDA_LOG_H

#include "sandbox/base/buf.h"
#include "worker/wire.h"

#define CUDA_LOG_ASSEMBLER "ptxas" /* how its assembler's lines begin */

/* Fills name and spills of out_kernels (at most WIRE_KERNELS_MAX; further ones are not told) and
 * gives their number. Appends every report to `reports` as "NAME:LINE: error: …" and drops the
 * rest. */
int cuda_log_read(const char *text, size_t size, struct buf *reports,
                  struct wire_kernel out_kernels[WIRE_KERNELS_MAX]);

#endif
