/* Workers as the database knows them: who was here, who may work, and what each holds now. Part of
 * grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_WORKER_H
#define GRADER_STORE_WORKER_H

#include "assignments/spec.h"
#include "grader/db.h"
#include "grader/store_people.h"

struct worker_row {
    int64_t id;
    char name[SPEC_NAME_MAX], class_name[2 * SPEC_NAME_MAX]; /* all that it can do */
    bool drained, removed;
    int64_t keys;                /* that open something now; 0: a local one */
    int64_t created_at, seen_at; /* 0: never */
    int64_t submission_id;       /* that it works on; 0: none */
};
struct err store_workers(struct db *db, int64_t now_at,
                         void (*each)(void *context, const struct worker_row *row), void *context);
struct err store_worker_find(struct db *db, const char *name, int64_t now_at,
                             struct worker_row *out, bool *out_found);
/* A new one, or a removed one again; its key is that of `hash`. */
struct err store_worker_add(struct db *db, const char *name,
                            const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at,
                            int64_t *out_id);
struct err store_worker_drain(struct db *db, int64_t id, bool drained);
/* Its keys open nothing any more. */
struct err store_worker_remove(struct db *db, int64_t id, int64_t now_at);

/* What the service writes: one local worker that is here; and who holds which job, in place of what
 * was written before. A job that is no longer in the queue is left out. */
struct err store_worker_seen(struct db *db, const char *name, const char *class_name,
                             int64_t now_at);
struct err store_leases_clear(struct db *db);
struct err store_lease_put(struct db *db, int64_t job_id, const char *worker, int64_t taken_at,
                           int64_t expires_at);
/* True if this one is to get no further job. */
struct err store_worker_is_drained(struct db *db, const char *name, bool *out);

#endif
