/* What the student left after one call: the outputs and inouts, copied into memory of our own, so
 * that nothing is judged that can still change. Life: 1. answer_make  2. fill, judge
 * 3. answer_release. */
#ifndef WORKER_ANSWER_H
#define WORKER_ANSWER_H

#include "assignments/call.h"

struct answer {
    struct call call; /* tensors of role output and inout; the others are NULL */
    void *storage;    /* owned: all of them */
    size_t bytes;     /* of storage */
};

/* Storage for one answer of this case, touched in full (so that filling it costs no page faults).
 * ERR_SYSTEM: no memory. */
struct err answer_make(struct answer *out, const struct spec *spec, const struct spec_case *which);
void answer_release(struct answer *answer);

/* The bytes that answer_make would take. */
size_t answer_bytes(const struct spec *spec, const struct spec_case *which);

/* Tensors that the student may write. */
bool answer_holds(const struct spec_argument *argument);

#endif
