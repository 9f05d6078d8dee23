/* May this file be accepted? The rules of INTERFACE in the order in which they are asked: role,
 * offering, dates, attempts, rate, room. Reads the database, changes nothing. */
#ifndef GRADER_INTAKE_H
#define GRADER_INTAKE_H

#include "grader/submissions.h"
#include "grader/words.h"

struct intake_rules {
    int64_t rate_count;    /* submissions of one person … */
    int64_t rate_window_s; /* … in so many seconds */
    int64_t practice_rate_count;
    int64_t queue_max; /* waiting jobs of the service */
};

struct intake_question {
    const struct membership *who;
    const char *assignment;
    bool practice;
    int64_t received_at;
    size_t waiting; /* jobs in the queue now */
    bool stopping;
    enum language language; /* of the refusal */
};

/* A sentence of grader/words.h as a refusal; retry_after_s 0: without. */
struct refusal refusal_make(enum language language, int http_code, int64_t retry_after_s,
                            const char *code, ...);

/* Adds to a 503 whether the deadline is held open for whoever was refused. */
void refusal_tell_held(struct refusal *refusal, enum language language, bool is_held);

/* A due date of 23:59 includes 23:59:59: the first microsecond that is late. */
int64_t intake_minute_end(int64_t at);

/* out_offering is filled when the answer is yes. */
struct refusal intake_ask(struct db *db, const struct intake_rules *rules,
                          const struct intake_question *question, struct offering *out_offering);

#endif
