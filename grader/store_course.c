/* Cohorts, people in them, and tokens, for their staff. */
#include "grader/store_course.h"

#include "grader/store_parts.h"

#include <string.h>

static void cohort_read(sqlite3_stmt *row, struct cohort_row *out);
static struct err person_read(sqlite3_stmt *row, struct person_row *out);
static struct err section_put(struct db *db, int64_t cohort_id, const char *name, int64_t *out_id);

#define COHORT_COLUMNS                                                                             \
    "SELECT c.id, c.name, c.title, c.zone, coalesce(c.grace_days, -1), c.created_at,"              \
    " coalesce(c.closed_at, 0), (SELECT count(*) FROM membership m WHERE m.cohort_id = c.id),"     \
    " (SELECT count(*) FROM offering o WHERE o.cohort_id = c.id) FROM cohort c"

#define PERSON_COLUMNS                                                                             \
    "SELECT m.id, u.id, u.login, u.name, u.email, s.name, m.student_id, m.alias, m.role,"          \
    " (SELECT count(*) FROM token t WHERE t.membership_id = m.id AND t.revoked_at IS NULL"         \
    "  AND (t.expires_at IS NULL OR t.expires_at > ?2)),"                                          \
    " (SELECT coalesce(max(t.last_used_at), 0) FROM token t WHERE t.membership_id = m.id),"        \
    " EXISTS (SELECT 1 FROM membership e WHERE e.user_id = u.id AND e.id <> m.id), m.created_at"   \
    " FROM membership m JOIN user u ON u.id = m.user_id"                                           \
    " LEFT JOIN section s ON s.id = m.section_id WHERE m.cohort_id = ?1"

struct err store_cohort_find(struct db *db, const char *name, struct cohort_row *out,
                             bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, COHORT_COLUMNS " WHERE c.name = ?1");
    db_bind_text(find, 1, name);
    struct err err = db_step(db, find, out_found, "find a cohort");
    if (!err_is(err) && *out_found)
        cohort_read(find, out);
    db_done(find);
    return err;
}

struct err store_cohorts(struct db *db, void (*each)(void *context, const struct cohort_row *row),
                         void *context)
{
    sqlite3_stmt *list = db_prepare(db, COHORT_COLUMNS " ORDER BY c.name");
    bool more = true;
    struct err err = err_none();
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list cohorts");
        if (err_is(err) || !more)
            break;
        struct cohort_row row;
        cohort_read(list, &row);
        each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_cohort_set(struct db *db, const struct cohort_row *row)
{
    sqlite3_stmt *set = db_prepare(db, "UPDATE cohort SET title = ?2, zone = ?3,"
                                       " grace_days = nullif(?4, -1), closed_at = nullif(?5, 0)"
                                       " WHERE id = ?1");
    db_bind_int(set, 1, row->id);
    db_bind_text(set, 2, row->title);
    db_bind_text(set, 3, row->zone);
    db_bind_int(set, 4, row->grace_days);
    db_bind_int(set, 5, row->closed_at);
    return db_run(db, set, "set a cohort");
}

struct err store_person_find(struct db *db, int64_t cohort_id, const char *login, int64_t now_at,
                             struct person_row *out, bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, PERSON_COLUMNS " AND u.login = ?3");
    db_bind_int(find, 1, cohort_id);
    db_bind_int(find, 2, now_at);
    db_bind_text(find, 3, login);
    struct err err = db_step(db, find, out_found, "find a person");
    if (!err_is(err) && *out_found)
        err = person_read(find, out);
    db_done(find);
    return err;
}

struct err store_user_known(struct db *db, const char *login, struct person_row *out,
                            bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT u.id, u.login, u.name, u.email, EXISTS (SELECT 1 FROM membership m"
                       " WHERE m.user_id = u.id) FROM user u WHERE u.login = ?1");
    *out = (struct person_row){.role = ROLE_STUDENT};
    db_bind_text(find, 1, login);
    struct err err = db_step(db, find, out_found, "find a user");
    if (!err_is(err) && *out_found) {
        out->user_id = sqlite3_column_int64(find, 0);
        db_copy_text(find, 1, out->login, sizeof out->login);
        db_copy_text(find, 2, out->name, sizeof out->name);
        db_copy_text(find, 3, out->email, sizeof out->email);
        out->is_elsewhere = sqlite3_column_int(find, 4) != 0;
    }
    db_done(find);
    return err;
}

struct err store_people(struct db *db, int64_t cohort_id, int64_t now_at,
                        void (*each)(void *context, const struct person_row *row), void *context)
{
    sqlite3_stmt *list = db_prepare(db, PERSON_COLUMNS " ORDER BY s.name, u.login");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, cohort_id);
    db_bind_int(list, 2, now_at);
    while (more && !err_is(err)) {
        struct person_row row;
        err = db_step(db, list, &more, "list people");
        if (!err_is(err) && more)
            err = person_read(list, &row);
        if (!err_is(err) && more)
            each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_person_put(struct db *db, int64_t cohort_id, const struct person_row *row,
                            int64_t now_at, int64_t *out_id)
{
    int64_t section_id = 0;
    struct err err =
        store_membership_put(db, cohort_id, row->login, row->name, row->role, now_at, out_id);
    if (!err_is(err) && row->section[0] != 0)
        err = section_put(db, cohort_id, row->section, &section_id);
    if (err_is(err))
        return err;
    sqlite3_stmt *user =
        db_prepare(db, "UPDATE user SET email = ?2 WHERE id ="
                       " (SELECT user_id FROM membership WHERE id = ?1) AND email <> ?2");
    db_bind_int(user, 1, *out_id);
    db_bind_text(user, 2, row->email);
    err = db_run(db, user, "set an email");
    if (err_is(err))
        return err;
    sqlite3_stmt *set =
        db_prepare(db, "UPDATE membership SET section_id = nullif(?2, 0),"
                       " student_id = nullif(?3, ''), alias = nullif(?4, '') WHERE id = ?1");
    db_bind_int(set, 1, *out_id);
    db_bind_int(set, 2, section_id);
    db_bind_text(set, 3, row->student_id);
    db_bind_text(set, 4, row->alias);
    return db_run(db, set, "set a membership");
}

struct err store_token_put(struct db *db, const struct token_row *row,
                           const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at,
                           int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO token (membership_id, cohort_id, worker_id, hash, label, expires_at,"
            " created_at) VALUES (nullif(?1, 0), nullif(?2, 0), nullif(?3, 0), ?4, ?5,"
            " nullif(?6, 0), ?7) RETURNING id");
    db_bind_int(put, 1, row->membership_id);
    db_bind_int(put, 2, row->cohort_id);
    db_bind_int(put, 3, row->worker_id);
    db_bind_blob(put, 4, hash, STORE_TOKEN_HASH);
    db_bind_text(put, 5, row->label);
    db_bind_int(put, 6, row->expires_at);
    db_bind_int(put, 7, now_at);
    return store_insert_id(db, put, "put a token", out_id);
}

struct err store_tokens(struct db *db, int64_t cohort_id,
                        void (*each)(void *context, const struct token_row *row), void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT t.id, coalesce(t.membership_id, 0), coalesce(t.cohort_id, 0),"
            " coalesce(t.worker_id, 0), coalesce(u.login, w.name, ''), CASE WHEN m.id IS NOT NULL"
            " THEN m.role WHEN w.id IS NOT NULL THEN 'worker' ELSE 'hook' END, t.label,"
            " t.created_at, coalesce(t.last_used_at, 0), coalesce(t.expires_at, 0),"
            " coalesce(t.revoked_at, 0) FROM token t LEFT JOIN membership m"
            " ON m.id = t.membership_id LEFT JOIN user u ON u.id = m.user_id"
            " LEFT JOIN worker w ON w.id = t.worker_id"
            " WHERE coalesce(m.cohort_id, t.cohort_id, 0) = ?1 ORDER BY u.login, t.id");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, cohort_id);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list tokens");
        if (err_is(err) || !more)
            break;
        char role[16];
        struct token_row row = {.id = sqlite3_column_int64(list, 0),
                                .membership_id = sqlite3_column_int64(list, 1),
                                .cohort_id = sqlite3_column_int64(list, 2),
                                .worker_id = sqlite3_column_int64(list, 3),
                                .created_at = sqlite3_column_int64(list, 7),
                                .last_used_at = sqlite3_column_int64(list, 8),
                                .expires_at = sqlite3_column_int64(list, 9),
                                .revoked_at = sqlite3_column_int64(list, 10)};
        db_copy_text(list, 4, row.owner, sizeof row.owner);
        db_copy_text(list, 5, role, sizeof role);
        db_copy_text(list, 6, row.label, sizeof row.label);
        if (!role_from_word(&row.role, role))
            err = err_make(ERR_INTERNAL, "token %lld has role '%s'", (long long)row.id, role);
        else
            each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_token_revoke(struct db *db, int64_t token_id, int64_t cohort_id, int64_t own_id,
                              int64_t now_at, bool *out_changed)
{
    sqlite3_stmt *revoke = db_prepare(
        db, "UPDATE token SET revoked_at = ?3 WHERE id = ?1 AND revoked_at IS NULL AND ?2 ="
            " coalesce((SELECT m.cohort_id FROM membership m WHERE m.id = membership_id),"
            " cohort_id, 0) AND (?4 = 0 OR membership_id IS NULL OR membership_id = ?4 OR EXISTS"
            " (SELECT 1 FROM membership m WHERE m.id = membership_id AND m.role = 'student'))");
    db_bind_int(revoke, 4, own_id);
    db_bind_int(revoke, 1, token_id);
    db_bind_int(revoke, 2, cohort_id);
    db_bind_int(revoke, 3, now_at);
    struct err err = db_run(db, revoke, "revoke a token");
    *out_changed = !err_is(err) && sqlite3_changes(db->handle) == 1;
    return err;
}

struct err store_token_used(struct db *db, int64_t token_id, int64_t now_at)
{
    sqlite3_stmt *used = db_prepare(db, "UPDATE token SET last_used_at = ?2 WHERE id = ?1");
    db_bind_int(used, 1, token_id);
    db_bind_int(used, 2, now_at);
    return db_run(db, used, "note a token's use");
}

struct err store_section_find(struct db *db, int64_t cohort_id, const char *name, int64_t *out_id,
                              bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT id FROM section WHERE cohort_id = ?1 AND name = ?2");
    db_bind_int(find, 1, cohort_id);
    db_bind_text(find, 2, name);
    struct err err = db_step(db, find, out_found, "find a section");
    if (!err_is(err) && *out_found)
        *out_id = sqlite3_column_int64(find, 0);
    db_done(find);
    return err;
}

struct err store_changes_count(struct db *db)
{
    return db_exec(db, "UPDATE service SET changes = changes + 1");
}

struct err store_changes_read(struct db *db, int64_t *out_count)
{
    bool found = false;
    sqlite3_stmt *read = db_prepare(db, "SELECT changes FROM service");
    struct err err = db_step(db, read, &found, "look for changes");
    if (!err_is(err) && found)
        *out_count = sqlite3_column_int64(read, 0);
    db_done(read);
    return err;
}

static void cohort_read(sqlite3_stmt *row, struct cohort_row *out)
{
    *out = (struct cohort_row){.id = sqlite3_column_int64(row, 0),
                               .grace_days = sqlite3_column_int64(row, 4),
                               .created_at = sqlite3_column_int64(row, 5),
                               .closed_at = sqlite3_column_int64(row, 6),
                               .people = sqlite3_column_int64(row, 7),
                               .offerings = sqlite3_column_int64(row, 8)};
    db_copy_text(row, 1, out->name, sizeof out->name);
    db_copy_text(row, 2, out->title, sizeof out->title);
    db_copy_text(row, 3, out->zone, sizeof out->zone);
}

static struct err person_read(sqlite3_stmt *row, struct person_row *out)
{
    char role[16];
    *out = (struct person_row){.membership_id = sqlite3_column_int64(row, 0),
                               .user_id = sqlite3_column_int64(row, 1),
                               .tokens = sqlite3_column_int64(row, 9),
                               .last_used_at = sqlite3_column_int64(row, 10),
                               .is_elsewhere = sqlite3_column_int(row, 11) != 0,
                               .created_at = sqlite3_column_int64(row, 12)};
    db_copy_text(row, 2, out->login, sizeof out->login);
    db_copy_text(row, 3, out->name, sizeof out->name);
    db_copy_text(row, 4, out->email, sizeof out->email);
    db_copy_text(row, 5, out->section, sizeof out->section);
    db_copy_text(row, 6, out->student_id, sizeof out->student_id);
    db_copy_text(row, 7, out->alias, sizeof out->alias);
    db_copy_text(row, 8, role, sizeof role);
    if (!role_from_word(&out->role, role))
        return err_make(ERR_INTERNAL, "membership of '%s' has role '%s'", out->login, role);
    return err_none();
}

static struct err section_put(struct db *db, int64_t cohort_id, const char *name, int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(db, "INSERT INTO section (cohort_id, name) VALUES (?1, ?2)"
                                       " ON CONFLICT (cohort_id, name) DO UPDATE SET name = ?2"
                                       " RETURNING id");
    db_bind_int(put, 1, cohort_id);
    db_bind_text(put, 2, name);
    return store_insert_id(db, put, "put a section", out_id);
}
