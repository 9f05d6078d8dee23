/* Three lists for a TA. */
#include "grader/store_history.h"

static struct err next(struct db *db, sqlite3_stmt *list, bool *out_more);
static const char *text(sqlite3_stmt *row, int column);

struct err store_generations(struct db *db, int64_t submission_id,
                             void (*each)(void *context, const struct generation_line *line),
                             void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT g.generation, coalesce(g.score, -1), coalesce(g.speedup, -1),"
            " coalesce(g.low, -1), coalesce(g.high, -1), g.created_at, coalesce(g.checked_at, 0),"
            " coalesce(g.finished_at, 0), g.stage, coalesce(g.class, ''), coalesce(g.worker, ''),"
            " coalesce(g.actor, ''), g.generation = s.generation, g.retime FROM grading g"
            " JOIN submission s ON s.id = g.submission_id WHERE s.id = ?1 ORDER BY g.generation");
    bool more = false;
    db_bind_int(list, 1, submission_id);
    struct err err = next(db, list, &more);
    for (; more && !err_is(err); err = next(db, list, &more)) {
        const struct generation_line line = {.generation = sqlite3_column_int64(list, 0),
                                             .score = sqlite3_column_int64(list, 1),
                                             .speedup = sqlite3_column_double(list, 2),
                                             .low = sqlite3_column_double(list, 3),
                                             .high = sqlite3_column_double(list, 4),
                                             .created_at = sqlite3_column_int64(list, 5),
                                             .checked_at = sqlite3_column_int64(list, 6),
                                             .finished_at = sqlite3_column_int64(list, 7),
                                             .stage = text(list, 8),
                                             .class_name = text(list, 9),
                                             .worker = text(list, 10),
                                             .actor = text(list, 11),
                                             .counts = sqlite3_column_int(list, 12) != 0,
                                             .retime = sqlite3_column_int(list, 13) != 0};
        each(context, &line);
    }
    db_done(list);
    return err;
}

struct err store_history(struct db *db, int64_t membership_id, int64_t limit,
                         void (*each)(void *context, const struct history_line *line),
                         void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT s.id, s.generation, coalesce(g.score, -1), s.received_at,"
            " coalesce(g.speedup, -1), o.name, s.stage, s.file_name, coalesce(s.commit_name, ''),"
            " s.practice, o.zone FROM submission s JOIN offering o ON o.id = s.offering_id"
            " LEFT JOIN grading g ON g.submission_id = s.id AND g.generation = s.generation"
            " WHERE s.membership_id = ?1 ORDER BY s.id DESC LIMIT ?2");
    bool more = false;
    db_bind_int(list, 1, membership_id);
    db_bind_int(list, 2, limit);
    struct err err = next(db, list, &more);
    for (; more && !err_is(err); err = next(db, list, &more)) {
        const struct history_line line = {.submission_id = sqlite3_column_int64(list, 0),
                                          .generation = sqlite3_column_int64(list, 1),
                                          .score = sqlite3_column_int64(list, 2),
                                          .received_at = sqlite3_column_int64(list, 3),
                                          .speedup = sqlite3_column_double(list, 4),
                                          .assignment = text(list, 5),
                                          .stage = text(list, 6),
                                          .file_name = text(list, 7),
                                          .commit = text(list, 8),
                                          .practice = sqlite3_column_int(list, 9) != 0,
                                          .zone = text(list, 10)};
        each(context, &line);
    }
    db_done(list);
    return err;
}

struct err store_decisions(struct db *db, int64_t membership_id,
                           void (*each)(void *context, const struct decision_line *line),
                           void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT o.name, w.what, w.reason, w.actor, w.due_at, w.closes_at, w.attempts, w.grade,"
            " w.made_at, o.zone FROM (SELECT offering_id, 'extension' AS what, reason, actor,"
            "  coalesce(due_at, 0) AS due_at, coalesce(closes_at, 0) AS closes_at, attempts,"
            "  -1 AS grade, made_at FROM extension WHERE membership_id = ?1"
            " UNION ALL SELECT offering_id, 'held open', '', 'service', coalesce(due_at, 0),"
            "  coalesce(closes_at, 0), 0, -1, refused_at FROM held_open WHERE membership_id = ?1"
            " UNION ALL SELECT offering_id, iif(hold = 1, 'hold', 'grade'), reason, actor, 0, 0, 0,"
            "  coalesce(grade, -1), made_at FROM override WHERE membership_id = ?1) w"
            " JOIN offering o ON o.id = w.offering_id ORDER BY w.made_at");
    bool more = false;
    db_bind_int(list, 1, membership_id);
    struct err err = next(db, list, &more);
    for (; more && !err_is(err); err = next(db, list, &more)) {
        const struct decision_line line = {.assignment = text(list, 0),
                                           .what = text(list, 1),
                                           .reason = text(list, 2),
                                           .actor = text(list, 3),
                                           .due_at = sqlite3_column_int64(list, 4),
                                           .closes_at = sqlite3_column_int64(list, 5),
                                           .attempts = sqlite3_column_int64(list, 6),
                                           .grade = sqlite3_column_int64(list, 7),
                                           .made_at = sqlite3_column_int64(list, 8),
                                           .zone = text(list, 9)};
        each(context, &line);
    }
    db_done(list);
    return err;
}

static struct err next(struct db *db, sqlite3_stmt *list, bool *out_more)
{
    *out_more = false;
    return db_step(db, list, out_more, "read a history");
}

static const char *text(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}
