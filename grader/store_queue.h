/* The queue as a TA sees it, and what a TA does to it. Part of grader/store.h, whose rules hold
 * here. After a change: store_changes_count, so that the running service looks. */
#ifndef GRADER_STORE_QUEUE_H
#define GRADER_STORE_QUEUE_H

#include "grader/store.h"

enum queue_what { QUEUE_WAITS, QUEUE_PARKED, QUEUE_REVIEW, QUEUE_EVERYTHING };

/* A job, or a submission that waits for a TA. */
struct queue_line {
    int64_t submission_id, generation, tries, since_at;
    const char *login, *assignment; /* lent for the call, like all texts here */
    const char *state;              /* waits runs parked untimed review held */
    const char *kind, *lane;        /* of a job; "" */
    const char *worker, *why;
};
/* Of a cohort, or of all (0); what runs first, then by age; at most `limit` lines. Who runs what is
 * told as the service last wrote it down, at most a second ago. */
struct err store_queue_list(struct db *db, int64_t cohort_id, enum queue_what what, int64_t limit,
                            void (*each)(void *context, const struct queue_line *line),
                            void *context);

/* A parked submission runs once more, live, as a new generation that counts from now on; its old
 * one stays. out_twin: the same bytes are there again as that submission, which stands in the way;
 * 0: released. */
struct err store_release(struct db *db, int64_t submission_id, const char *actor, int64_t now_at,
                         int64_t *out_twin);

/* The timing alone once more, on the same inputs, after all live work: a new generation with
 * `events` as its check. It comes to count only if its interval is narrower. */
struct err store_retime(struct db *db, int64_t submission_id, const char *events, const char *actor,
                        int64_t now_at);
/* How many timings were asked for, and whether one of any generation is still under way. */
struct err store_retimes(struct db *db, int64_t submission_id, int64_t *out_count,
                         bool *out_running);

/* Takes a submission's jobs out of the queue; what they were of ends as cancelled. out_count: how
 * many there were. out_timing: one was the timing of what counts, and nothing was done. */
struct err store_cancel(struct db *db, int64_t submission_id, int64_t *out_count, bool *out_timing);

/* Why a TA must look; NULL: need not (any more), and it is not held back either. */
struct err store_review_set(struct db *db, int64_t submission_id, const char *why);

#endif
