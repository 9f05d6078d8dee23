/* What the files of the compile stage share. Private to worker/compile*.c and worker/prebuilt.c:
 * compile.c holds the order of the steps, compile_tools.c the three tools and their flags. */
#ifndef WORKER_COMPILE_PARTS_H
#define WORKER_COMPILE_PARTS_H

#include "worker/cache.h"
#include "worker/compile.h"
#include "worker/tool.h"

#define COMPILE_FLAGS_MAX 64

/* What cc1 is asked for. */
enum build_kind {
    BUILD_GRADED = 1,    /* what is checked and timed */
    BUILD_DIAGNOSIS = 2, /* worker/runtime/diagnosis.h */
    BUILD_PREBUILT = 4,  /* the headers of intrinsics, for BUILD_GRADED */
};

/* One compilation on its way. */
struct build {
    enum build_kind kind;
    const struct toolchain *toolchain;
    struct sandbox *slot;
    const struct spec *spec;
    const char *source;
    size_t source_size;
    char file_name[64];   /* in /work and in messages */
    char header_name[64]; /* NAME.h */
    char runtime_path[4096 + 64];
    char extra_path[4096 + 64];
    struct buf header;
    struct cache_entry made; /* what compiler and assembler made of it */
};

/* The flags of this kind of build, in order, without the instruction set. */
size_t compile_flags(enum build_kind kind, const char *out[COMPILE_FLAGS_MAX]);

/* "-march=x86-64-v3" */
void compile_march(const struct toolchain *toolchain, char out[32]);

/* Source to assembly, assembly to object, object to a sealed program. The descriptors are memfds of
 * the caller; out_program is set, and then the caller's, only if the linker came to a good end. */
struct err compile_run_cc1(const struct build *build, int assembly, struct tool_result *out);
struct err compile_run_as(const struct build *build, int assembly, int object,
                          struct tool_result *out);
struct err compile_run_ld(const struct build *build, bool with_extra, struct tool_result *out,
                          int *out_program);

#endif
