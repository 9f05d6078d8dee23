/* Who is who: cohorts, people, tokens. */
#include "grader/store.h"
#include "grader/store_parts.h"

#include <string.h>

const char *role_word(enum role role)
{
    static const char *const words[ROLE_COUNT] = {"student", "ta", "admin", "worker", "hook"};
    return words[role];
}

bool role_from_word(enum role *out, const char *word)
{
    for (enum role role = ROLE_STUDENT; role < ROLE_COUNT; role++) {
        if (strcmp(role_word(role), word) == 0) {
            *out = role;
            return true;
        }
    }
    return false;
}

struct err store_cohort_put(struct db *db, const char *name, const char *title, int64_t now_at,
                            int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(db, "INSERT INTO cohort (name, title, created_at)"
                                       " VALUES (?1, ?2, ?3) ON CONFLICT (name)"
                                       " DO UPDATE SET title = ?2 RETURNING id");
    db_bind_text(put, 1, name);
    db_bind_text(put, 2, title);
    db_bind_int(put, 3, now_at);
    return store_insert_id(db, put, "put a cohort", out_id);
}

struct err store_membership_put(struct db *db, int64_t cohort_id, const char *login,
                                const char *name, enum role role, int64_t now_at, int64_t *out_id)
{
    int64_t user_id = 0;
    sqlite3_stmt *user = db_prepare(db, "INSERT INTO user (login, name, created_at)"
                                        " VALUES (?1, ?2, ?3) ON CONFLICT (login)"
                                        " DO UPDATE SET name = ?2 RETURNING id");
    db_bind_text(user, 1, login);
    db_bind_text(user, 2, name);
    db_bind_int(user, 3, now_at);
    struct err err = store_insert_id(db, user, "put a user", &user_id);
    if (err_is(err))
        return err;

    sqlite3_stmt *put =
        db_prepare(db, "INSERT INTO membership (cohort_id, user_id, role, created_at)"
                       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (cohort_id, user_id)"
                       " DO UPDATE SET role = ?3 RETURNING id");
    db_bind_int(put, 1, cohort_id);
    db_bind_int(put, 2, user_id);
    db_bind_text(put, 3, role_word(role));
    db_bind_int(put, 4, now_at);
    return store_insert_id(db, put, "put a membership", out_id);
}

struct err store_token_add(struct db *db, int64_t membership_id,
                           const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at)
{
    sqlite3_stmt *add = db_prepare(db, "INSERT INTO token (membership_id, hash, created_at)"
                                       " VALUES (?1, ?2, ?3)");
    db_bind_int(add, 1, membership_id);
    db_bind_blob(add, 2, hash, STORE_TOKEN_HASH);
    db_bind_int(add, 3, now_at);
    return db_run(db, add, "add a token");
}

struct err store_token_revoke_all(struct db *db, int64_t membership_id, int64_t now_at)
{
    sqlite3_stmt *revoke = db_prepare(db, "UPDATE token SET revoked_at = ?2"
                                          " WHERE membership_id = ?1 AND revoked_at IS NULL");
    db_bind_int(revoke, 1, membership_id);
    db_bind_int(revoke, 2, now_at);
    return db_run(db, revoke, "revoke tokens");
}

struct err store_membership_by_token(struct db *db, const unsigned char hash[STORE_TOKEN_HASH],
                                     int64_t now_at, struct membership *out, bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT coalesce(m.id, 0), coalesce(m.user_id, 0), coalesce(c.id, 0),"
                       " coalesce(u.login, w.name, t.label), coalesce(c.name, ''),"
                       " CASE WHEN m.id IS NOT NULL THEN m.role WHEN w.id IS NOT NULL THEN 'worker'"
                       " ELSE 'hook' END, coalesce(c.closed_at, 0), coalesce(w.id, 0), t.id,"
                       " coalesce(t.last_used_at, 0), coalesce(m.created_at, 0) FROM token t LEFT "
                       "JOIN membership m"
                       " ON m.id = t.membership_id LEFT JOIN user u ON u.id = m.user_id"
                       " LEFT JOIN cohort c ON c.id = coalesce(m.cohort_id, t.cohort_id)"
                       " LEFT JOIN worker w ON w.id = t.worker_id AND w.removed_at IS NULL"
                       " WHERE t.hash = ?1 AND t.revoked_at IS NULL"
                       " AND (t.expires_at IS NULL OR t.expires_at > ?2)"
                       " AND (t.worker_id IS NULL OR w.id IS NOT NULL)");
    db_bind_blob(find, 1, hash, STORE_TOKEN_HASH);
    db_bind_int(find, 2, now_at);
    struct err err = db_step(db, find, out_found, "find a token");
    if (err_is(err) || !*out_found)
        return err;

    *out = (struct membership){.id = sqlite3_column_int64(find, 0),
                               .user_id = sqlite3_column_int64(find, 1),
                               .cohort_id = sqlite3_column_int64(find, 2),
                               .cohort_closed_at = sqlite3_column_int64(find, 6),
                               .worker_id = sqlite3_column_int64(find, 7),
                               .token_id = sqlite3_column_int64(find, 8),
                               .token_used_at = sqlite3_column_int64(find, 9),
                               .created_at = sqlite3_column_int64(find, 10)};
    db_copy_text(find, 3, out->login, sizeof out->login);
    db_copy_text(find, 4, out->cohort, sizeof out->cohort);
    char role[16];
    db_copy_text(find, 5, role, sizeof role);
    db_done(find);
    if (!role_from_word(&out->role, role))
        return err_make(ERR_INTERNAL, "membership %lld has role '%s'", (long long)out->id, role);
    return err_none();
}
