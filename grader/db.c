/* SQLite, held tightly: every connection is opened the same way and every failure becomes an err.
 */
#include "grader/db.h"

#include "grader/pack.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

struct err db_open(struct db *out, const char *path, bool reader)
{
    static const char *const pragmas[] = {
        "PRAGMA journal_mode=WAL",   "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",    "PRAGMA busy_timeout=5000",
        "PRAGMA trusted_schema=OFF", "PRAGMA temp_store=MEMORY",
        "PRAGMA cell_size_check=ON", "PRAGMA wal_autocheckpoint=2000",
        "PRAGMA secure_delete=FAST", /* what is written over leaves no copy in its page */
    };
    *out = (struct db){0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (reader ? 0 : SQLITE_OPEN_CREATE);
    struct err err = err_none();

    if (sqlite3_open_v2(path, &out->handle, flags, NULL) != SQLITE_OK)
        err = err_make(ERR_BUSY, "open database '%s': %s", path, sqlite3_errmsg(out->handle));
    for (size_t i = 0; i < COUNT(pragmas) && !err_is(err); i++)
        err = db_exec(out, pragmas[i]);
    if (reader && !err_is(err))
        err = db_exec(out, "PRAGMA query_only=ON; PRAGMA busy_timeout=200");
    if (err_is(err))
        db_close(out);
    return err;
}

void db_close(struct db *db)
{
    for (int i = 0; i < db->statements_count; i++)
        (void)sqlite3_finalize(db->statements[i].prepared); /* repeats an error already told */
    pack_free(db->pack);
    (void)sqlite3_close_v2(db->handle); /* cannot fail with v2 */
    *db = (struct db){0};
}

struct err db_err(const struct db *db, const char *doing)
{
    int primary = sqlite3_extended_errcode(db->handle) & 0xff;
    static const int later[] = {SQLITE_FULL,   SQLITE_IOERR,    SQLITE_READONLY, SQLITE_BUSY,
                                SQLITE_LOCKED, SQLITE_CANTOPEN, SQLITE_NOMEM,    SQLITE_PERM};
    enum err_code code = ERR_INTERNAL;
    for (size_t i = 0; i < COUNT(later); i++) {
        if (primary == later[i])
            code = ERR_BUSY;
    }
    return err_make(code, "%s: %s", doing, sqlite3_errmsg(db->handle));
}

struct err db_exec(struct db *db, const char *sql)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
        return err_none();
    char doing[64];
    (void)text_copy(doing, sizeof doing, sql); /* cut is fine */
    return db_err(db, doing);
}

struct err db_settle(struct db *db, int patience_ms)
{
    bool row = false;
    if (!db->erased)
        return err_none();
    (void)sqlite3_busy_timeout(db->handle, patience_ms);
    sqlite3_stmt *empty = db_prepare(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    struct err err = db_step(db, empty, &row, "empty the write-ahead log");
    if (!err_is(err) && row && sqlite3_column_int(empty, 0) != 0)
        err = err_make(ERR_BUSY, "empty the write-ahead log: somebody reads an older state");
    db_done(empty);
    (void)sqlite3_busy_timeout(db->handle, DB_PATIENCE_MS);
    db->erased = err_is(err);
    return err;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql)
{
    for (int i = 0; i < db->statements_count; i++) {
        if (db->statements[i].sql == sql)
            return db->statements[i].prepared;
    }
    sqlite3_stmt *prepared = NULL;
    if (db->statements_count == DB_STATEMENTS_MAX ||
        sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) !=
            SQLITE_OK)
        return NULL;
    db->statements[db->statements_count].sql = sql;
    db->statements[db->statements_count++].prepared = prepared;
    return prepared;
}

struct err db_run(struct db *db, sqlite3_stmt *statement, const char *doing)
{
    bool row = true;
    struct err err = err_none();
    while (row && !err_is(err))
        err = db_step(db, statement, &row, doing);
    return err;
}

struct err db_step(struct db *db, sqlite3_stmt *statement, bool *out_row, const char *doing)
{
    if (statement == NULL)
        return db_err(db, doing);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out_row = true;
        return err_none();
    }
    struct err err = code == SQLITE_DONE ? err_none() : db_err(db, doing);
    db_done(statement);
    *out_row = false;
    return err;
}

void db_done(sqlite3_stmt *statement)
{
    if (statement == NULL)
        return;
    (void)sqlite3_reset(statement); /* repeats an error already told */
    (void)sqlite3_clear_bindings(statement);
}

void db_bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
    (void)sqlite3_bind_int64(statement, at, value); /* a failed bind shows as NULL at the step */
}

void db_bind_real(sqlite3_stmt *statement, int at, double value)
{
    (void)sqlite3_bind_double(statement, at, value);
}

void db_bind_text(sqlite3_stmt *statement, int at, const char *value)
{
    (void)sqlite3_bind_text(statement, at, value, -1, SQLITE_STATIC);
}

void db_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size)
{
    (void)sqlite3_bind_blob64(statement, at, bytes, size, SQLITE_STATIC);
}

void db_bind_null(sqlite3_stmt *statement, int at)
{
    (void)sqlite3_bind_null(statement, at);
}

void db_copy_text(sqlite3_stmt *statement, int column, char *out, size_t out_size)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    (void)text_copy(out, out_size, text != NULL ? text : ""); /* fields are as wide as the rules */
}
