/* Gradings once more, kept apart until a TA applies them. Part of grader/store.h. */
#ifndef GRADER_STORE_REGRADE_H
#define GRADER_STORE_REGRADE_H

#include "grader/report.h"
#include "grader/store.h"

enum regrade_which { REGRADE_COUNTING, REGRADE_LATEST, REGRADE_ALL };

/* Which submissions of an offering: those that count, the newest of each student, or all. */
struct regrade_choice {
    int64_t offering_id;
    enum regrade_which which;
    const char *counting; /* REGRADE_COUNTING: their numbers (gradebook_counting); lent */
};

/* Queues a new generation of each chosen submission that is graded or failed and has none under way
 * or waiting to be applied. The same inputs as before, or fresh ones. */
struct err store_regrade_start(struct db *db, const struct regrade_choice *choice, bool fresh,
                               const char *actor, int64_t now_at, int64_t *out_count);

/* One finished grading that is not applied yet. */
struct regrade_row {
    int64_t submission_id, before, after; /* scores in hundredths; -1: none */
    const char *login, *stage;            /* lent for the call */
};
struct err store_regrade_list(struct db *db, int64_t offering_id,
                              void (*each)(void *context, const struct regrade_row *row),
                              void *context);
/* How many still run; applying makes the finished ones count. */
struct err store_regrade_running(struct db *db, int64_t offering_id, int64_t *out_count);
struct err store_regrade_apply(struct db *db, int64_t offering_id, int64_t *out_count);

/* The chosen ones that are graded and that nothing runs for. */
struct err store_regrade_pick(struct db *db, const struct regrade_choice *choice,
                              void (*each)(void *context, int64_t id), void *context);
/* A new generation that counts at once: points computed again from the measurements of `grading`,
 * which are `events` under the report's version. */
struct err store_regrade_points(struct db *db, const struct submission_row *row,
                                const struct grading_row *grading, const struct report *report,
                                const char *events, const char *actor, int64_t now_at);

#endif
