/* A life from its beginning to a worker: in the queue, superseded, given out; and whoever watches.
 * life_run.c goes on with what the worker says, life_write.c with what is committed. */
#include "grader/life.h"

#include "grader/intake.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_gpu_timing(const struct life *life);
static void life_needs(struct life *life);
static void life_place(struct life *life);
static void supersede(void *context, struct queue_ticket *ticket);
static struct err life_give(struct life *life, size_t seat);
static enum queue_class class_of(const struct life *life);

#define EVENTS_MAX ((size_t)8 << 20) /* measurements of one grading; a case is a few KiB */

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
    list_init(&life->by_id);
    list_init(&life->ticket.link);

    struct grading_row grading;
    bool found = false;
    struct err err = err_none();
    if (job->kind == JOB_TIME || job->generation > 1)
        err = store_grading_get(&submissions->grader->reader, row->id, job->generation, &grading,
                                &life->kept, &found);
    if (found && grading.has_key)
        memcpy(life->row.key, grading.key, sizeof grading.key);
    /* The assignment was edited between check and clock: both once more, by the same file. */
    if (found && job->kind == JOB_TIME && grading.spec_hash[0] != 0 &&
        strcmp(grading.spec_hash, spec->hash) != 0)
        life->job.kind = JOB_CHECK;
    if (life->job.kind == JOB_CHECK)
        buf_clear(&life->kept); /* a check starts from nothing, whatever was measured before */
    if (!err_is(err))
        life->report = report_from_row(spec, row, life->kept.at, life->kept.size);
    if (err_is(err) || life->report == NULL) {
        log_err("submission.load", err);
        life_free(life);
        return NULL;
    }
    list_push(&submissions->lives, &life->link);
    list_push(life_bucket(submissions, row->id), &life->by_id);
    return life;
}

struct list *life_bucket(struct submissions *submissions, int64_t id)
{
    return &submissions->by_id[(uint64_t)id % LIFE_BUCKETS];
}

struct life *life_find(struct submissions *submissions, int64_t id)
{
    list_each (link, life_bucket(submissions, id)) {
        struct life *life = list_of(link, struct life, by_id);
        if (life->row.id == id)
            return life;
    }
    return NULL;
}

void life_hide(struct life *life)
{
    list_remove(&life->link);
    list_remove(&life->by_id);
}

void life_seen(struct submissions *submissions, int64_t job_id)
{
    if (job_id > submissions->newest_job)
        submissions->newest_job = job_id;
}

void life_free(struct life *life)
{
    life_hide(life);
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
    life_needs(life);
    life->ticket.order = 0;
    life->queued_us = clock_us();
    metrics_stage(&submissions->grader->metrics, &life->clock, life->report->stage,
                  life->queued_us);
    queue_push(&submissions->queue, &life->ticket, clock_ms());
    life_supersede_older(life, life->job.kind);
    life_place(life);
}

bool life_waits_for_gpu(const struct life *life)
{
    return life->row.device == DEVICE_GPU && pool_may(life->submissions->pool, "gpu");
}

static bool is_gpu_timing(const struct life *life)
{
    return life->row.device == DEVICE_GPU && life->job.kind == JOB_TIME;
}

/* Without a GPU anywhere, any worker says "compiled only"; but nobody else can time it. */
static void life_needs(struct life *life)
{
    (void)text_copy(life->ticket.needs, sizeof life->ticket.needs,
                    is_gpu_timing(life) || life_waits_for_gpu(life) ? "gpu" : "cpu");
}

void life_queue(struct life *life)
{
    life_enqueue(life);
    life_dispatch(life->submissions);
}

/* A first word on its place, without sorting everybody: newcomers are last in their class. */
static void life_place(struct life *life)
{
    struct submissions *submissions = life->submissions;
    const struct queue *queue = &submissions->queue;
    size_t ahead = 0;
    for (enum queue_class class = 0; class <= life->ticket.class; class ++)
        ahead += queue->class_waiting[class];
    life->ticket.position = ahead; /* itself among them */
    life->ticket.timings_ahead =
        life->ticket.class == QUEUE_CHECK
            ? 0
            : queue->class_waiting[QUEUE_TIME] - (life->ticket.class == QUEUE_TIME);
    life->report->queue_position = (int64_t)ahead;
    life->model_us = life_model_us(life);
    life->told_us = estimate_told_us(&submissions->estimate, life->model_us);
    life->report->queue_estimate_s = (life->told_us + 999999) / 1000000;
}

int64_t life_model_us(const struct life *life)
{
    const struct submissions *submissions = life->submissions;
    size_t ready = 0;
    size_t workers = 1;
    if (submissions->pool != NULL)
        pool_count(submissions->pool, &ready, &workers);
    const struct queue_ticket *ticket = &life->ticket;
    const struct estimate_line line = {.checks_ahead = ticket->position - 1 - ticket->timings_ahead,
                                       .timings_ahead = ticket->timings_ahead,
                                       .running = submissions->queue.running_count,
                                       .workers = workers,
                                       .timing_alone = submissions->queue.timing_alone,
                                       .timing_runs = submissions->queue.timing_count > 0};
    return estimate_model_us(&submissions->estimate, &line);
}

struct newer {
    const struct life *life;
    enum job_kind kind;
};

/* A late one takes nobody's place: it may be worth less than the one that waits. */
void life_supersede_older(const struct life *life, enum job_kind kind)
{
    struct newer newer = {life, kind};
    const struct submission_row *row = &life->row;
    if (row->due_at != 0 && row->received_at >= intake_minute_end(row->due_at))
        return;
    if (life->row.supersede && life->job.lane == LANE_LIVE)
        queue_each_waiting(&life->submissions->queue, life->row.membership_id, supersede, &newer);
}

static void supersede(void *context, struct queue_ticket *ticket)
{
    const struct newer *newer = context;
    const struct submission_row *row = &newer->life->row;
    struct life *older = list_of(ticket, struct life, ticket);
    if (older->row.id >= row->id || older->row.offering_id != row->offering_id ||
        older->row.device != row->device || older->job.lane != LANE_LIVE ||
        older->job.kind != newer->kind)
        return;
    queue_remove(&older->submissions->queue, ticket);
    (void)text_copy(older->report->code, sizeof older->report->code, "superseded"); /* fits */
    (void)snprintf(older->report->message, sizeof older->report->message,
                   "Your newer submission %lld took its place.", (long long)row->id); /* fits */
    life_write(older, STAGE_SUPERSEDED, false);
}

void life_dispatch(struct submissions *submissions)
{
    const struct wire_hello *hello = NULL;
    size_t seat = 0;
    while (!submissions->stopping && pool_next_free(submissions->pool, &seat, &hello)) {
        /* Where everybody doubts, nobody waits for better days: the refusal ends it, and the
         * student may ask again. */
        char classes[POOL_CLASSES_SIZE];
        const bool may_time = wire_may_time(hello, clock_utc_us()) ||
                              !pool_may_time(submissions->pool, hello->class_name);
        pool_classes(hello, classes);
        struct queue_ticket *ticket =
            queue_take(&submissions->queue, classes, may_time, clock_ms());
        if (ticket == NULL) {
            seat++; /* perhaps another one can do what waits */
            continue;
        }
        struct life *life = list_of(ticket, struct life, ticket);
        struct err err = life_give(life, seat);
        if (!err_is(err))
            continue;
        log_err("job.give", err);
        queue_finish(&submissions->queue, ticket);
        if (err.code == ERR_BUSY || err.code == ERR_SYSTEM) {
            /* nobody's failure: the next tick tries */
            queue_push(&submissions->queue, ticket, clock_ms());
            return;
        }
        life_park(life); /* another try would end as this one */
    }
}

void life_ready(void *context)
{
    life_needs_again(context);
    life_dispatch(context);
}

/* A parked timing has lost its speed points: a driver that is updated, or a worker that fails at
 * its first starts, is not yet the end of a device. */
void life_needs_again(struct submissions *submissions)
{
    const int64_t now_ms = clock_ms();
    int64_t *since_ms = &submissions->no_gpu_since_ms;
    if (pool_may(submissions->pool, "gpu"))
        *since_ms = 0;
    else if (*since_ms == 0)
        *since_ms = now_ms;
    const bool is_gone = *since_ms != 0 && now_ms - *since_ms >= GPU_GONE_MS;
    list_each (link, &submissions->lives) {
        struct life *life = list_of(link, struct life, link);
        const bool waited = queue_fits("gpu", life->ticket.needs);
        const bool stays = is_gpu_timing(life) ? !is_gone : waited == life_waits_for_gpu(life);
        if (!life->ticket.waiting || stays)
            continue;
        queue_remove(&submissions->queue, &life->ticket);
        if (is_gpu_timing(life))
            life_park(life);
        else
            life_line_up(life);
    }
}

void life_line_up(struct life *life)
{
    life_needs(life);
    queue_push(&life->submissions->queue, &life->ticket, clock_ms()); /* keeps its place in line */
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

void life_leave(struct life *life)
{
    while (!list_is_empty(&life->watchers)) {
        struct watch *watch = list_of(life->watchers.next, struct watch, link);
        list_remove(&watch->link);
        if (watch->left != NULL)
            watch->left(watch, life->report);
    }
}

/* Sends the job to a worker that is known to be free. */
static struct err life_give(struct life *life, size_t seat)
{
    struct submissions *submissions = life->submissions;
    auto_buf struct buf source = buf_of(WIRE_FRAME_MAX);
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
    err = pool_give(submissions->pool, seat, &job, &life->ticket);
    if (err_is(err))
        return err;

    life->started_us = clock_us();
    if (life->queued_us > 0) /* the first time; a repeat after a failure was never foretold */
        estimate_waited(&submissions->estimate, life->model_us, life->told_us,
                        life->started_us - life->queued_us);
    life->queued_us = 0;
    life->report->queue_position = 0;
    life->report->stage = life->job.kind == JOB_TIME ? STAGE_TIMING : STAGE_COMPILING;
    log_line(LOG_INFO, "submission.stage", "id=%lld stage=%s", (long long)life->row.id,
             stage_word(life->report->stage));
    life_tell(life);
    return err_none();
}

static enum queue_class class_of(const struct life *life)
{
    if (life->job.lane == LANE_PRACTICE)
        return QUEUE_PRACTICE;
    if (life->job.lane == LANE_REGRADE)
        return QUEUE_REGRADE;
    return life->job.kind == JOB_TIME ? QUEUE_TIME : QUEUE_CHECK;
}
