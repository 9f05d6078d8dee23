/* What happened to a submission, and to a person: for a TA who must explain it. Part of
 * grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_HISTORY_H
#define GRADER_STORE_HISTORY_H

#include "grader/db.h"

/* A moment in a life; texts are lent for the call, "" for none. Numbers -1: none. */
struct generation_line {
    int64_t generation, score; /* hundredths */
    double speedup, low, high;
    int64_t created_at, checked_at, finished_at;
    const char *stage, *class_name, *worker, *actor;
    bool counts, retime;
};
struct err store_generations(struct db *db, int64_t submission_id,
                             void (*each)(void *context, const struct generation_line *line),
                             void *context);

struct history_line {
    int64_t submission_id, generation, score, received_at;
    double speedup;
    const char *assignment, *stage, *file_name, *commit, *zone;
    bool practice;
};
/* Of one person, newest first. */
struct err store_history(struct db *db, int64_t membership_id, int64_t limit,
                         void (*each)(void *context, const struct history_line *line),
                         void *context);

/* What was decided for a person: extensions, held deadlines, grades by hand. */
struct decision_line {
    const char *assignment, *zone, *what, *reason,
        *actor; /* what: extension, held open, grade, hold */
    int64_t due_at, closes_at, attempts, grade, made_at;
};
struct err store_decisions(struct db *db, int64_t membership_id,
                           void (*each)(void *context, const struct decision_line *line),
                           void *context);

#endif
