/* Deadlines held open, and the heartbeat from which the next start tells how long the service was
 * away. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_HELD_H
#define GRADER_STORE_HELD_H

#include "grader/db.h"

#define HELD_HOUR_US ((int64_t)3600 * 1000000) /* before a deadline, and after the trouble */
#define HELD_MOST_US (24 * HELD_HOUR_US)       /* of refusals, past the dates without them */

/* Trouble of ours: a file that was refused with a 503, or a time without a service. */
struct trouble {
    int64_t membership_id;  /* 0: everybody */
    const char *assignment; /* NULL: all that are offered */
    int64_t began_at, ended_at;
    int64_t most_us; /* past the dates without it; INT64_MAX: no such bound */
};

/* Whoever had a deadline that was not yet over when the trouble began, and at most an hour off when
 * it ended, has it an hour after that end; a date is never moved forward. out_count: how many
 * deadlines of people moved. */
struct err store_hold(struct db *db, const struct trouble *trouble, int64_t *out_count);

/* When the service was last alive; 0: never. */
struct err store_alive_get(struct db *db, int64_t *out_at);
struct err store_alive_put(struct db *db, int64_t now_at);
struct err store_outage_add(struct db *db, int64_t began_at, int64_t ended_at, const char *reason);

#endif
