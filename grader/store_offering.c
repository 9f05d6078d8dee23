/* Versions of assignments, and what a cohort offers. */
#include "grader/store.h"
#include "grader/store_parts.h"

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
    return store_insert_id(db, put, "put an assignment", out_id);
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
    return store_insert_id(db, put, "put an offering", out_id);
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
