/* One compilation of a CUDA source on its way. Private to worker/compile_cuda*.c. */
#ifndef WORKER_CUDA_BUILD_H
#define WORKER_CUDA_BUILD_H

#include "worker/cache.h"
#include "worker/compile_cuda.h"
#include "worker/gpu_arch.h"

struct cuda_build {
    const struct toolchain *toolchain;
    const struct cuda_toolchain *cuda;
    const struct gpu_arch *arch;
    struct nvrtc *nvrtc;
    const struct spec *spec;
    const char *source;
    size_t source_size;
    bool practice;
    char file_name[64], header_name[64];
    struct buf header;
    struct cache_entry made; /* object: the assembler's lines, a 0 byte, the cubin */
    struct wire_compiled *result;
    struct cuda_program *program;
};

/* Always false: what is refused is not good. */
bool cuda_refuse(struct cuda_build *build, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A refusal shows the line that it is about, as the compiler's errors do. 0: none. */
void cuda_quote_line(struct cuda_build *build, int line);

/* The cases that a GPU runs: those for correctness, of practice only the visible ones, then its own
 * ranked ones. NULL at the end. */
const struct spec_case *cuda_case_at(const struct cuda_build *build, int index);

/* What each kernel that is launched needs, into the result. The cubin says it; of spills only the
 * log tells. False: refused. */
bool cuda_kernels_find(struct cuda_build *build, const char *log, size_t log_size);

/* Whether a device has that in every case: registers, and shared memory together, are known only
 * after cuda_kernels_find. *out_fit false: refused. ERR_SYSTEM: no memory. */
struct err cuda_needs_fit(struct cuda_build *build, bool *out_fit);

#endif
