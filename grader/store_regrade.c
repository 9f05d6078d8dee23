/* New generations of gradings. */
#include "grader/store_regrade.h"

#include "grader/store_parts.h"

/* The same bytes came again after our failure (or are here twice): only the newest may be graded,
 * for one person has the same bytes once (index submission_same). Erased sources are no sources. */
#define REGRADABLE                                                                                 \
    " AND NOT EXISTS (SELECT 1 FROM submission t WHERE t.membership_id = s.membership_id"          \
    " AND t.offering_id = s.offering_id AND t.source_hash = s.source_hash"                         \
    " AND t.device = s.device AND t.practice = s.practice AND t.id > s.id"                         \
    " AND t.stage NOT IN ('superseded', 'cancelled')) AND NOT EXISTS (SELECT 1 FROM membership m"  \
    " JOIN user u ON u.id = m.user_id WHERE m.id = s.membership_id AND u.erased_at IS NOT NULL)"
#define FINISHED "('graded', 'compile_error', 'compiled_only')"
/* The newest generation that is over and does not count yet. */
#define WAITING                                                                                    \
    " FROM grading g JOIN submission s ON s.id = g.submission_id"                                  \
    " WHERE s.offering_id = ?1 AND g.generation > s.generation AND g.stage IN " FINISHED           \
    " AND g.retime = 0"                                                                            \
    " AND g.generation = (SELECT max(h.generation) FROM grading h"                                 \
    " WHERE h.submission_id = s.id AND h.retime = 0 AND h.stage IN " FINISHED ")" REGRADABLE

/* ?5: enum regrade_which; ?6: the numbers of those that count. */
#define CHOSEN                                                                                     \
    " AND CASE ?5 WHEN 2 THEN 1 WHEN 1 THEN s.id = (SELECT max(t.id) FROM submission t"            \
    "  WHERE t.membership_id = s.membership_id AND t.offering_id = s.offering_id"                  \
    "  AND t.practice = 0) ELSE s.id IN (SELECT value FROM json_each(?6)) END"

static void bind_choice(sqlite3_stmt *statement, const struct regrade_choice *choice);
static struct err ask_number(struct db *db, sqlite3_stmt *ask, int64_t offering_id,
                             int64_t *out_count);

struct err store_regrade_start(struct db *db, const struct regrade_choice *choice, bool fresh,
                               const char *actor, int64_t now_at, int64_t *out_count)
{
    sqlite3_stmt *put = db_prepare(
        db, "INSERT INTO grading (submission_id, generation, stage, created_at, key, actor)"
            " SELECT s.id, (SELECT max(generation) FROM grading WHERE submission_id = s.id) + 1,"
            " 'queued', ?2, CASE ?3 WHEN 1 THEN randomblob(32) END, ?4"
            " FROM submission s JOIN grading g ON g.submission_id = s.id"
            " AND g.generation = s.generation WHERE s.offering_id = ?1 AND s.practice = 0"
            " AND s.stage IN ('graded', 'compile_error', 'compiled_only', 'system_error')"
            " AND NOT " REGRADE_PENDING
            " AND NOT EXISTS (SELECT 1 FROM job j WHERE j.submission_id = s.id)" REGRADABLE CHOSEN);
    bind_choice(put, choice);
    db_bind_int(put, 2, now_at);
    db_bind_int(put, 3, fresh);
    db_bind_text(put, 4, actor);
    struct err err = db_run(db, put, "put regrades");
    if (err_is(err))
        return err;
    *out_count = sqlite3_changes(db->handle);
    sqlite3_stmt *queue = db_prepare(
        db, "INSERT INTO job (submission_id, generation, kind, lane, queued_at)"
            " SELECT g.submission_id, g.generation, 'check', 'regrade', ?2 FROM grading g"
            " JOIN submission s ON s.id = g.submission_id WHERE s.offering_id = ?1"
            " AND g.generation > s.generation AND g.stage = 'queued' AND NOT EXISTS"
            " (SELECT 1 FROM job j WHERE j.submission_id = g.submission_id)");
    db_bind_int(queue, 1, choice->offering_id);
    db_bind_int(queue, 2, now_at);
    return db_run(db, queue, "queue regrades");
}

struct err store_regrade_pick(struct db *db, const struct regrade_choice *choice,
                              void (*each)(void *context, int64_t id), void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT s.id FROM submission s WHERE s.offering_id = ?1 AND s.practice = 0"
            " AND s.stage = 'graded' AND NOT EXISTS (SELECT 1 FROM job j"
            " WHERE j.submission_id = s.id) AND NOT " REGRADE_PENDING CHOSEN " ORDER BY s.id");
    bool more = true;
    struct err err = err_none();
    bind_choice(list, choice);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "pick submissions");
        if (!err_is(err) && more)
            each(context, sqlite3_column_int64(list, 0));
    }
    db_done(list);
    return err;
}

struct err store_regrade_points(struct db *db, const struct submission_row *row,
                                const struct grading_row *grading, const struct report *report,
                                const char *events, const char *actor, int64_t now_at)
{
    int64_t generation = 0;
    sqlite3_stmt *add = db_prepare(
        db, "INSERT INTO grading (submission_id, generation, stage, created_at, checked_at, key,"
            " actor) SELECT ?1, max(generation) + 1, 'graded', ?2, ?2, (SELECT key FROM grading"
            " WHERE submission_id = ?1 AND generation = ?4), ?3 FROM grading"
            " WHERE submission_id = ?1 RETURNING generation");
    db_bind_int(add, 1, row->id);
    db_bind_int(add, 2, now_at);
    db_bind_text(add, 3, actor);
    db_bind_int(add, 4, row->generation);
    struct err err = store_insert_id(db, add, "add a grading", &generation);
    if (err_is(err))
        return err;
    const struct job_row job = {.submission_id = row->id, .generation = generation};
    const struct grading_step step = {.job = &job,
                                      .stage = STAGE_GRADED,
                                      .code = grading->code,
                                      .message = grading->message,
                                      .events = events,
                                      .spec = report->spec,
                                      .report = report,
                                      .now_at = now_at};
    err = store_grading_put(db, &step);
    if (err_is(err))
        return err;
    sqlite3_stmt *count = db_prepare(db, "UPDATE submission SET generation = ?2 WHERE id = ?1");
    db_bind_int(count, 1, row->id);
    db_bind_int(count, 2, generation);
    return db_run(db, count, "let points count");
}

struct err store_regrade_list(struct db *db, int64_t offering_id,
                              void (*each)(void *context, const struct regrade_row *row),
                              void *context)
{
    sqlite3_stmt *list = db_prepare(
        db, "SELECT s.id, coalesce((SELECT b.score FROM grading b WHERE b.submission_id = s.id"
            " AND b.generation = s.generation AND b.stage = 'graded'), -1),"
            " CASE g.stage WHEN 'graded' THEN coalesce(g.score, -1) ELSE -1 END,"
            " (SELECT u.login FROM membership m JOIN user u ON u.id = m.user_id"
            "  WHERE m.id = s.membership_id), g.stage" WAITING " ORDER BY s.id");
    bool more = true;
    struct err err = err_none();
    db_bind_int(list, 1, offering_id);
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "list regrades");
        if (err_is(err) || !more)
            break;
        const struct regrade_row row = {
            sqlite3_column_int64(list, 0), sqlite3_column_int64(list, 1),
            sqlite3_column_int64(list, 2), (const char *)sqlite3_column_text(list, 3),
            (const char *)sqlite3_column_text(list, 4)};
        each(context, &row);
    }
    db_done(list);
    return err;
}

struct err store_regrade_running(struct db *db, int64_t offering_id, int64_t *out_count)
{
    return ask_number(db,
                      db_prepare(db, "SELECT count(*) FROM job j JOIN submission s"
                                     " ON s.id = j.submission_id WHERE s.offering_id = ?1"
                                     " AND j.generation > s.generation"),
                      offering_id, out_count);
}

struct err store_regrade_apply(struct db *db, int64_t offering_id, int64_t *out_count)
{
    sqlite3_stmt *apply = db_prepare(
        db, "UPDATE submission SET generation = w.generation, stage = w.stage FROM"
            " (SELECT g.submission_id AS id, g.generation AS generation, g.stage AS stage" WAITING
            ") AS w WHERE submission.id = w.id");
    db_bind_int(apply, 1, offering_id);
    struct err err = db_run(db, apply, "apply regrades");
    *out_count = err_is(err) ? 0 : sqlite3_changes(db->handle);
    return err;
}

static void bind_choice(sqlite3_stmt *statement, const struct regrade_choice *choice)
{
    db_bind_int(statement, 1, choice->offering_id);
    db_bind_int(statement, 5, choice->which);
    db_bind_text(statement, 6, choice->counting != NULL ? choice->counting : "[]");
}

static struct err ask_number(struct db *db, sqlite3_stmt *ask, int64_t offering_id,
                             int64_t *out_count)
{
    bool found = false;
    db_bind_int(ask, 1, offering_id);
    struct err err = db_step(db, ask, &found, "count regrades");
    if (!err_is(err) && found)
        *out_count = sqlite3_column_int64(ask, 0);
    db_done(ask);
    return err;
}
