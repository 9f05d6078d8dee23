/* What this host offers to the sandbox, in plain words: which walls stand, which are weaker, and
 * how to get them. Finds out by trying, never by guessing from versions. */
#ifndef SANDBOX_PROBE_H
#define SANDBOX_PROBE_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"
#include "sandbox/sandbox.h"

#include <stdbool.h>
#include <stddef.h>

#define PROBE_ROWS_MAX 12

struct probe_row {
    const char *name; /* "cgroup-v2" */
    bool works;
    char detail[256];   /* what was found */
    const char *advice; /* what to do about it; "" if nothing */
};

struct probe {
    bool usable;                  /* programs can be run here at all */
    enum sandbox_backend backend; /* the strongest that works; only if usable */
    struct probe_row rows[PROBE_ROWS_MAX];
    size_t count;
};

/* Opens and closes a slot per back end: some ten milliseconds. `program` as in sandbox_options. */
void probe_host(const char *program, struct probe *out);

/* The table for people, and the same as one JSON object. */
void probe_text(const struct probe *probe, struct buf *out);
void probe_json(const struct probe *probe, struct buf *out);

#endif
