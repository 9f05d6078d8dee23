/* Reading for boards and pages. */
#include "grader/store_board.h"

struct err store_board_runs(struct db *db, int64_t offering_id, struct board *out)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT m.id, s.id, u.login, u.name, m.alias, g.class, g.speedup, g.low, g.high,"
            " s.received_at, s.review IS NOT NULL OR s.hold, m.mask FROM submission s"
            " JOIN grading g ON g.submission_id = s.id AND g.generation = s.generation"
            " JOIN membership m ON m.id = s.membership_id JOIN user u ON u.id = m.user_id"
            " WHERE s.offering_id = ?1 AND s.practice = 0 AND s.stage = 'graded'"
            " AND g.speedup IS NOT NULL AND m.role = 'student' AND u.erased_at IS NULL"
            " ORDER BY m.id, g.class, s.id");
    db_bind_int(list, 1, offering_id);
    bool row = true;
    struct err err = err_none();
    while (row && !err_is(err)) {
        err = db_step(db, list, &row, "read a board");
        if (err_is(err) || !row)
            break;
        struct board_run run = {.membership_id = sqlite3_column_int64(list, 0),
                                .submission_id = sqlite3_column_int64(list, 1),
                                .speedup = sqlite3_column_double(list, 6),
                                .low = sqlite3_column_double(list, 7),
                                .high = sqlite3_column_double(list, 8),
                                .received_at = sqlite3_column_int64(list, 9),
                                .is_held = sqlite3_column_int(list, 10) != 0,
                                .mask = sqlite3_column_int64(list, 11)};
        db_copy_text(list, 2, run.login, sizeof run.login);
        db_copy_text(list, 3, run.name, sizeof run.name);
        db_copy_text(list, 4, run.alias, sizeof run.alias);
        db_copy_text(list, 5, run.class_name, sizeof run.class_name);
        board_add(out, &run);
    }
    db_done(list);
    return err;
}

struct err store_changes(struct db *db, int64_t *out_version)
{
    sqlite3_stmt *ask = db_prepare(db, "PRAGMA data_version");
    bool row = false;
    struct err err = db_step(db, ask, &row, "look for changes");
    if (!err_is(err) && row)
        *out_version = sqlite3_column_int64(ask, 0);
    db_done(ask);
    return err;
}

struct err store_own_rows(struct db *db, int64_t membership_id, int64_t offering_id,
                          struct own_row *out, size_t max, size_t *out_count)
{
    sqlite3_stmt *list =
        db_prepare(db, "SELECT s.id, s.received_at, s.stage, s.practice, coalesce(g.score, -1),"
                       " coalesce(g.speedup, 0) FROM submission s"
                       " JOIN grading g ON g.submission_id = s.id AND g.generation = s.generation"
                       " WHERE s.membership_id = ?1 AND s.offering_id = ?2 ORDER BY s.id DESC");
    db_bind_int(list, 1, membership_id);
    db_bind_int(list, 2, offering_id);
    size_t count = 0;
    bool row = true;
    struct err err = err_none();
    while (count < max && row && !err_is(err)) {
        err = db_step(db, list, &row, "list one's own submissions");
        if (err_is(err) || !row)
            break;
        char stage[24];
        out[count] = (struct own_row){.id = sqlite3_column_int64(list, 0),
                                      .received_at = sqlite3_column_int64(list, 1),
                                      .practice = sqlite3_column_int(list, 3) != 0,
                                      .score = sqlite3_column_int64(list, 4),
                                      .speedup = sqlite3_column_double(list, 5)};
        db_copy_text(list, 2, stage, sizeof stage);
        if (!stage_from_word(&out[count].stage, stage))
            err = err_make(ERR_INTERNAL, "submission %lld has stage '%s'", (long long)out[count].id,
                           stage);
        count++;
    }
    db_done(list);
    *out_count = count;
    return err;
}

struct err store_own_best(struct db *db, int64_t membership_id, int64_t offering_id,
                          int64_t *out_score, int64_t *out_count)
{
    sqlite3_stmt *best = db_prepare(
        db, "SELECT coalesce(max(CASE s.stage WHEN 'graded' THEN g.score END), -1), count(*)"
            " FROM submission s JOIN grading g"
            " ON g.submission_id = s.id AND g.generation = s.generation"
            " WHERE s.membership_id = ?1 AND s.offering_id = ?2 AND s.practice = 0");
    db_bind_int(best, 1, membership_id);
    db_bind_int(best, 2, offering_id);
    bool row = false;
    struct err err = db_step(db, best, &row, "find one's own best");
    if (!err_is(err) && row) {
        *out_score = sqlite3_column_int64(best, 0);
        *out_count = sqlite3_column_int64(best, 1);
    }
    db_done(best);
    return err;
}
