/* Workers and what they hold. */
#include "grader/store_worker.h"

#include "grader/store_parts.h"

static void worker_read(sqlite3_stmt *row, struct worker_row *out);

#define COLUMNS                                                                                    \
    "SELECT w.id, w.name, w.class, w.drained, w.removed_at IS NOT NULL, w.created_at,"             \
    " coalesce(w.seen_at, 0), (SELECT count(*) FROM token t WHERE t.worker_id = w.id"              \
    "  AND t.revoked_at IS NULL AND coalesce(t.expires_at, ?1 + 1) > ?1),"                         \
    " coalesce((SELECT j.submission_id FROM lease l JOIN job j ON j.id = l.job_id"                 \
    "  WHERE l.worker = w.name), 0) FROM worker w"

struct err store_workers(struct db *db, int64_t now_at,
                         void (*each)(void *context, const struct worker_row *row), void *context)
{
    sqlite3_stmt *list = db_prepare(db, COLUMNS " WHERE w.removed_at IS NULL ORDER BY w.name");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, now_at);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list workers");
        if (err_is(err) || !more)
            break;
        struct worker_row row;
        worker_read(list, &row);
        each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_worker_find(struct db *db, const char *name, int64_t now_at,
                             struct worker_row *out, bool *out_found)
{
    sqlite3_stmt *find = db_prepare(db, COLUMNS " WHERE w.name = ?2");
    db_bind_int(find, 1, now_at);
    db_bind_text(find, 2, name);
    struct err err = db_step(db, find, out_found, "find a worker");
    if (!err_is(err) && *out_found)
        worker_read(find, out);
    db_done(find);
    return err;
}

static void worker_read(sqlite3_stmt *row, struct worker_row *out)
{
    *out = (struct worker_row){.id = sqlite3_column_int64(row, 0),
                               .drained = sqlite3_column_int(row, 3) != 0,
                               .removed = sqlite3_column_int(row, 4) != 0,
                               .created_at = sqlite3_column_int64(row, 5),
                               .seen_at = sqlite3_column_int64(row, 6),
                               .keys = sqlite3_column_int64(row, 7),
                               .submission_id = sqlite3_column_int64(row, 8)};
    db_copy_text(row, 1, out->name, sizeof out->name);
    db_copy_text(row, 2, out->class_name, sizeof out->class_name);
}

struct err store_worker_add(struct db *db, const char *name,
                            const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at,
                            int64_t *out_id)
{
    sqlite3_stmt *add = db_prepare(
        db, "INSERT INTO worker (name, created_at) VALUES (?1, ?2) ON CONFLICT (name)"
            " DO UPDATE SET created_at = ?2, removed_at = NULL, drained = 0 RETURNING id");
    db_bind_text(add, 1, name);
    db_bind_int(add, 2, now_at);
    struct err err = store_insert_id(db, add, "add a worker", out_id);
    if (err_is(err))
        return err;
    sqlite3_stmt *key = db_prepare(db, "INSERT INTO token (worker_id, hash, created_at, label)"
                                       " VALUES (?1, ?2, ?3, 'worker')");
    db_bind_int(key, 1, *out_id);
    db_bind_blob(key, 2, hash, STORE_TOKEN_HASH);
    db_bind_int(key, 3, now_at);
    return db_run(db, key, "add a worker's key");
}

struct err store_worker_drain(struct db *db, int64_t id, bool drained)
{
    sqlite3_stmt *drain = db_prepare(db, "UPDATE worker SET drained = ?2 WHERE id = ?1");
    db_bind_int(drain, 1, id);
    db_bind_int(drain, 2, drained);
    return db_run(db, drain, "drain a worker");
}

struct err store_worker_remove(struct db *db, int64_t id, int64_t now_at)
{
    sqlite3_stmt *revoke = db_prepare(db, "UPDATE token SET revoked_at = ?2 WHERE worker_id = ?1"
                                          " AND revoked_at IS NULL");
    db_bind_int(revoke, 1, id);
    db_bind_int(revoke, 2, now_at);
    struct err err = db_run(db, revoke, "revoke a worker's keys");
    if (err_is(err))
        return err;
    sqlite3_stmt *remove = db_prepare(db, "UPDATE worker SET removed_at = ?2 WHERE id = ?1");
    db_bind_int(remove, 1, id);
    db_bind_int(remove, 2, now_at);
    return db_run(db, remove, "remove a worker");
}

struct err store_worker_seen(struct db *db, const char *name, const char *class_name,
                             int64_t now_at)
{
    sqlite3_stmt *seen = db_prepare(
        db, "INSERT INTO worker (name, class, created_at, seen_at) VALUES (?1, ?2, ?3, ?3)"
            " ON CONFLICT (name) DO UPDATE SET class = ?2, seen_at = ?3, removed_at = NULL");
    db_bind_text(seen, 1, name);
    db_bind_text(seen, 2, class_name);
    db_bind_int(seen, 3, now_at);
    return db_run(db, seen, "note a worker");
}

struct err store_leases_clear(struct db *db)
{
    return db_exec(db, "DELETE FROM lease WHERE worker_id IS NULL");
}

struct err store_lease_put(struct db *db, int64_t job_id, const char *worker, int64_t taken_at,
                           int64_t expires_at)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO lease (job_id, worker, taken_at, expires_at)"
            " SELECT id, ?2, ?3, ?4 FROM job WHERE id = ?1 ON CONFLICT (job_id) DO NOTHING");
    db_bind_int(put, 1, job_id);
    db_bind_text(put, 2, worker);
    db_bind_int(put, 3, taken_at);
    db_bind_int(put, 4, expires_at);
    return db_run(db, put, "note who holds a job");
}

struct err store_worker_is_drained(struct db *db, const char *name, bool *out)
{
    sqlite3_stmt *ask = db_prepare(db, "SELECT 1 FROM worker WHERE name = ?1 AND drained = 1");
    db_bind_text(ask, 1, name);
    struct err err = db_step(db, ask, out, "ask whether a worker is drained");
    db_done(ask);
    return err;
}
