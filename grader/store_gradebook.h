/* What a gradebook is made of. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_GRADEBOOK_H
#define GRADER_STORE_GRADEBOOK_H

#include "grader/db.h"
#include "grader/grade.h"

/* One graded submission, in the order of membership, offering and time. */
struct graded_row {
    int64_t membership_id, offering_id;
    struct grade_entry entry; /* without its zone_minutes */
};
struct err store_graded(struct db *db, int64_t cohort_id,
                        void (*each)(void *context, const struct graded_row *row), void *context);

/* The student's own deadline for an offering (0: none), and what was decided by hand. */
struct err store_grade_rules(struct db *db, int64_t offering_id, int64_t membership_id,
                             int64_t *out_due_at, struct grade_override *out);

#endif
