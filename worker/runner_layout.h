/* Where each tensor lies in the two memfds that a runner maps. Pure.
 *
 * Every tensor has a region of its own, large enough for the largest of the cases, between two
 * guard pages; neighbours share a guard. In a call the tensor lies at the end of its region,
 * 64-byte aligned, so that what runs past its end meets the guard at once or after less than 64
 * bytes. */
#ifndef WORKER_RUNNER_LAYOUT_H
#define WORKER_RUNNER_LAYOUT_H

#include "assignments/spec.h"
#include "worker/runtime/control.h"

struct runner_region {
    bool used;         /* the argument is a tensor */
    bool in_outputs;   /* of role inout or output */
    size_t start, end; /* whole pages; a guard lies before start and one at end */
};

struct runner_layout {
    struct runner_region regions[SPEC_ARGUMENTS_MAX]; /* by argument */
    size_t inputs_bytes, outputs_bytes;               /* whole pages; at least one each */
    uint64_t guards[CONTROL_GUARDS_MAX];              /* as control.h wants them */
    uint32_t guards_count;
};

/* For these cases of the spec. gap: bytes between two regions, whole pages of which the first is a
 * guard; 0: that one page. ERR_LIMIT: more memory than one case may have. */
struct err runner_layout_make(struct runner_layout *out, const struct spec *spec, const int *cases,
                              size_t cases_count, size_t gap);

/* Offset at which a tensor of this many bytes starts; bytes fit the region. */
size_t runner_layout_place(const struct runner_layout *layout, int argument, size_t bytes);

#endif
