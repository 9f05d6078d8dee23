/* What is offered: versions of assignments, offerings with their dates. Part of grader/store.h,
 * whose rules hold here. */
#ifndef GRADER_STORE_OFFERING_H
#define GRADER_STORE_OFFERING_H

#include "assignments/spec.h"
#include "grader/db.h"

struct offering {
    int64_t id, cohort_id;
    char assignment[SPEC_NAME_MAX];
    char spec_hash[65];
    int64_t opens_at, due_at, closes_at; /* 0: without */
    int64_t attempts_max;                /* 0: without limit */
    int zone_minutes;
    bool supersede;
};

/* The version of an assignment (name and spec hash), and what a cohort offers under that name. */
struct err store_assignment_put(struct db *db, const struct spec *spec, int64_t now_at,
                                int64_t *out_id);
struct err store_offering_put(struct db *db, const struct offering *offering, int64_t assignment_id,
                              int64_t *out_id);
/* By cohort and name of the assignment. */
struct err store_offering_find(struct db *db, int64_t cohort_id, const char *assignment,
                               struct offering *out, bool *out_found);
/* Offerings of a cohort, by name; out holds max. */
struct err store_offerings(struct db *db, int64_t cohort_id, struct offering *out, size_t max,
                           size_t *out_count);

#endif
