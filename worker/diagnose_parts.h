/* The inside of the hints: a compared tensor as doubles, and the patterns that it may show. Private
 * to worker/diagnose*.c. */
#ifndef WORKER_DIAGNOSE_PARTS_H
#define WORKER_DIAGNOSE_PARTS_H

#include "worker/diagnose.h"

/* The part of the first mismatch in full. */
struct part {
    const struct call *given;
    int argument;
    size_t count;
    double *expected, *got; /* owned by diagnose.c */
    int rank;
    size_t shape[SPEC_RANK_MAX];
    double rms; /* of expected, finite */
};

/* The first code of diagnose.h that fits, "" if none does. `first`: what the first wrong element
 * alone says; it stands before every pattern but "precision" and, for elements that were not
 * written or are NaN, those that say where. */
void diagnose_part(const struct part *part, const char *first, char out_code[DIAGNOSE_CODE_MAX]);

#endif
