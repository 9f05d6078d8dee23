/* The CUDA compiler in the compile jail: one resident process that has loaded and warmed NVRTC
 * waits in a slot of its own; a source is handed to it, it ends with that source, and the next one
 * is started. Loading and warming (200 ms) is done before a student waits.
 *
 * Life: 1. nvrtc_init  2. nvrtc_warm whenever there is time  3. nvrtc_compile any number of times
 * 4. nvrtc_release */
#ifndef WORKER_NVRTC_H
#define WORKER_NVRTC_H

#include "sandbox/base/err.h"
#include "sandbox/sandbox.h"
#include "worker/tool.h"

#include <stdbool.h>
#include <stddef.h>

#define NVRTC_CUBIN_MAX ((size_t)15 << 20)

struct nvrtc {
    struct sandbox_options options; /* borrowed texts */
    struct sandbox *slot;           /* NULL until first needed */
    uint64_t cpu_ms;                /* 0: the usual limit; for tests */
    bool waiting;                   /* a process is there, or on its way */
    int64_t born_ms;
    int input, cubin, said, wake; /* of that process */
};

/* One source. Texts are borrowed for the call. */
struct nvrtc_source {
    const char *architecture; /* "sm_90" */
    const char *name, *header_name;
    const char *text, *header;
    size_t text_size, header_size;
};

/* Only fills; options as for sandbox_open. */
void nvrtc_init(struct nvrtc *nvrtc, const struct sandbox_options *options);
void nvrtc_release(struct nvrtc *nvrtc);

/* Starts the process that will wait, if none does. Returns before it is warm. ERR_SYSTEM: no slot,
 * or no CUDA toolkit on this host. */
struct err nvrtc_warm(struct nvrtc *nvrtc);

/* The same, and if one was started, returns when it rests. Never fails: what is wrong shows when it
 * is needed. */
void nvrtc_warm_up(struct nvrtc *nvrtc);

/* Compiles. out_result: TOOL_DONE with the cubin in `out_cubin`, TOOL_ERRORS, or TOOL_LIMIT; the
 * log in `said` in any case. An error is ours, and the next call starts anew. */
struct err nvrtc_compile(struct nvrtc *nvrtc, const struct nvrtc_source *source,
                         struct tool_result *out_result, struct buf *out_cubin);

#endif
