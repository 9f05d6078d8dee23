/* One run of compiler, assembler or linker in the jail, and what its end means: done, errors of the
 * student, a limit that the student's source broke, or our own failure (struct err). */
#ifndef WORKER_TOOL_H
#define WORKER_TOOL_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"
#include "sandbox/sandbox.h"

#include <stddef.h>
#include <stdint.h>

/* Enough for the largest honest source many times over: a 90-line kernel takes 0.2 s and 60 MB. */
#define TOOL_CPU_MS 10000
#define TOOL_WALL_MS 30000 /* only a starved machine gets here before the CPU limit */
#define TOOL_MEMORY_BYTES ((uint64_t)1 << 30)
#define TOOL_STACK_BYTES ((uint64_t)64 << 20) /* what cc1 asks for itself */

enum tool_end {
    TOOL_DONE,
    TOOL_ERRORS, /* it refused its input; `said` has its words */
    TOOL_LIMIT,  /* the input broke a limit, or the tool; `message` says which */
};

struct tool_run {
    const char *title;       /* for messages: "the compiler" */
    const char *const *argv; /* argv[0] is a path of the compile view */
    int input;               /* becomes descriptor 0 */
    int output;              /* becomes descriptor 1 */
    const struct sandbox_file *files_in;
    size_t files_in_count;
    const struct sandbox_file *file_out; /* NULL: it writes to `output` */
    uint64_t output_bytes;               /* of all it writes */
    uint64_t cpu_ms;                     /* 0: TOOL_CPU_MS */
};

struct tool_result {
    enum tool_end end;
    char message[200]; /* of TOOL_LIMIT: one sentence with its evidence */
    struct buf said;   /* its stderr, raw, at most 1 MiB; owned */
};

/* Empty, and freed. */
void tool_result_init(struct tool_result *result);
void tool_result_release(struct tool_result *result);

/* Runs it and waits. ERR_BUSY: the machine gave it no time; ERR_INTERNAL: it ended as no input may
 * make it end (a missing library, a call outside the profile). */
struct err tool_run(struct sandbox *slot, const struct tool_run *run, struct tool_result *out);

#endif
