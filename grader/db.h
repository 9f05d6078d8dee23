/* A thin, safe grip on one SQLite connection: pragmas, statements kept prepared, errors as struct
 * err. A connection belongs to one thread at a time. Only grader/store*.c write SQL. */
#ifndef GRADER_DB_H
#define GRADER_DB_H

#include "sandbox/base/err.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DB_STATEMENTS_MAX 256

struct pack; /* grader/pack.h */

struct db {
    sqlite3 *handle;
    struct pack *pack; /* made when the first source is packed */
    bool erased;       /* something must leave the write-ahead log too: db_settle */
    int statements_count;
    struct {
        const char *sql; /* the literal's address is the key */
        sqlite3_stmt *prepared;
    } statements[DB_STATEMENTS_MAX];
};

/* Opens with WAL, synchronous FULL, foreign keys, a busy time-out. A reader is opened query-only
 * and with a short time-out: it is read on the event loop. */
struct err db_open(struct db *out, const char *path, bool reader);
void db_close(struct db *db);

/* The failure that the connection has just told, as an err: ERR_BUSY when the disk is full, the
 * file cannot be written or is locked (later might work), ERR_INTERNAL otherwise. */
struct err db_err(const struct db *db, const char *doing);

/* Runs SQL without results. */
struct err db_exec(struct db *db, const char *sql);

/* After COMMIT: what was erased since the last call leaves the write-ahead log as well, which would
 * keep it until the log is written over. ERR_BUSY while somebody still reads an older state, after
 * waiting for him so long (0: not at all): the next call tries again. */
#define DB_PATIENCE_MS 5000 /* of every other statement: busy_timeout */
struct err db_settle(struct db *db, int patience_ms);

/* One row at a time: statement = db_prepare(...); bind; while db_step... ; db_done(statement).
 * `sql` must be a literal: it is prepared once per connection. NULL on failure (db_err tells). */
sqlite3_stmt *db_prepare(struct db *db, const char *sql);

/* Runs a prepared statement to its end and resets it. */
struct err db_run(struct db *db, sqlite3_stmt *statement, const char *doing);

/* Steps once: *out_row says whether there is a row. On the last step the statement is reset. */
struct err db_step(struct db *db, sqlite3_stmt *statement, bool *out_row, const char *doing);

/* Resets and forgets the bindings: after the last row that is wanted. NULL is fine. */
void db_done(sqlite3_stmt *statement);

/* Binders by position, 1 = first. Text and blobs are borrowed until the statement is reset. */
void db_bind_int(sqlite3_stmt *statement, int at, int64_t value);
void db_bind_real(sqlite3_stmt *statement, int at, double value);
void db_bind_text(sqlite3_stmt *statement, int at, const char *value); /* NULL: SQL NULL */
void db_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size);
void db_bind_null(sqlite3_stmt *statement, int at);

/* A text column copied into a fixed field, "" for NULL. */
void db_copy_text(sqlite3_stmt *statement, int column, char *out, size_t out_size);

#endif
