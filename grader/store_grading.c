/* Gradings, their measurements, and the queue that survives a restart. */
#include "grader/report.h"
#include "grader/store.h"
#include "grader/store_parts.h"

#include <stdio.h>
#include <string.h>

static struct err job_take_away(struct db *db, int64_t job_id, bool *out_was_there);
static struct err grading_write(struct db *db, const struct grading_step *step,
                                int64_t *out_grading);
static struct err cases_write(struct db *db, const struct grading_step *step, int64_t grading_id);
static struct err retime_apply(struct db *db, const struct grading_step *step);
static struct err stage_write(struct db *db, const struct grading_step *step);
static struct err review_write(struct db *db, const struct grading_step *step);
static struct err time_job_add(struct db *db, const struct grading_step *step, int64_t *out_job);

const char *const job_lane_words[] = {"live", "regrade", "practice", NULL};

struct err store_jobs(struct db *db, void (*each)(void *context, const struct job_row *row),
                      void *context)
{
    sqlite3_stmt *list = db_prepare(db, "SELECT id, submission_id, generation, kind, tries, deaths,"
                                        " queued_at, lane FROM job ORDER BY id");
    bool row = true;
    int lane = 0;
    struct err err = err_none();
    while (row) {
        err = db_step(db, list, &row, "read the queue");
        if (!err_is(err) && row)
            err = store_word(list, 7, job_lane_words, &lane);
        if (err_is(err) || !row)
            break;
        char kind[8];
        db_copy_text(list, 3, kind, sizeof kind);
        struct job_row job = {.id = sqlite3_column_int64(list, 0),
                              .submission_id = sqlite3_column_int64(list, 1),
                              .generation = sqlite3_column_int64(list, 2),
                              .kind = strcmp(kind, "time") == 0 ? JOB_TIME : JOB_CHECK,
                              .lane = (enum job_lane)lane,
                              .tries = sqlite3_column_int64(list, 4),
                              .deaths = sqlite3_column_int64(list, 5),
                              .queued_at = sqlite3_column_int64(list, 6)};
        each(context, &job);
    }
    db_done(list);
    return err;
}

struct err store_job_newest(struct db *db, int64_t *out_id)
{
    sqlite3_stmt *newest = db_prepare(db, "SELECT coalesce(max(id), 0) FROM job");
    bool row = false;
    struct err err = db_step(db, newest, &row, "look at the queue");
    if (!err_is(err) && row)
        *out_id = sqlite3_column_int64(newest, 0);
    db_done(newest);
    return err;
}

struct err store_grading_step(struct db *db, const struct grading_step *step, bool *out_fresh,
                              int64_t *out_time_job)
{
    int64_t grading_id = 0;
    struct err err = job_take_away(db, step->job->id, out_fresh);
    if (err_is(err) || !*out_fresh)
        return err;
    err = grading_write(db, step, &grading_id);
    if (!err_is(err))
        err = cases_write(db, step, grading_id);
    if (!err_is(err))
        err = stage_write(db, step);
    if (!err_is(err) && step->stage == STAGE_GRADED && *step->report->beyond != 0)
        err = review_write(db, step);
    if (!err_is(err) && step->stage == STAGE_GRADED)
        err = retime_apply(db, step);
    if (!err_is(err) && step->then_time)
        err = time_job_add(db, step, out_time_job);
    return err;
}

struct err store_grading_put(struct db *db, const struct grading_step *step)
{
    int64_t grading_id = 0;
    struct err err = grading_write(db, step, &grading_id);
    return err_is(err) ? err : cases_write(db, step, grading_id);
}

struct err store_job_failed(struct db *db, int64_t job_id, bool worker_died)
{
    sqlite3_stmt *count = db_prepare(db, "UPDATE job SET tries = tries + 1, deaths = deaths + ?2"
                                         " WHERE id = ?1");
    db_bind_int(count, 1, job_id);
    db_bind_int(count, 2, worker_died);
    return db_run(db, count, "count a failed run");
}

struct err store_grading_get(struct db *db, int64_t submission_id, int64_t generation,
                             struct grading_row *out, struct buf *out_events, bool *out_found)
{
    sqlite3_stmt *get =
        db_prepare(db, "SELECT stage, code, message, coalesce(finished_at, 0), events,"
                       " coalesce(spec_hash, ''), key, coalesce(score, -1) FROM grading"
                       " WHERE submission_id = ?1 AND generation = ?2");
    db_bind_int(get, 1, submission_id);
    db_bind_int(get, 2, generation);
    struct err err = db_step(db, get, out_found, "read a grading");
    if (err_is(err) || !*out_found)
        return err;

    char stage[24];
    *out = (struct grading_row){.finished_at = sqlite3_column_int64(get, 3),
                                .score = sqlite3_column_int64(get, 7)};
    db_copy_text(get, 0, stage, sizeof stage);
    db_copy_text(get, 1, out->code, sizeof out->code);
    db_copy_text(get, 2, out->message, sizeof out->message);
    db_copy_text(get, 5, out->spec_hash, sizeof out->spec_hash);
    out->has_key = sqlite3_column_bytes(get, 6) == (int)sizeof out->key;
    if (out->has_key)
        memcpy(out->key, sqlite3_column_blob(get, 6), sizeof out->key);
    buf_append(out_events, sqlite3_column_text(get, 4), (size_t)sqlite3_column_bytes(get, 4));
    db_done(get);
    if (out_events->failed)
        return err_make(ERR_LIMIT, "measurements of submission %lld", (long long)submission_id);
    if (!stage_from_word(&out->stage, stage))
        return err_make(ERR_INTERNAL, "submission %lld has stage '%s'", (long long)submission_id,
                        stage);
    return err_none();
}

struct err store_equal_timing(struct db *db, const struct equal_timing *wish, struct speed *out,
                              bool *out_found)
{
    char said[96]; /* as worker/wire.h writes it into the measurements */
    (void)snprintf(said, sizeof said, "\"object\":\"%.64s\"", wish->object); /* fits */
    sqlite3_stmt *get = db_prepare(
        db, "SELECT c.speedup, c.low, c.high FROM submission s JOIN grading g"
            " ON g.submission_id = s.id AND g.generation = s.generation"
            " JOIN case_result c ON c.grading_id = g.id AND c.name = ?4"
            " WHERE s.membership_id = ?1 AND s.offering_id = ?2 AND s.id < ?3 AND s.practice = 0"
            " AND s.stage = 'graded' AND c.speedup IS NOT NULL AND g.spec_hash = ?5"
            " AND g.class = ?6 AND instr(g.events, ?7) > 0 ORDER BY s.id DESC LIMIT 1");
    db_bind_int(get, 1, wish->row->membership_id);
    db_bind_int(get, 2, wish->row->offering_id);
    db_bind_int(get, 3, wish->row->id);
    db_bind_text(get, 4, wish->case_name);
    db_bind_text(get, 5, wish->spec_hash);
    db_bind_text(get, 6, wish->class_name);
    db_bind_text(get, 7, said);
    struct err err = db_step(db, get, out_found, "look for an equal program");
    if (!err_is(err) && *out_found)
        *out = (struct speed){.speedup = sqlite3_column_double(get, 0),
                              .low = sqlite3_column_double(get, 1),
                              .high = sqlite3_column_double(get, 2)};
    db_done(get);
    return err;
}

/* The row of the queue is the licence to write: whoever deletes it first writes the grading. */
static struct err job_take_away(struct db *db, int64_t job_id, bool *out_was_there)
{
    sqlite3_stmt *take = db_prepare(db, "DELETE FROM job WHERE id = ?1");
    db_bind_int(take, 1, job_id);
    struct err err = db_run(db, take, "finish a job");
    *out_was_there = !err_is(err) && sqlite3_changes(db->handle) == 1;
    return err;
}

static struct err grading_write(struct db *db, const struct grading_step *step,
                                int64_t *out_grading)
{
    sqlite3_stmt *write = db_prepare(
        db, "UPDATE grading SET stage = ?3, code = ?4, message = ?5, "
            " events = CASE ?14 WHEN 'time' THEN events || ?6 ELSE ?6 END,"
            " score = ?7, max_score = ?8, speedup = ?9, low = ?10, high = ?11,"
            " checked_at = coalesce(checked_at, ?12), finished_at = ?13, spec_hash = ?15,"
            " class = coalesce(?16, class), worker = coalesce(?17, worker), split = ?18,"
            " target = ?19"
            " WHERE submission_id = ?1 AND generation = ?2 RETURNING id");
    const struct rubric_result *points = &step->report->points;
    bool scored = step->stage == STAGE_GRADED || step->stage == STAGE_CHECKED;
    db_bind_int(write, 1, step->job->submission_id);
    db_bind_int(write, 2, step->job->generation);
    db_bind_text(write, 3, stage_word(step->stage));
    db_bind_text(write, 4, step->code);
    db_bind_text(write, 5, step->message);
    db_bind_text(write, 6, step->events);
    if (scored) {
        db_bind_int(write, 7, points->score);
        db_bind_int(write, 8, points->max_score);
    }
    if (scored && points->has_speed) {
        db_bind_real(write, 9, points->speedup);
        db_bind_real(write, 10, points->low);
        db_bind_real(write, 11, points->high);
    }
    db_bind_int(write, 12, step->now_at);
    if (stage_is_final(step->stage))
        db_bind_int(write, 13, step->now_at);

    db_bind_text(write, 14, step->job->kind == JOB_TIME ? "time" : "check");
    db_bind_text(write, 15, step->spec->hash);
    db_bind_int(write, 18, step->report->split);
    if (step->report->has_hello) {
        db_bind_real(write, 19, step->report->target);
        db_bind_text(write, 16, step->report->hello.class_name);
        db_bind_text(write, 17, step->report->hello.worker);
    }

    bool row = false;
    struct err err = db_step(db, write, &row, "write a grading");
    if (err_is(err))
        return err;
    if (!row)
        return err_make(ERR_INTERNAL, "no grading %lld of submission %lld",
                        (long long)step->job->generation, (long long)step->job->submission_id);
    *out_grading = sqlite3_column_int64(write, 0);
    return db_run(db, write, "write a grading");
}

static struct err cases_write(struct db *db, const struct grading_step *step, int64_t grading_id)
{
    sqlite3_stmt *put = db_prepare(
        db,
        "INSERT OR REPLACE INTO case_result (grading_id, name, group_name, verdict, error_ratio,"
        " wall_ms, cpu_ms, speedup, low, high)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    const struct report *report = step->report;
    struct err err = err_none();
    const struct spec *const spec = report->spec; /* of its device */
    for (int i = 0; i < spec->cases_count && !err_is(err); i++) {
        bool timed = report->has_timed[i];
        if (!report->has_case[i] && !timed)
            continue;
        const struct wire_case *one = timed ? &report->timed[i].check : &report->cases[i];
        db_bind_int(put, 1, grading_id);
        db_bind_text(put, 2, spec->cases[i].name);
        db_bind_text(put, 3, spec->groups[spec->cases[i].group].name);
        db_bind_text(put, 4, verdict_word(one->verdict));
        if (one->has_error_ratio)
            db_bind_real(put, 5, one->error_ratio);
        if (one->wall_ms >= 0)
            db_bind_real(put, 6, one->wall_ms);
        if (one->cpu_ms >= 0)
            db_bind_real(put, 7, one->cpu_ms);
        if (timed && report->timed[i].measured) {
            db_bind_real(put, 8, report->timed[i].speedup);
            db_bind_real(put, 9, report->timed[i].low);
            db_bind_real(put, 10, report->timed[i].high);
        }
        err = db_run(db, put, "write a case's result");
    }
    return err;
}

/* A timing that was asked for once more counts if it is over and its interval is the narrower one.
 */
static struct err retime_apply(struct db *db, const struct grading_step *step)
{
    sqlite3_stmt *apply = db_prepare(
        db, "UPDATE submission SET generation = ?2 WHERE id = ?1 AND generation < ?2"
            " AND stage = 'graded' AND EXISTS (SELECT 1 FROM grading n JOIN grading o"
            "  ON o.submission_id = n.submission_id AND o.generation = submission.generation"
            "  WHERE n.submission_id = ?1 AND n.generation = ?2 AND n.retime = 1"
            "  AND n.stage = 'graded' AND n.speedup > 0"
            "  AND coalesce(n.spec_hash, '') = coalesce(o.spec_hash, '') AND (o.speedup IS NULL"
            "  OR (n.high - n.low) / n.speedup < (o.high - o.low) / o.speedup))");
    db_bind_int(apply, 1, step->job->submission_id);
    db_bind_int(apply, 2, step->job->generation);
    return db_run(db, apply, "let a quieter timing count");
}

static struct err stage_write(struct db *db, const struct grading_step *step)
{
    sqlite3_stmt *write = db_prepare(db, "UPDATE submission SET stage = ?2 WHERE id = ?1"
                                         " AND generation = ?3");
    db_bind_int(write, 1, step->job->submission_id);
    db_bind_text(write, 2, stage_word(step->stage));
    db_bind_int(write, 3, step->job->generation);
    return db_run(db, write, "write a stage");
}

/* Faster than the machine can be: no rank and no grade before a TA has looked. */
static struct err review_write(struct db *db, const struct grading_step *step)
{
    sqlite3_stmt *write =
        db_prepare(db, "UPDATE submission SET review = coalesce(review, ?2) WHERE id = ?1"
                       " AND practice = 0");
    db_bind_int(write, 1, step->job->submission_id);
    db_bind_text(write, 2, step->report->beyond);
    return db_run(db, write, "send a submission to review");
}

static struct err time_job_add(struct db *db, const struct grading_step *step, int64_t *out_job)
{
    sqlite3_stmt *add = db_prepare(db, "INSERT INTO job (submission_id, generation, kind,"
                                       " lane, queued_at) VALUES (?1, ?2, 'time', ?4, ?3)");
    db_bind_int(add, 1, step->job->submission_id);
    db_bind_int(add, 2, step->job->generation);
    db_bind_int(add, 3, step->now_at);
    db_bind_text(add, 4, job_lane_words[step->job->lane]);
    struct err err = db_run(db, add, "queue a timing");
    if (!err_is(err))
        *out_job = sqlite3_last_insert_rowid(db->handle);
    return err;
}
