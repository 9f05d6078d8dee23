/* Who is who: cohorts, people in them, tokens. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_PEOPLE_H
#define GRADER_STORE_PEOPLE_H

#include "assignments/spec.h"
#include "grader/db.h"

#define STORE_TOKEN_HASH 32

/* The first three are those of a membership; the keys of workers and of git servers have the rest.
 */
enum role { ROLE_STUDENT, ROLE_TA, ROLE_ADMIN, ROLE_WORKER, ROLE_HOOK, ROLE_COUNT };
const char *role_word(enum role role);
bool role_from_word(enum role *out, const char *word);

/* One person in one cohort, as found by a token. A git server's key finds id and user_id 0, its
 * cohort, and its label as the login; a worker's key its number in worker_id, its name as the
 * login, and no cohort. */
struct membership {
    int64_t id, user_id, cohort_id, worker_id;
    char login[SPEC_NAME_MAX];
    char cohort[SPEC_NAME_MAX];
    enum role role;
    int64_t cohort_closed_at; /* 0: open */
    int64_t created_at;       /* of the membership; a git server's or worker's key: 0 */
    int64_t token_id, token_used_at;
    int64_t pushed_at; /* of the key of a push at this service's own door, else 0 */
};

/* Insert, or update what has that name (that login in that cohort); out_id is its number either
 * way. */
struct err store_cohort_put(struct db *db, const char *name, const char *title, int64_t now_at,
                            int64_t *out_id);
struct err store_membership_put(struct db *db, int64_t cohort_id, const char *login,
                                const char *name, enum role role, int64_t now_at, int64_t *out_id);
/* Stores the hash of a token; the token itself is never stored. */
struct err store_token_add(struct db *db, int64_t membership_id,
                           const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at);
struct err store_token_revoke_all(struct db *db, int64_t membership_id, int64_t now_at);
/* *out_found is false for an unknown, revoked or expired token. */
struct err store_membership_by_token(struct db *db, const unsigned char hash[STORE_TOKEN_HASH],
                                     int64_t now_at, struct membership *out, bool *out_found);

#endif
