/* What happens to a submission between its acceptance and its report. */
#include "grader/life.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct step;
static struct err life_give(struct life *life);
static void life_keep(struct life *life, const struct event *event);
static void life_done(struct life *life, const struct wire_done *done, enum stage before);
static enum stage stage_after(const struct life *life, enum outcome outcome);
static void life_fail(struct life *life, bool worker_died, const char *why);
static void life_park(struct life *life);
static bool life_forget_run(struct life *life);
static void life_write(struct life *life, enum stage stage, bool then_time);
static struct err step_run(struct write *write, struct db *db);
static void step_done(struct write *write, struct err err);
static void on_again(uv_timer_t *timer);
static void on_again_closed(uv_handle_t *handle);
static void life_written(struct life *life, const struct step *step);
static void life_count(const struct life *life, const struct step *step);
static void life_overtaken(struct life *life);
static void failure_count(struct life *life, bool worker_died);
static struct err failure_run(struct write *write, struct db *db);
static void failure_done(struct write *write, struct err err);
static enum queue_class class_of(const struct life *life);

#define EVENTS_MAX ((size_t)8 << 20) /* measurements of one grading; a case is a few KiB */
#define TRIES_MAX 3                  /* runs that ended in our own failure */
#define DEATHS_MAX 2                 /* workers that vanished while they held it */
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

struct life *life_new(struct submissions *submissions, const struct submission_row *row,
                      const struct job_row *job)
{
    const struct spec *spec = grader_spec(submissions->grader, row->assignment);
    if (spec == NULL) {
        log_line(LOG_ERROR, "submission.no_assignment", "id=%lld assignment=%s", (long long)row->id,
                 row->assignment);
        return NULL;
    }
    struct life *life = calloc(1, sizeof *life);
    if (life == NULL)
        return NULL;
    life->submissions = submissions;
    life->row = *row;
    life->job = *job;
    buf_init(&life->kept, 2 * EVENTS_MAX); /* of a check and of its timing */
    buf_init(&life->fresh, EVENTS_MAX);
    list_init(&life->watchers);
    list_init(&life->link);
    list_init(&life->ticket.link);

    struct grading_row grading;
    bool found = false;
    struct err err = err_none();
    if (job->kind == JOB_TIME) /* a check starts from nothing, whatever was measured before */
        err = store_grading_get(&submissions->grader->reader, row->id, job->generation, &grading,
                                &life->kept, &found);
    if (!err_is(err))
        life->report = report_from_row(spec, row, life->kept.at, life->kept.size);
    if (err_is(err) || life->report == NULL) {
        log_err("submission.load", err);
        life_free(life);
        return NULL;
    }
    list_push(&submissions->lives, &life->link);
    return life;
}

void life_free(struct life *life)
{
    list_remove(&life->link);
    list_each (link, &life->watchers) {
        list_remove(link); /* nobody can come back to it here */
    }
    submissions_report_free(life->report);
    buf_release(&life->kept);
    buf_release(&life->fresh);
    free(life);
}

void life_enqueue(struct life *life)
{
    struct submissions *submissions = life->submissions;
    life->report->stage = life->job.kind == JOB_TIME ? STAGE_CHECKED : STAGE_QUEUED;
    life->ticket.person = life->row.membership_id;
    life->ticket.class = class_of(life);
    life->ticket.is_timing = life->job.kind == JOB_TIME;
    life->ticket.order = 0;
    metrics_stage(&submissions->grader->metrics, &life->clock, life->report->stage, clock_us());
    queue_push(&submissions->queue, &life->ticket);
}

void life_queue(struct life *life)
{
    life_enqueue(life);
    life_dispatch(life->submissions);
}

void life_dispatch(struct submissions *submissions)
{
    while (!submissions->stopping && pool_has_free(submissions->pool)) {
        struct queue_ticket *ticket = queue_take(&submissions->queue);
        if (ticket == NULL)
            return;
        struct life *life = list_of(ticket, struct life, ticket);
        struct err err = life_give(life);
        if (!err_is(err))
            continue;
        log_err("job.give", err);
        queue_finish(&submissions->queue, ticket);
        if (err.code == ERR_BUSY || err.code == ERR_SYSTEM) {
            queue_push(&submissions->queue, ticket); /* nobody's failure: the next tick tries */
            return;
        }
        life_park(life); /* another try would end as this one */
    }
}

void life_event(void *context, void *ticket, struct event *event, const struct wire_hello *hello)
{
    struct life *life = list_of(ticket, struct life, ticket);
    (void)context;
    if (life->fresh.size == 0) { /* who measures belongs to the measurements */
        struct event who = {.kind = EVENT_HELLO, .hello = *hello};
        life_keep(life, &who);
        report_apply(life->report, &who);
        life->report->target = spec_target(life->report->spec, hello->class_name);
    }
    life_keep(life, event);

    if (event->kind == EVENT_DONE) {
        enum stage before = life->report->stage;
        struct wire_done done = event->done;
        report_apply(life->report, event);
        life_done(life, &done, before);
        return;
    }
    life->fresh_shown = life->fresh.size;
    report_apply(life->report, event);
    report_score(life->report);
    life_tell(life);
}

void life_lost(void *context, void *ticket)
{
    struct submissions *submissions = context;
    struct life *life = list_of(ticket, struct life, ticket);
    queue_finish(&submissions->queue, &life->ticket);
    if (submissions->stopping)
        return; /* we ended the worker ourselves; the job waits in the database */
    life_fail(life, true, "the worker vanished");
}

void life_ready(void *context)
{
    life_dispatch(context);
}

/* Whoever is told may take itself or anybody else out of the list: nobody holds on to a next one.
 */
void life_tell(struct life *life)
{
    struct metrics *metrics = &life->submissions->grader->metrics;
    struct list untold;
    metrics_stage(metrics, &life->clock, life->report->stage, clock_us());
    list_init(&untold);
    list_each (link, &life->watchers) {
        list_remove(link);
        list_push(&untold, link);
    }
    while (!list_is_empty(&untold)) {
        struct watch *watch = list_of(untold.next, struct watch, link);
        list_remove(&watch->link);
        list_push(&life->watchers, &watch->link);
        watch->changed(watch, life->report);
    }
}

struct report *report_from_row(const struct spec *spec, const struct submission_row *row,
                               const char *events, size_t size)
{
    struct report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return NULL;
    report_init(report, spec);
    report->id = row->id;
    report->device = row->device;
    report->stage = row->stage;
    report->practice = row->practice;
    report->received_at = row->received_at;
    report->due_at = row->practice ? 0 : row->due_at;
    report->zone_minutes = zone_minutes(row->zone, row->received_at);
    report->due_zone_minutes = zone_minutes(row->zone, row->due_at);
    report->attempts_max = row->practice ? 0 : row->attempts_max;
    if (report->due_at > 0 && row->received_at >= intake_minute_end(report->due_at))
        report->late_seconds = (row->received_at - intake_minute_end(report->due_at)) / 1000000 + 1;
    (void)text_copy(report->file_name, sizeof report->file_name, row->file_name);
    (void)text_copy(report->cohort, sizeof report->cohort, row->cohort);
    (void)text_copy(report->login, sizeof report->login, row->login);
    (void)snprintf(report->url, sizeof report->url, "/s/%lld", (long long)row->id); /* fits */

    unsigned char commitment[32];
    (void)crypto_generichash(commitment, sizeof commitment, row->key, sizeof row->key, NULL, 0);
    text_hex(commitment, sizeof commitment, report->seed_commitment);

    for (size_t at = 0; at < size;) {
        const char *end = memchr(events + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - (events + at)) : size - at;
        struct event event;
        struct err err = wire_get_event(&event, events + at, length);
        if (err_is(err))
            log_err("report.stored_event", err);
        else
            report_apply(report, &event);
        event_release(&event);
        at += length + 1;
    }
    report->target = report->has_hello ? spec_target(spec, report->hello.class_name) : 0;
    report_score(report);
    return report;
}

/* Adds one measurement to what the job's transaction will store. */
static void life_keep(struct life *life, const struct event *event)
{
    struct err err = wire_event_json(&life->fresh, event);
    buf_append(&life->fresh, "\n", 1);
    if (err_is(err) || life->fresh.failed)
        log_line(LOG_ERROR, "job.too_many_measurements", "id=%lld", (long long)life->row.id);
}

/* Sends the job to a worker that is known to be free. */
static struct err life_give(struct life *life)
{
    struct submissions *submissions = life->submissions;
    auto_buf struct buf source;
    buf_init(&source, WIRE_FRAME_MAX);
    struct err err = store_source(&submissions->grader->reader, life->row.source_hash, &source);
    if (err_is(err))
        return err;

    struct job job = {.id = life->job.id,
                      .kind = life->job.kind,
                      .device = life->row.device,
                      .practice = life->row.practice,
                      .source = source.at,
                      .source_size = source.size};
    (void)text_copy(job.assignment, sizeof job.assignment, life->row.assignment);
    (void)text_copy(job.spec_hash, sizeof job.spec_hash, life->report->spec->hash);
    (void)text_copy(job.file_name, sizeof job.file_name, life->row.file_name);
    memcpy(job.key, life->row.key, sizeof job.key);
    err = pool_give(submissions->pool, &job, &life->ticket);
    if (err_is(err))
        return err;

    life->started_us = clock_us();
    life->report->queue_position = 0;
    life->report->stage = life->job.kind == JOB_TIME ? STAGE_TIMING : STAGE_COMPILING;
    log_line(LOG_INFO, "submission.stage", "id=%lld stage=%s", (long long)life->row.id,
             stage_word(life->report->stage));
    life_tell(life);
    return err_none();
}

/* The job is over: what follows? Until that is committed, the stage is what it was before. */
static void life_done(struct life *life, const struct wire_done *done, enum stage before)
{
    struct submissions *submissions = life->submissions;
    int64_t took_us = clock_us() - life->started_us;
    submissions->mean_job_us += (took_us - submissions->mean_job_us) / 8;
    queue_finish(&submissions->queue, &life->ticket);
    report_score(life->report);

    enum stage stage = stage_after(life, done->outcome);
    life->report->stage = before;
    if (done->outcome == OUTCOME_SYSTEM_ERROR)
        life_fail(life, false, done->message);
    else if (life->fresh.failed || life->report->incomplete)
        life_fail(life, false, "its measurements do not fit into memory");
    else if (stage == STAGE_SYSTEM_ERROR)
        life_fail(life, false, outcome_word(done->outcome));
    else
        life_write(life, stage, stage == STAGE_CHECKED);
}

/* What compiled and passed for the check does so for the clock: anything but an answer to the
 * question that was asked is our failure. */
static enum stage stage_after(const struct life *life, enum outcome outcome)
{
    if (life->job.kind == JOB_TIME)
        return outcome == OUTCOME_TIMED ? STAGE_GRADED : STAGE_SYSTEM_ERROR;
    if (outcome == OUTCOME_CHECKED)
        return report_wants_timing(life->report) ? STAGE_CHECKED : STAGE_GRADED;
    if (outcome == OUTCOME_COMPILE_ERROR)
        return STAGE_COMPILE_ERROR;
    return outcome == OUTCOME_COMPILED_ONLY ? STAGE_COMPILED_ONLY : STAGE_SYSTEM_ERROR;
}

/* Our failure, never the student's: once more, or parked for a TA. */
static void life_fail(struct life *life, bool worker_died, const char *why)
{
    char quoted[320];
    text_quote(why, strlen(why), quoted, sizeof quoted);
    log_line(LOG_ERROR, "job.failed", "id=%lld job=%lld tries=%lld worker_died=%d why=%s",
             (long long)life->row.id, (long long)life->job.id, (long long)life->job.tries + 1,
             worker_died, quoted);
    life->job.tries++;
    life->job.deaths += worker_died;
    if (life->job.tries >= TRIES_MAX || life->job.deaths >= DEATHS_MAX) {
        life_park(life);
        return;
    }
    failure_count(life, worker_died);
    if (!life_forget_run(life)) {
        life->submissions->left_behind = true;
        life_free(life);
        return;
    }
    queue_push(&life->submissions->queue, &life->ticket); /* keeps its place in line */
    life_tell(life);
    life_dispatch(life->submissions);
}

static void life_park(struct life *life)
{
    struct report *report = life->report;
    (void)text_copy(report->code, sizeof report->code, "parked"); /* fits */
    (void)text_copy(
        report->message, sizeof report->message,
        "Grading failed on our side. It costs no attempt; a TA has been told."); /* fits */
    life_write(life, STAGE_SYSTEM_ERROR, false);
}

/* Back to what is committed. False: out of memory, nothing has changed. */
static bool life_forget_run(struct life *life)
{
    struct report *old = life->report;
    struct report *report = report_from_row(old->spec, &life->row, life->kept.at, life->kept.size);
    if (report == NULL)
        return false;
    buf_clear(&life->fresh);
    life->fresh_shown = 0;
    life->report = report;
    report->stage = life->job.kind == JOB_TIME ? STAGE_CHECKED : STAGE_QUEUED;
    report->attempt = old->attempt;
    report->attempts_used = old->attempts_used;
    report->best_before = old->best_before;
    submissions_report_free(old);
    return true;
}

static void life_write(struct life *life, enum stage stage, bool then_time)
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
    life_count(life, step);
    log_line(LOG_INFO, "submission.stage", "id=%lld stage=%s score=%lld", (long long)life->row.id,
             stage_word(life->report->stage), (long long)life->report->points.score);
    buf_append(&life->kept, life->fresh.at, life->fresh.size);
    buf_clear(&life->fresh);
    life->fresh_shown = 0;
    if (!step->what.then_time) {
        life_history(life); /* this one counts now */
        life_tell(life);
        life_free(life);
        return;
    }
    life->job = (struct job_row){.id = step->time_job,
                                 .submission_id = life->row.id,
                                 .generation = life->job.generation,
                                 .kind = JOB_TIME,
                                 .queued_at = step->what.now_at};
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
        return; /* a regrade: its submission was received long ago */
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

/* Somebody else took the job out of the database: what stands there counts, not this run. */
static void life_overtaken(struct life *life)
{
    struct submissions *submissions = life->submissions;
    struct report *report = NULL;
    bool found = false;
    log_line(LOG_WARN, "job.overtaken", "id=%lld job=%lld", (long long)life->row.id,
             (long long)life->job.id);
    list_remove(&life->link); /* so that the report comes from the database */
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

static void failure_count(struct life *life, bool worker_died)
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

static enum queue_class class_of(const struct life *life)
{
    if (life->row.practice)
        return QUEUE_PRACTICE;
    return life->job.kind == JOB_TIME ? QUEUE_TIME : QUEUE_CHECK;
}
