/* The steps of a life on their way to the disk: nobody is told of one before its COMMIT. */
#include "grader/life.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <stdlib.h>

struct step;
static struct err step_run(struct write *write, struct db *db);
static void step_done(struct write *write, struct err err);
static void on_again(uv_timer_t *timer);
static void on_again_closed(uv_handle_t *handle);
static void life_written(struct life *life, const struct step *step);
static void life_count(const struct life *life, const struct step *step);
static void life_count_end(const struct life *life);
static struct err failure_run(struct write *write, struct db *db);
static void failure_done(struct write *write, struct err err);

#define RETRY_WRITE_MS 1000

/* A finished job on its way to the disk. */
struct step {
    struct write write;
    struct life *life;
    struct grading_step what;
    bool fresh;
    int64_t time_job;
    uv_timer_t again; /* the disk was full: the same step once more */
};

/* A failed run to be counted. */
struct failure {
    struct write write;
    int64_t job_id;
    bool worker_died;
};

void life_write(struct life *life, enum stage stage, bool then_time)
{
    struct step *step = calloc(1, sizeof *step);
    if (step == NULL)
        abort(); /* nothing is lost: the job is in the database and runs again after the restart */
    life->submissions->writing++;
    step->write = (struct write){.run = step_run, .done = step_done};
    step->life = life;
    step->what = (struct grading_step){.job = &life->job,
                                       .stage = stage,
                                       .code = life->report->code,
                                       .message = life->report->message,
                                       .events = life->fresh.at,
                                       .spec = life->report->spec,
                                       .report = life->report,
                                       .then_time = then_time,
                                       .now_at = clock_utc_us()};
    writer_push(life->submissions->grader->writer, &step->write);
}

/* On the writer thread; until step_done the loop changes nothing that it reads. */
static struct err step_run(struct write *write, struct db *db)
{
    struct step *step = (struct step *)write;
    return store_grading_step(db, &step->what, &step->fresh, &step->time_job);
}

static void step_done(struct write *write, struct err err)
{
    struct step *step = (struct step *)write;
    struct life *life = step->life;
    struct submissions *submissions = life->submissions;
    if (err_is(err)) { /* a full disk, say: keep the result and try until there is room */
        log_err("submission.write", err);
        step->again.data = step;
        (void)uv_timer_init(submissions->grader->loop, &step->again); /* cannot fail */
        (void)uv_timer_start(&step->again, on_again, RETRY_WRITE_MS, 0);
        return;
    }
    submissions->writing--;
    if (step->fresh)
        life_written(life, step);
    else
        life_overtaken(life);
    free(step);
    submissions_end(submissions);
}

static void on_again(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_again_closed);
}

static void on_again_closed(uv_handle_t *handle)
{
    struct step *step = handle->data;
    struct submissions *submissions = step->life->submissions;
    if (!submissions->stopping) {
        writer_push(submissions->grader->writer, &step->write);
        return;
    }
    submissions->writing--; /* the job stays in the database and runs again */
    free(step);
    submissions_end(submissions);
}

static void life_written(struct life *life, const struct step *step)
{
    life->row.stage = life->report->stage = step->what.stage;
    if (step->what.stage == STAGE_GRADED && *life->report->beyond != 0 && !life->row.practice)
        life->row.review = life->report->review = true; /* as its grading was written */
    life_count(life, step);
    log_line(LOG_INFO, "submission.stage", "id=%lld stage=%s score=%lld", (long long)life->row.id,
             stage_word(life->report->stage), (long long)life->report->points.score);
    buf_append(&life->kept, life->fresh.at, life->fresh.size);
    buf_clear(&life->fresh);
    life->fresh_shown = 0;
    if (!step->what.then_time) {
        life_count_end(life);
        life_history(life); /* this one counts now */
        life_tell(life);
        life_free(life);
        return;
    }
    life->job = (struct job_row){.id = step->time_job,
                                 .submission_id = life->row.id,
                                 .generation = life->job.generation,
                                 .kind = JOB_TIME,
                                 .lane = life->job.lane,
                                 .queued_at = step->what.now_at};
    life_seen(life->submissions, step->time_job);
    life_tell(life);
    life_queue(life);
}

/* What is committed, counted for /metrics. */
static void life_count(const struct life *life, const struct step *step)
{
    struct metrics *metrics = &life->submissions->grader->metrics;
    const struct report *report = life->report;
    int64_t took_us = step->what.now_at - life->row.received_at;

    if (life->job.generation > 1)
        return; /* a regrade, or released: it was received long ago */
    if (life->job.kind == JOB_CHECK)
        metrics_took(&metrics->to_checked, took_us);
    if (!stage_is_final(report->stage))
        return;
    metrics_took(&metrics->to_end, took_us);
    metrics->ended[report->stage]++;
    for (int i = 0; i < report->spec->cases_count; i++)
        if (report->has_case[i])
            metrics->verdicts[report->cases[i].verdict]++;
}

static void life_count_end(const struct life *life)
{
    struct submissions_counters *counters = &life->submissions->counters;
    counters->finished++;
    counters->parked += life->report->stage == STAGE_SYSTEM_ERROR;
    counters->superseded += life->report->stage == STAGE_SUPERSEDED;
}

/* Somebody else took the job out of the database: what stands there counts, not this run. */
void life_overtaken(struct life *life)
{
    struct submissions *submissions = life->submissions;
    struct report *report = NULL;
    bool found = false;
    log_line(LOG_WARN, "job.overtaken", "id=%lld job=%lld", (long long)life->row.id,
             (long long)life->job.id);
    life_hide(life); /* so that the report comes from the database */
    struct err err = submissions_report(submissions, life->row.id, &report, NULL, &found);
    if (!err_is(err) && found) {
        submissions_report_free(life->report);
        life->report = report;
    }
    if (!stage_is_final(life->report->stage))
        life->report->stage = STAGE_SYSTEM_ERROR; /* whoever waits is not left waiting */
    life_tell(life);
    life_free(life);
    submissions->left_behind = true; /* perhaps there is another job for it */
}

void life_count_failure(struct life *life, bool worker_died)
{
    struct failure *failure = calloc(1, sizeof *failure);
    if (failure == NULL)
        return; /* counted in memory all the same */
    failure->write = (struct write){.run = failure_run, .done = failure_done};
    failure->job_id = life->job.id;
    failure->worker_died = worker_died;
    writer_push(life->submissions->grader->writer, &failure->write);
}

static struct err failure_run(struct write *write, struct db *db)
{
    const struct failure *failure = (const struct failure *)write;
    return store_job_failed(db, failure->job_id, failure->worker_died);
}

static void failure_done(struct write *write, struct err err)
{
    if (err_is(err))
        log_err("job.count_failure", err);
    free(write);
}
