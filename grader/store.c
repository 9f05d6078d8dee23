/* Opening the database, migrations, audit. */
#include "grader/store.h"

#include "grader/store_parts.h"
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

struct err store_audit_list(struct db *db, int64_t limit,
                            void (*each)(void *context, const struct audit_row *row), void *context)
{
    sqlite3_stmt *list = db_prepare(db, "SELECT actor, action, object, reason, done_at FROM audit"
                                        " ORDER BY id DESC LIMIT ?1");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, limit);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "read the audit log");
        if (err_is(err) || !more)
            break;
        const struct audit_row row = {
            (const char *)sqlite3_column_text(list, 0), (const char *)sqlite3_column_text(list, 1),
            (const char *)sqlite3_column_text(list, 2), (const char *)sqlite3_column_text(list, 3),
            sqlite3_column_int64(list, 4)};
        each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_copy(struct db *db, const char *path)
{
    sqlite3_stmt *copy = db_prepare(db, "VACUUM INTO ?1");
    db_bind_text(copy, 1, path);
    return db_run(db, copy, "copy the database");
}

struct err store_check(struct db *db)
{
    static const char *const counts[] = {
        "SELECT count(*) FROM pragma_integrity_check(1) WHERE integrity_check <> 'ok'",
        "SELECT count(*) FROM pragma_foreign_key_check",
    };
    int64_t version = 0;
    struct err err = read_version(db, &version);
    if (!err_is(err) && (version < 1 || version > store_version))
        err = err_make(ERR_INPUT, "version %lld; this program knows 1 to %d", (long long)version,
                       store_version);
    for (size_t i = 0; i < COUNT(counts) && !err_is(err); i++) {
        bool row = false;
        sqlite3_stmt *ask = db_prepare(db, counts[i]);
        err = db_step(db, ask, &row, "check the database");
        if (!err_is(err) && row && sqlite3_column_int64(ask, 0) != 0)
            err = err_make(ERR_INPUT, "it is damaged");
        db_done(ask);
    }
    return err;
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
        int fd = open(quoted, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return err_make(ERR_SYSTEM, "make the new file '%.80s'", quoted);
        (void)close(fd); /* nothing was written */
        sqlite3_snprintf(sizeof sql, sql, "VACUUM INTO %Q", quoted);
        err = db_exec(db, sql);
    }
    for (; version < store_version && !err_is(err); version++) {
        char set[64];
        (void)snprintf(set, sizeof set, "PRAGMA user_version = %lld", (long long)version + 1);
        err = db_exec(db, "BEGIN IMMEDIATE");
        for (const char *const *sql = store_migrations[version]; *sql != NULL && !err_is(err);
             sql++)
            err = db_exec(db, *sql);
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

struct err store_insert_id(struct db *db, sqlite3_stmt *statement, const char *doing,
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

struct err store_word(sqlite3_stmt *row, int column, const char *const *words, int *out)
{
    const char *word = (const char *)sqlite3_column_text(row, column);
    for (int i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return err_none();
        }
    }
    return err_make(ERR_INTERNAL, "column %s holds '%.40s'", sqlite3_column_name(row, column),
                    word != NULL ? word : "NULL");
}
