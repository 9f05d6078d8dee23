/* Opening the database, and who is who: cohorts, people, tokens, offerings, audit. */
#include "grader/store.h"

#include "grader/store_schema.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct err refuse_remote(const char *path);
static struct err migrate(struct db *db, const char *path);
static struct err read_version(struct db *db, int64_t *out_version);
static struct err insert_id(struct db *db, sqlite3_stmt *statement, const char *doing,
                            int64_t *out_id);

/* File systems on which WAL's shared memory is not shared. Magic numbers: statfs(2), linux/magic.h.
 */
static const struct {
    long magic;
    const char *name;
} remote[] = {
    {0x6969, "NFS"},
    {0x0BD00BD0, "Lustre"},
    {(long)0xFF534D42, "CIFS"},
    {(long)0xFE534D42, "SMB2"},
    {0x517B, "SMB"},
    {0x5346414F, "AFS"},
    {0x47504653, "GPFS"},
    {0x00C36400, "Ceph"},
    {0x19830326, "BeeGFS"},
    {0x01021997, "9p"},
};

struct err store_open(struct db *out, const char *path)
{
    struct err err = refuse_remote(path);
    if (err_is(err))
        return err;
    err = db_open(out, path, false);
    if (err_is(err))
        return err;
    if (chmod(path, 0600) < 0)
        err = err_make(ERR_SYSTEM, "make '%s' private", path);
    if (!err_is(err))
        err = migrate(out, path);
    if (err_is(err))
        db_close(out);
    return err;
}

const char *role_word(enum role role)
{
    static const char *const words[ROLE_COUNT] = {"student", "ta", "admin"};
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
    return insert_id(db, put, "put a cohort", out_id);
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
    struct err err = insert_id(db, user, "put a user", &user_id);
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
    return insert_id(db, put, "put a membership", out_id);
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
                                     struct membership *out, bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT m.id, m.user_id, m.cohort_id, u.login, c.name, m.role,"
                       " coalesce(c.closed_at, 0) FROM token t JOIN membership m"
                       " ON m.id = t.membership_id JOIN user u ON u.id = m.user_id"
                       " JOIN cohort c ON c.id = m.cohort_id"
                       " WHERE t.hash = ?1 AND t.revoked_at IS NULL");
    db_bind_blob(find, 1, hash, STORE_TOKEN_HASH);
    struct err err = db_step(db, find, out_found, "find a token");
    if (err_is(err) || !*out_found)
        return err;

    *out = (struct membership){.id = sqlite3_column_int64(find, 0),
                               .user_id = sqlite3_column_int64(find, 1),
                               .cohort_id = sqlite3_column_int64(find, 2),
                               .cohort_closed_at = sqlite3_column_int64(find, 6)};
    db_copy_text(find, 3, out->login, sizeof out->login);
    db_copy_text(find, 4, out->cohort, sizeof out->cohort);
    char role[16];
    db_copy_text(find, 5, role, sizeof role);
    db_done(find);
    if (!role_from_word(&out->role, role))
        return err_make(ERR_INTERNAL, "membership %lld has role '%s'", (long long)out->id, role);
    return err_none();
}

struct err store_assignment_put(struct db *db, const struct spec *spec, int64_t now_at,
                                int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(db, "INSERT INTO assignment (name, spec_hash, title, created_at)"
                                       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name, spec_hash)"
                                       " DO UPDATE SET title = ?3 RETURNING id");
    db_bind_text(put, 1, spec->name);
    db_bind_text(put, 2, spec->hash);
    db_bind_text(put, 3, spec->title);
    db_bind_int(put, 4, now_at);
    return insert_id(db, put, "put an assignment", out_id);
}

struct err store_offering_put(struct db *db, const struct offering *offering, int64_t assignment_id,
                              int64_t *out_id)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO offering (cohort_id, name, assignment_id, opens_at, due_at, closes_at,"
            " zone_minutes, attempts_max, supersede)"
            " VALUES (?1, ?2, ?3, nullif(?4, 0), nullif(?5, 0), nullif(?6, 0), ?7, ?8, ?9)"
            " ON CONFLICT (cohort_id, name) DO UPDATE SET assignment_id = ?3,"
            " opens_at = nullif(?4, 0), due_at = nullif(?5, 0), closes_at = nullif(?6, 0),"
            " zone_minutes = ?7, attempts_max = ?8, supersede = ?9 RETURNING id");
    db_bind_int(put, 1, offering->cohort_id);
    db_bind_text(put, 2, offering->assignment);
    db_bind_int(put, 3, assignment_id);
    db_bind_int(put, 4, offering->opens_at);
    db_bind_int(put, 5, offering->due_at);
    db_bind_int(put, 6, offering->closes_at);
    db_bind_int(put, 7, offering->zone_minutes);
    db_bind_int(put, 8, offering->attempts_max);
    db_bind_int(put, 9, offering->supersede);
    return insert_id(db, put, "put an offering", out_id);
}

#define OFFERING_COLUMNS                                                                           \
    "SELECT o.id, o.cohort_id, o.name, a.spec_hash, coalesce(o.opens_at, 0),"                      \
    " coalesce(o.due_at, 0), coalesce(o.closes_at, 0), o.attempts_max, o.zone_minutes,"            \
    " o.supersede FROM offering o JOIN assignment a ON a.id = o.assignment_id"

static void offering_read(sqlite3_stmt *row, struct offering *out)
{
    *out = (struct offering){.id = sqlite3_column_int64(row, 0),
                             .cohort_id = sqlite3_column_int64(row, 1),
                             .opens_at = sqlite3_column_int64(row, 4),
                             .due_at = sqlite3_column_int64(row, 5),
                             .closes_at = sqlite3_column_int64(row, 6),
                             .attempts_max = sqlite3_column_int64(row, 7),
                             .zone_minutes = sqlite3_column_int(row, 8),
                             .supersede = sqlite3_column_int(row, 9) != 0};
    db_copy_text(row, 2, out->assignment, sizeof out->assignment);
    db_copy_text(row, 3, out->spec_hash, sizeof out->spec_hash);
}

struct err store_offering_find(struct db *db, int64_t cohort_id, const char *assignment,
                               struct offering *out, bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, OFFERING_COLUMNS " WHERE o.cohort_id = ?1 AND o.name = ?2");
    db_bind_int(find, 1, cohort_id);
    db_bind_text(find, 2, assignment);
    struct err err = db_step(db, find, out_found, "find an offering");
    if (!err_is(err) && *out_found)
        offering_read(find, out);
    db_done(find);
    return err;
}

struct err store_offerings(struct db *db, int64_t cohort_id, struct offering *out, size_t max,
                           size_t *out_count)
{
    sqlite3_stmt *list = db_prepare(db, OFFERING_COLUMNS " WHERE o.cohort_id = ?1 ORDER BY o.name");
    db_bind_int(list, 1, cohort_id);
    size_t count = 0;
    bool row = true;
    struct err err = err_none();
    while (count < max && row && !err_is(err)) {
        err = db_step(db, list, &row, "list offerings");
        if (row && !err_is(err))
            offering_read(list, &out[count++]);
    }
    db_done(list);
    *out_count = count;
    return err;
}

struct err store_audit(struct db *db, const char *actor, const char *action, const char *object,
                       const char *reason, int64_t now_at)
{
    sqlite3_stmt *add = db_prepare(db, "INSERT INTO audit (actor, action, object, reason, done_at)"
                                       " VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_text(add, 1, actor);
    db_bind_text(add, 2, action);
    db_bind_text(add, 3, object);
    db_bind_text(add, 4, reason);
    db_bind_int(add, 5, now_at);
    return db_run(db, add, "write the audit log");
}

static struct err refuse_remote(const char *path)
{
    char folder[PATH_MAX];
    if (!text_copy(folder, sizeof folder, path))
        return err_make(ERR_INPUT, "database path longer than %d bytes", PATH_MAX);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        (void)text_copy(folder, sizeof folder, "."); /* fits */
    else
        slash[slash == folder] = 0;

    struct statfs info;
    if (statfs(folder, &info) < 0)
        return err_make(ERR_SYSTEM, "look at the database's folder '%s'", folder);
    for (size_t i = 0; i < COUNT(remote); i++) {
        if ((unsigned)info.f_type == (unsigned)remote[i].magic)
            return err_make(ERR_INPUT,
                            "'%s' lies on %s; SQLite needs a local disk: set database.path", folder,
                            remote[i].name);
    }
    return err_none();
}

/* Each step in a transaction of its own; before the first, a copy beside the database. */
static struct err migrate(struct db *db, const char *path)
{
    int64_t version = 0;
    struct err err = read_version(db, &version);
    if (err_is(err))
        return err;
    if (version > store_version)
        return err_make(ERR_INPUT, "'%s' is of version %lld, this program knows %d: update it",
                        path, (long long)version, store_version);
    if (version > 0 && version < store_version) {
        char sql[PATH_MAX + 64];
        char quoted[PATH_MAX];
        sqlite3_snprintf(sizeof quoted, quoted, "%s.before-v%d", path, store_version);
        (void)unlink(quoted); /* of an earlier try that failed */
        sqlite3_snprintf(sizeof sql, sql, "VACUUM INTO %Q", quoted);
        err = db_exec(db, sql);
    }
    for (; version < store_version && !err_is(err); version++) {
        char set[64];
        (void)snprintf(set, sizeof set, "PRAGMA user_version = %lld", (long long)version + 1);
        err = db_exec(db, "BEGIN IMMEDIATE");
        if (!err_is(err))
            err = db_exec(db, store_migrations[version]);
        if (!err_is(err))
            err = db_exec(db, set);
        if (!err_is(err))
            err = db_exec(db, "COMMIT");
        if (err_is(err))
            (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* may be done already */
    }
    return err;
}

static struct err read_version(struct db *db, int64_t *out_version)
{
    bool row = false;
    sqlite3_stmt *ask = db_prepare(db, "PRAGMA user_version");
    struct err err = db_step(db, ask, &row, "read the database's version");
    if (!err_is(err) && row)
        *out_version = sqlite3_column_int64(ask, 0);
    db_done(ask);
    return err;
}

/* Runs an INSERT … RETURNING id. */
static struct err insert_id(struct db *db, sqlite3_stmt *statement, const char *doing,
                            int64_t *out_id)
{
    bool row = false;
    struct err err = db_step(db, statement, &row, doing);
    if (!err_is(err) && row)
        *out_id = sqlite3_column_int64(statement, 0);
    else if (!err_is(err))
        err = err_make(ERR_INTERNAL, "%s: no row came back", doing);
    if (statement != NULL && !err_is(err))
        err = db_run(db, statement, doing); /* the row counts only once the statement has ended */
    return err;
}
