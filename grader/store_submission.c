/* Sources and submissions. Sources are kept once per content, compressed. */
#include "grader/pack.h"
#include "grader/store.h"
#include "grader/store_parts.h"
#include "sandbox/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct err row_read(sqlite3_stmt *get, struct submission_row *out);
static struct err source_put(struct db *db, const unsigned char hash[32], const char *source,
                             size_t size);

struct err store_submission_add(struct db *db, const struct submission_row *row, const char *source,
                                size_t source_size, int64_t *out_id, int64_t *out_job)
{
    struct err err = source_put(db, row->source_hash, source, source_size);
    if (err_is(err))
        return err;

    sqlite3_stmt *add = db_prepare(
        db, "INSERT INTO submission (membership_id, offering_id, source_hash, file_name, device,"
            " practice, spec_hash, key, stage, received_at, commit_name)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?10)");
    db_bind_int(add, 1, row->membership_id);
    db_bind_int(add, 2, row->offering_id);
    db_bind_blob(add, 3, row->source_hash, sizeof row->source_hash);
    db_bind_text(add, 4, row->file_name);
    db_bind_text(add, 5, device_word(row->device));
    db_bind_int(add, 6, row->practice);
    db_bind_text(add, 7, row->spec_hash);
    db_bind_blob(add, 8, row->key, sizeof row->key);
    db_bind_int(add, 9, row->received_at);
    db_bind_text(add, 10, row->commit[0] != 0 ? row->commit : NULL);
    err = db_run(db, add, "add a submission");
    if (err_is(err))
        return err;
    int64_t id = sqlite3_last_insert_rowid(db->handle);

    sqlite3_stmt *grading = db_prepare(db, "INSERT INTO grading (submission_id, generation, stage,"
                                           " created_at) VALUES (?1, 1, 'queued', ?2)");
    db_bind_int(grading, 1, id);
    db_bind_int(grading, 2, row->received_at);
    err = db_run(db, grading, "add a grading");
    if (err_is(err))
        return err;

    sqlite3_stmt *job = db_prepare(db, "INSERT INTO job (submission_id, generation, kind,"
                                       " lane, queued_at) VALUES (?1, 1, 'check', ?3, ?2)");
    db_bind_int(job, 1, id);
    db_bind_int(job, 2, row->received_at);
    db_bind_text(job, 3, job_lane_words[row->practice ? LANE_PRACTICE : LANE_LIVE]);
    err = db_run(db, job, "queue a submission");
    if (err_is(err))
        return err;
    *out_job = sqlite3_last_insert_rowid(db->handle);
    *out_id = id;
    return err_none();
}

struct err store_submission_same(struct db *db, int64_t membership_id, int64_t offering_id,
                                 enum device device, bool practice,
                                 const unsigned char source_hash[32], int64_t *out_id,
                                 bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT id FROM submission WHERE membership_id = ?1 AND offering_id = ?2"
                       " AND source_hash = ?3 AND device = ?4 AND practice = ?5"
                       " AND stage NOT IN ('system_error', 'superseded', 'cancelled')");
    db_bind_int(find, 1, membership_id);
    db_bind_int(find, 2, offering_id);
    db_bind_blob(find, 3, source_hash, 32);
    db_bind_text(find, 4, device_word(device));
    db_bind_int(find, 5, practice);
    struct err err = db_step(db, find, out_found, "look for the same submission");
    if (!err_is(err) && *out_found)
        *out_id = sqlite3_column_int64(find, 0);
    db_done(find);
    return err;
}

struct err store_submission_sized(struct db *db, int64_t membership_id, const char *assignment,
                                  bool practice, int64_t bytes, bool *out_found)
{
    sqlite3_stmt *find =
        db_prepare(db, "SELECT 1 FROM submission s JOIN offering o ON o.id = s.offering_id"
                       " JOIN source f ON f.hash = s.source_hash WHERE s.membership_id = ?1"
                       " AND o.name = ?2 AND s.practice = ?3 AND ?4 IN (-1, f.size) LIMIT 1");
    db_bind_int(find, 1, membership_id);
    db_bind_text(find, 2, assignment);
    db_bind_int(find, 3, practice);
    db_bind_int(find, 4, bytes);
    struct err err = db_step(db, find, out_found, "look for a submission of that size");
    db_done(find);
    return err;
}

struct err store_submission_get(struct db *db, int64_t id, struct submission_row *out,
                                bool *out_found)
{
    sqlite3_stmt *get = db_prepare(
        db,
        "SELECT s.id, s.membership_id, s.offering_id, u.login, c.name, c.id, o.name,"
        " s.spec_hash, s.device, s.file_name, s.practice, coalesce(g.key, s.key), s.received_at,"
        " coalesce(" DATES_DUE ", 0), o.zone, " DATES_ATTEMPTS ", s.stage, s.generation,"
        " s.source_hash, o.supersede, s.commit_name, coalesce(g.spec_hash, s.spec_hash), "
        "coalesce(g.split, o.split, -1), s.review IS NOT NULL OR s.hold = 1, g.class, g.target,"
        " o.board = 'ta', s.practice = 0 AND EXISTS (SELECT 1 FROM override v WHERE v.hold = 1"
        " AND v.offering_id = s.offering_id AND v.membership_id = s.membership_id)"
        " FROM submission s JOIN membership m ON m.id = s.membership_id"
        " JOIN user u ON u.id = m.user_id JOIN cohort c ON c.id = m.cohort_id"
        " JOIN offering o ON o.id = s.offering_id"
        " LEFT JOIN grading g ON g.submission_id = s.id AND g.generation = s.generation" DATES_JOIN
        " WHERE s.id = ?1");
    db_bind_int(get, 1, id);
    struct err err = db_step(db, get, out_found, "read a submission");
    if (err_is(err) || !*out_found)
        return err;

    err = row_read(get, out);
    bool is_graded = sqlite3_column_type(get, 25) != SQLITE_NULL; /* before any conversion */
    struct target_row graded = {.target = sqlite3_column_double(get, 25)};
    db_copy_text(get, 24, graded.class_name, sizeof graded.class_name);
    db_done(get);
    if (!err_is(err))
        err = store_targets(db, out->offering_id, out->targets, &out->targets_count);
    if (!err_is(err) && is_graded) {
        out->targets[0] = graded;
        out->targets_count = 1;
    }
    return err;
}

/* All but the target that it was graded by. */
static struct err row_read(sqlite3_stmt *get, struct submission_row *out)
{
    char device[8];
    char stage[24];
    *out = (struct submission_row){.id = sqlite3_column_int64(get, 0),
                                   .membership_id = sqlite3_column_int64(get, 1),
                                   .offering_id = sqlite3_column_int64(get, 2),
                                   .cohort_id = sqlite3_column_int64(get, 5),
                                   .practice = sqlite3_column_int(get, 10) != 0,
                                   .received_at = sqlite3_column_int64(get, 12),
                                   .due_at = sqlite3_column_int64(get, 13),
                                   .attempts_max = sqlite3_column_int64(get, 15),
                                   .generation = sqlite3_column_int64(get, 17),
                                   .supersede = sqlite3_column_int(get, 19) != 0,
                                   .review = sqlite3_column_int(get, 23) != 0,
                                   .unseen = sqlite3_column_int(get, 26) != 0,
                                   .held = sqlite3_column_int(get, 27) != 0};
    db_copy_text(get, 3, out->login, sizeof out->login);
    db_copy_text(get, 4, out->cohort, sizeof out->cohort);
    db_copy_text(get, 6, out->assignment, sizeof out->assignment);
    db_copy_text(get, 7, out->spec_hash, sizeof out->spec_hash);
    db_copy_text(get, 8, device, sizeof device);
    db_copy_text(get, 9, out->file_name, sizeof out->file_name);
    db_copy_text(get, 14, out->zone, sizeof out->zone);
    db_copy_text(get, 20, out->commit, sizeof out->commit);
    db_copy_text(get, 16, stage, sizeof stage);
    memcpy(out->key, sqlite3_column_blob(get, 11), sizeof out->key); /* CHECKed to be 32 bytes */
    memcpy(out->source_hash, sqlite3_column_blob(get, 18), sizeof out->source_hash);
    db_copy_text(get, 21, out->measured_hash, sizeof out->measured_hash);
    out->split = sqlite3_column_int64(get, 22);
    if (!device_from_word(&out->device, device) || !stage_from_word(&out->stage, stage))
        return err_make(ERR_INTERNAL, "submission %lld has device '%s', stage '%s'",
                        (long long)out->id, device, stage);
    return err_none();
}

struct err store_submission_rules(struct db *db, struct submission_row *row)
{
    sqlite3_stmt *get = db_prepare(db, "SELECT coalesce(split, -1) FROM offering WHERE id = ?1");
    bool found = false;
    db_bind_int(get, 1, row->offering_id);
    struct err err = db_step(db, get, &found, "read the rules of an offering");
    if (!err_is(err) && found)
        row->split = sqlite3_column_int64(get, 0);
    db_done(get);
    return err_is(err) ? err
                       : store_targets(db, row->offering_id, row->targets, &row->targets_count);
}

struct err store_source(struct db *db, const unsigned char source_hash[32], struct buf *out)
{
    sqlite3_stmt *get = db_prepare(db, "SELECT size, packed FROM source WHERE hash = ?1");
    db_bind_blob(get, 1, source_hash, 32);
    bool found = false;
    struct err err = db_step(db, get, &found, "read a source");
    if (err_is(err))
        return err;
    if (!found)
        return err_make(ERR_INTERNAL, "a source that a submission names is missing");

    uLongf size = (uLongf)sqlite3_column_int64(get, 0);
    auto_free char *plain = malloc(size + 1);
    if (plain == NULL)
        err = err_make(ERR_SYSTEM, "unpack a source of %lu bytes", size);
    else if (uncompress((Bytef *)plain, &size, sqlite3_column_blob(get, 1),
                        (uLong)sqlite3_column_bytes(get, 1)) != Z_OK)
        err = err_make(ERR_INTERNAL, "a stored source does not unpack");
    else
        buf_append(out, plain, size);
    db_done(get);
    if (!err_is(err) && out->failed)
        err = err_make(ERR_LIMIT, "a stored source of %lu bytes", size);
    return err;
}

struct err store_attempts(struct db *db, int64_t membership_id, int64_t offering_id,
                          int64_t *out_graded, int64_t *out_running)
{
    sqlite3_stmt *count = db_prepare(
        db, "SELECT coalesce(sum(stage = 'graded'), 0), coalesce(sum(stage IN ('received',"
            " 'queued', 'compiling', 'checking', 'checked', 'timing')), 0) FROM submission"
            " WHERE membership_id = ?1 AND offering_id = ?2 AND practice = 0");
    db_bind_int(count, 1, membership_id);
    db_bind_int(count, 2, offering_id);
    bool row = false;
    struct err err = db_step(db, count, &row, "count attempts");
    if (!err_is(err) && row) {
        *out_graded = sqlite3_column_int64(count, 0);
        *out_running = sqlite3_column_int64(count, 1);
    }
    db_done(count);
    return err;
}

struct err store_attempt_number(struct db *db, int64_t membership_id, int64_t offering_id,
                                int64_t id, int64_t *out_number, int64_t *out_graded)
{
    sqlite3_stmt *count = db_prepare(
        db, "SELECT coalesce(sum(id < ?3 AND stage IN ('received', 'queued', 'compiling',"
            " 'checking', 'checked', 'timing', 'graded')), 0) + 1,"
            " coalesce(sum(stage = 'graded'), 0) FROM submission"
            " WHERE membership_id = ?1 AND offering_id = ?2 AND practice = 0");
    db_bind_int(count, 1, membership_id);
    db_bind_int(count, 2, offering_id);
    db_bind_int(count, 3, id);
    bool row = false;
    struct err err = db_step(db, count, &row, "number an attempt");
    if (!err_is(err) && row) {
        *out_number = sqlite3_column_int64(count, 0);
        *out_graded = sqlite3_column_int64(count, 1);
    }
    db_done(count);
    return err;
}

struct err store_recent(struct db *db, int64_t membership_id, bool practice, int64_t since_at,
                        int64_t *out_count, int64_t *out_oldest_at)
{
    sqlite3_stmt *count =
        db_prepare(db, "SELECT count(*), coalesce(min(received_at), 0) FROM submission"
                       " WHERE membership_id = ?1 AND practice = ?2 AND received_at > ?3");
    db_bind_int(count, 1, membership_id);
    db_bind_int(count, 2, practice);
    db_bind_int(count, 3, since_at);
    bool row = false;
    struct err err = db_step(db, count, &row, "count recent submissions");
    if (!err_is(err) && row) {
        *out_count = sqlite3_column_int64(count, 0);
        *out_oldest_at = sqlite3_column_int64(count, 1);
    }
    db_done(count);
    return err;
}

struct err store_last_received(struct db *db, int64_t membership_id, int64_t offering_id,
                               int64_t *out_at)
{
    sqlite3_stmt *last = db_prepare(db, "SELECT coalesce(max(received_at), 0) FROM submission"
                                        " WHERE membership_id = ?1 AND offering_id = ?2"
                                        " AND practice = 0 AND stage NOT IN ('system_error')");
    db_bind_int(last, 1, membership_id);
    db_bind_int(last, 2, offering_id);
    bool row = false;
    struct err err = db_step(db, last, &row, "find the last submission");
    if (!err_is(err) && row)
        *out_at = sqlite3_column_int64(last, 0);
    db_done(last);
    return err;
}

struct err store_best_before(struct db *db, int64_t membership_id, int64_t offering_id, int64_t id,
                             int64_t *out_score)
{
    sqlite3_stmt *best =
        db_prepare(db, "SELECT coalesce(max(g.score), -1) FROM submission s JOIN grading g"
                       " ON g.submission_id = s.id AND g.generation = s.generation"
                       " WHERE s.membership_id = ?1 AND s.offering_id = ?2 AND s.practice = 0"
                       " AND s.stage = 'graded' AND s.id < ?3");
    db_bind_int(best, 1, membership_id);
    db_bind_int(best, 2, offering_id);
    db_bind_int(best, 3, id);
    bool row = false;
    struct err err = db_step(db, best, &row, "find the best score");
    if (!err_is(err) && row)
        *out_score = sqlite3_column_int64(best, 0);
    db_done(best);
    return err;
}

struct err store_submissions_of(struct db *db, int64_t membership_id, int64_t *out_ids, size_t max,
                                size_t *out_count)
{
    sqlite3_stmt *list =
        db_prepare(db, "SELECT id FROM submission WHERE membership_id = ?1 ORDER BY id DESC");
    db_bind_int(list, 1, membership_id);
    size_t count = 0;
    bool row = true;
    struct err err = err_none();
    while (count < max && row && !err_is(err)) {
        err = db_step(db, list, &row, "list submissions");
        if (row && !err_is(err))
            out_ids[count++] = sqlite3_column_int64(list, 0);
    }
    db_done(list);
    *out_count = count;
    return err;
}

static struct err source_put(struct db *db, const unsigned char hash[32], const char *source,
                             size_t size)
{
    auto_buf struct buf packed = buf_of(2 * size + 1024);
    struct err err = pack_deflate(&db->pack, source, size, &packed);
    if (err_is(err))
        return err;

    sqlite3_stmt *put = db_prepare(db, "INSERT INTO source (hash, size, packed) VALUES (?1, ?2, ?3)"
                                       " ON CONFLICT (hash) DO NOTHING");
    db_bind_blob(put, 1, hash, 32);
    db_bind_int(put, 2, (int64_t)size);
    db_bind_blob(put, 3, packed.at, packed.size);
    return db_run(db, put, "keep a source");
}
