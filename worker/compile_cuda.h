/* From a student's CUDA source to a cubin that may be loaded, and what it will need of a device.
 * Launch lines are read and bounded for every case first; NVRTC runs in the compile jail; the cubin
 * is audited. Every byte of the source and of the cubin is hostile. */
#ifndef WORKER_COMPILE_CUDA_H
#define WORKER_COMPILE_CUDA_H

#include "assignments/launch.h"
#include "worker/compile.h"
#include "worker/nvrtc.h"
#include "worker/wire.h"

/* What this worker compiles CUDA with; found at start. */
struct cuda_toolchain {
    bool present;
    char why[128];         /* not present: what is missing */
    char architecture[16]; /* "sm_90" */
    char compiler[64];     /* "nvrtc 13.0" */
    char identity[256];    /* of library and helper, for cache keys */
};

/* A kernel that may be loaded. */
struct cuda_program {
    struct launch_plan plan;
    struct buf cubin; /* owned */
};

struct cuda_source {
    const char *file_name; /* as the student called it */
    const char *text;      /* size bytes */
    size_t size;
    bool practice; /* visible cases only */
};

/* Looks for NVRTC as the jail will show it. architecture "": GPU_ARCH_DEFAULT. Never fails: a host
 * without it is a host without it. */
void cuda_toolchain_find(struct cuda_toolchain *out, const char *architecture);

/* Compiles and audits.
 *
 * out_result   always filled; release with wire_compiled_release
 * out_program  filled if good; the caller releases its cubin in any case
 * Codes when not good: "launch_line" (what a line says), "launch_bounds" (what it comes to in a
 * case), "syntax", "compile_limit", and those of cubin.h. An error is ours.
 * Of hidden cases a refusal tells one bit: that some line is beyond its bounds in one of them. */
struct err compile_cuda(const struct toolchain *toolchain, const struct cuda_toolchain *cuda,
                        struct nvrtc *nvrtc, const struct spec *spec,
                        const struct cuda_source *source, struct wire_compiled *out_result,
                        struct cuda_program *out_program);

#endif
