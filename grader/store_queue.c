/* What waits, runs, is parked or under review; and its ways out. */
#include "grader/store_queue.h"

#include "grader/report.h"
#include "grader/store_parts.h"

static struct err lines_read(struct db *db, sqlite3_stmt *list,
                             void (*each)(void *context, const struct queue_line *line),
                             void *context);
static struct err run(struct db *db, const char *sql, int64_t submission_id, const char *doing);
static struct err ask_two(struct db *db, sqlite3_stmt *ask, const char *doing, int64_t *out_one,
                          int64_t *out_other);

#define OF_COHORT                                                                                  \
    " JOIN membership m ON m.id = s.membership_id JOIN user u ON u.id = m.user_id"                 \
    " JOIN offering o ON o.id = s.offering_id WHERE (?1 = 0 OR m.cohort_id = ?1)"

struct err store_queue_list(struct db *db, int64_t cohort_id, enum queue_what what, int64_t limit,
                            void (*each)(void *context, const struct queue_line *line),
                            void *context)
{
    sqlite3_stmt *list = db_prepare(
        db,
        "SELECT * FROM (SELECT s.id, j.generation, j.tries, coalesce(l.taken_at, j.queued_at),"
        " u.login, o.name, iif(l.job_id IS NULL, 'waits', 'runs') AS state, j.kind, j.lane,"
        " coalesce(l.worker, ''), ''"
        " FROM job j JOIN submission s ON s.id = j.submission_id"
        " LEFT JOIN lease l ON l.job_id = j.id" OF_COHORT " AND ?2 IN (0, 3)"
        " UNION ALL SELECT s.id, s.generation, 0, coalesce(g.finished_at, s.received_at), u.login,"
        " o.name, iif(g.code = 'parked', 'parked', 'untimed'), '', '', coalesce(g.worker, ''),"
        " g.message FROM grading g JOIN submission s ON s.id = g.submission_id"
        " AND s.generation = g.generation" OF_COHORT " AND ?2 IN (1, 3) AND s.practice = 0"
        " AND (g.code = '" REPORT_TIMING_FAILED "' AND s.stage = 'graded'"
        "  OR g.code = 'parked' AND s.stage = 'system_error')"
        " UNION ALL SELECT s.id, s.generation, 0, s.received_at, u.login, o.name,"
        " iif(s.review IS NULL, 'held', 'review'), '', '', '', coalesce(s.review, '')"
        " FROM submission s" OF_COHORT " AND ?2 IN (2, 3) AND (s.review IS NOT NULL OR s.hold = 1))"
        " ORDER BY state <> 'runs', 4, 1 LIMIT ?3");
    db_bind_int(list, 1, cohort_id);
    db_bind_int(list, 2, what);
    db_bind_int(list, 3, limit);
    return lines_read(db, list, each, context);
}

static struct err lines_read(struct db *db, sqlite3_stmt *list,
                             void (*each)(void *context, const struct queue_line *line),
                             void *context)
{
    bool more = true;
    struct err err = err_none();
    while (more && !err_is(err)) {
        err = db_step(db, list, &more, "read the queue");
        if (err_is(err) || !more)
            break;
        const struct queue_line line = {.submission_id = sqlite3_column_int64(list, 0),
                                        .generation = sqlite3_column_int64(list, 1),
                                        .tries = sqlite3_column_int64(list, 2),
                                        .since_at = sqlite3_column_int64(list, 3),
                                        .login = (const char *)sqlite3_column_text(list, 4),
                                        .assignment = (const char *)sqlite3_column_text(list, 5),
                                        .state = (const char *)sqlite3_column_text(list, 6),
                                        .kind = (const char *)sqlite3_column_text(list, 7),
                                        .lane = (const char *)sqlite3_column_text(list, 8),
                                        .worker = (const char *)sqlite3_column_text(list, 9),
                                        .why = (const char *)sqlite3_column_text(list, 10)};
        each(context, &line);
    }
    db_done(list);
    return err;
}

struct err store_release(struct db *db, int64_t submission_id, const char *actor, int64_t now_at,
                         int64_t *out_twin)
{
    int64_t unused = 0;
    sqlite3_stmt *twin =
        db_prepare(db, "SELECT t.id, 0 FROM submission s JOIN submission t ON t.id <> s.id"
                       " AND t.membership_id = s.membership_id AND t.offering_id = s.offering_id"
                       " AND t.source_hash = s.source_hash AND t.device = s.device"
                       " AND t.practice = s.practice AND t.stage NOT IN"
                       " ('system_error', 'superseded', 'cancelled') WHERE s.id = ?1");
    db_bind_int(twin, 1, submission_id);
    *out_twin = 0;
    struct err err = ask_two(db, twin, "look for the same bytes", out_twin, &unused);
    if (err_is(err) || *out_twin != 0)
        return err;

    sqlite3_stmt *grading = db_prepare(
        db, "INSERT INTO grading (submission_id, generation, stage, created_at, key, actor)"
            " SELECT g.submission_id, (SELECT max(generation) FROM grading WHERE submission_id ="
            " ?1) + 1, 'queued', ?2, g.key, ?3 FROM grading g JOIN submission s"
            " ON s.id = g.submission_id AND s.generation = g.generation WHERE s.id = ?1");
    db_bind_int(grading, 1, submission_id);
    db_bind_int(grading, 2, now_at);
    db_bind_text(grading, 3, actor);
    err = db_run(db, grading, "release a submission");
    if (!err_is(err))
        err = run(db,
                  "UPDATE submission SET stage = 'queued', generation = (SELECT max(generation)"
                  " FROM grading WHERE submission_id = ?1) WHERE id = ?1",
                  submission_id, "release a submission");
    if (err_is(err))
        return err;
    sqlite3_stmt *job = db_prepare(db, "INSERT INTO job (submission_id, generation, kind, lane,"
                                       " queued_at) SELECT id, generation, 'check', 'live', ?2"
                                       " FROM submission WHERE id = ?1");
    db_bind_int(job, 1, submission_id);
    db_bind_int(job, 2, now_at);
    return db_run(db, job, "queue a released submission");
}

struct err store_retime(struct db *db, int64_t submission_id, const char *events, const char *actor,
                        int64_t now_at)
{
    sqlite3_stmt *grading = db_prepare(
        db, "INSERT INTO grading (submission_id, generation, stage, events, created_at,"
            " checked_at, spec_hash, key, class, worker, actor, retime)"
            " SELECT s.id, (SELECT max(generation) FROM grading WHERE submission_id = ?1) + 1,"
            " 'checked', ?2, ?3, g.checked_at, g.spec_hash, g.key, g.class, g.worker, ?4, 1"
            " FROM grading g JOIN submission s"
            " ON s.id = g.submission_id AND s.generation = g.generation WHERE s.id = ?1");
    db_bind_int(grading, 1, submission_id);
    db_bind_text(grading, 2, events);
    db_bind_int(grading, 3, now_at);
    db_bind_text(grading, 4, actor);
    struct err err = db_run(db, grading, "repeat a timing");
    if (err_is(err))
        return err;
    sqlite3_stmt *job =
        db_prepare(db, "INSERT INTO job (submission_id, generation, kind, lane, queued_at)"
                       " SELECT ?1, max(generation), 'time', 'regrade', ?2 FROM grading"
                       " WHERE submission_id = ?1");
    db_bind_int(job, 1, submission_id);
    db_bind_int(job, 2, now_at);
    return db_run(db, job, "queue a timing once more");
}

struct err store_retimes(struct db *db, int64_t submission_id, int64_t *out_count,
                         bool *out_running)
{
    int64_t running = 0;
    sqlite3_stmt *ask =
        db_prepare(db, "SELECT (SELECT count(*) FROM grading WHERE submission_id = ?1"
                       " AND retime = 1), (SELECT count(*) FROM job WHERE submission_id = ?1)"
                       " + (SELECT count(*) FROM submission s WHERE s.id = ?1"
                       " AND " REGRADE_PENDING ")");
    db_bind_int(ask, 1, submission_id);
    struct err err = ask_two(db, ask, "count timings", out_count, &running);
    *out_running = running > 0;
    return err;
}

struct err store_cancel(struct db *db, int64_t submission_id, int64_t *out_count, bool *out_timing)
{
    int64_t timings = 0;
    sqlite3_stmt *ask = db_prepare(
        db, "SELECT count(*), coalesce(sum(j.kind = 'time' AND j.generation = s.generation), 0)"
            " FROM job j JOIN submission s ON s.id = j.submission_id WHERE s.id = ?1");
    db_bind_int(ask, 1, submission_id);
    struct err err = ask_two(db, ask, "look at a submission's jobs", out_count, &timings);
    *out_timing = timings > 0;
    if (err_is(err) || *out_count == 0 || *out_timing)
        return err;
    static const char *const steps[] = {
        "UPDATE grading SET stage = 'cancelled', code = 'cancelled', finished_at ="
        " unixepoch() * 1000000 WHERE submission_id = ?1 AND generation IN"
        " (SELECT generation FROM job WHERE submission_id = ?1)",
        "UPDATE submission SET stage = 'cancelled' WHERE id = ?1 AND generation IN"
        " (SELECT generation FROM job WHERE submission_id = ?1)",
        "DELETE FROM job WHERE submission_id = ?1",
    };
    for (size_t i = 0; i < COUNT(steps) && !err_is(err); i++)
        err = run(db, steps[i], submission_id, "cancel a submission");
    return err;
}

struct err store_review_set(struct db *db, int64_t submission_id, const char *why)
{
    sqlite3_stmt *set = db_prepare(db, "UPDATE submission SET review = ?2,"
                                       " hold = iif(?2 IS NULL, 0, hold) WHERE id = ?1");
    db_bind_int(set, 1, submission_id);
    db_bind_text(set, 2, why);
    return db_run(db, set, "mark a submission");
}

static struct err run(struct db *db, const char *sql, int64_t submission_id, const char *doing)
{
    sqlite3_stmt *step = db_prepare(db, sql);
    db_bind_int(step, 1, submission_id);
    return db_run(db, step, doing);
}

/* Two numbers of the first row; untouched where there is none. */
static struct err ask_two(struct db *db, sqlite3_stmt *ask, const char *doing, int64_t *out_one,
                          int64_t *out_other)
{
    bool found = false;
    struct err err = db_step(db, ask, &found, doing);
    if (!err_is(err) && found) {
        *out_one = sqlite3_column_int64(ask, 0);
        *out_other = sqlite3_column_int64(ask, 1);
    }
    db_done(ask);
    return err;
}
