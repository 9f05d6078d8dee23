/* What the worker and build/nvrtc say to each other: one memfd. Known to those two only. */
#ifndef WORKER_NVRTC_INPUT_H
#define WORKER_NVRTC_INPUT_H

#include <stddef.h>
#include <stdint.h>

#define NVRTC_MAGIC 0x4e565254U
#define NVRTC_TEXT_MAX ((uint32_t)4 << 20)
#define NVRTC_LIBRARY_PATH "/usr/lib/nvrtc/libnvrtc.so"
#define NVRTC_BUILTINS_PATH "/usr/lib/nvrtc/libnvrtc-builtins.so"
#define NVRTC_WARM_ARCHITECTURE "sm_90"

/* What NVRTC is told besides the architecture, and why: no fused or approximate arithmetic beyond
 * CUDA's own defaults, resources in the log, no #include of what lies beside the source. */
#define NVRTC_OPTIONS                                                                              \
    "--std=c++17", "--ptxas-options=-v", "--no-source-include", "--split-compile=1"

/* Then header_size bytes of the header, and source_size bytes of the source. */
struct nvrtc_input {
    uint32_t magic, header_size, source_size;
    char architecture[16]; /* "sm_90" */
    char name[64];         /* "attention.cu" */
    char header_name[64];  /* "attention.cuh" */
};

#endif
