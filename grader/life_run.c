/* What a worker says of a life that it holds: measurements, the end, or nothing any more. */
#include "grader/life.h"
#include "grader/words.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <string.h>

static void life_pool(const struct life *life, struct wire_timed *timed);
static void life_keep(struct life *life, const struct event *event);
static void life_done(struct life *life, const struct wire_done *done,
                      const struct wire_hello *hello, enum stage before);
static enum stage stage_after(const struct life *life, enum outcome outcome);
static void life_fail(struct life *life, bool worker_died, const char *why);
static void life_refused(struct life *life, const char *why);
static void life_again(struct life *life);
static bool life_forget_run(struct life *life);

#define TRIES_MAX 3  /* runs that ended in our own failure */
#define DEATHS_MAX 2 /* workers that vanished while they held it */

void life_event(void *context, void *ticket, struct event *event, const struct wire_hello *hello)
{
    struct life *life = list_of(ticket, struct life, ticket);
    (void)context;
    if (life->fresh.size == 0) { /* who measures belongs to the measurements */
        struct event who = {.kind = EVENT_HELLO, .hello = *hello};
        life_keep(life, &who);
        report_apply(life->report, &who);
        life->report->target =
            row_target(life->report->spec, &life->row, life->report->hello.class_name);
    }
    if (event->kind == EVENT_TIMED && event->timed.measured)
        life_pool(life, &event->timed);
    life_keep(life, event);

    if (event->kind == EVENT_DONE) {
        enum stage before = life->report->stage;
        struct wire_done done = event->done;
        report_apply(life->report, event);
        life_done(life, &done, hello, before);
        return;
    }
    life->fresh_shown = life->fresh.size;
    report_apply(life->report, event);
    report_score(life->report);
    life_tell(life);
}

/* The same program timed before, under another text: sending it again for luck gains nothing. */
static void life_pool(const struct life *life, struct wire_timed *timed)
{
    const struct report *report = life->report;
    const char *object = report->compiled.object;
    struct speed all[2] = {{.speedup = timed->speedup, .low = timed->low, .high = timed->high}};
    struct speed pooled;
    bool found = false;
    if (life->row.practice || *object == 0 || timed->index >= report->spec->cases_count)
        return;
    const struct equal_timing wish = {.row = &life->row,
                                      .object = object,
                                      .case_name = report->spec->cases[timed->index].name,
                                      .spec_hash = report->spec->hash,
                                      .class_name = report->hello.class_name};
    struct err err = store_equal_timing(&life->submissions->grader->reader, &wish, &all[1], &found);
    if (err_is(err))
        log_err("submission.pool", err); /* it counts alone then */
    if (err_is(err) || !found || !speed_pool(all, COUNT(all), &pooled))
        return;
    timed->speedup = pooled.speedup;
    timed->low = pooled.low;
    timed->high = pooled.high;
    timed->pooled = 1;
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

/* Adds one measurement to what the job's transaction will store. */
static void life_keep(struct life *life, const struct event *event)
{
    struct err err = wire_event_json(&life->fresh, event);
    buf_append(&life->fresh, "\n", 1);
    if (err_is(err) || life->fresh.failed)
        log_line(LOG_ERROR, "job.too_many_measurements", "id=%lld", (long long)life->row.id);
}

/* The job is over: what follows? Until that is committed, the stage is what it was before. */
static void life_done(struct life *life, const struct wire_done *done,
                      const struct wire_hello *hello, enum stage before)
{
    struct submissions *submissions = life->submissions;
    estimate_ran(&submissions->estimate, life->ticket.is_timing, clock_us() - life->started_us);
    queue_finish(&submissions->queue, &life->ticket);
    report_score(life->report);

    enum stage stage = stage_after(life, done->outcome);
    life->report->stage = before;
    const bool refused = done->outcome == OUTCOME_SYSTEM_ERROR && life->ticket.is_timing &&
                         life->row.device == DEVICE_CPU && !wire_may_time(hello, clock_utc_us());
    if (refused)
        life_refused(life, done->message);
    else if (done->outcome == OUTCOME_SYSTEM_ERROR)
        life_fail(life, false, done->message);
    else if (life->fresh.failed || life->report->incomplete)
        life_fail(life, false, "its measurements do not fit into memory");
    else if (stage == STAGE_SYSTEM_ERROR)
        life_fail(life, false, outcome_word(done->outcome));
    else {
        life_write(life, stage, stage == STAGE_CHECKED);
        if (stage == STAGE_CHECKED) /* now, before the worker that has become free takes it */
            life_supersede_older(life, JOB_TIME);
    }
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
    life_count_failure(life, worker_died);
    life_again(life);
}

/* The worker doubts its machine: nobody failed. Another one takes it, if there is one that does
 * not; a second try here would end as this one. */
static void life_refused(struct life *life, const char *why)
{
    char quoted[320];
    text_quote(why, strlen(why), quoted, sizeof quoted);
    log_line(LOG_WARN, "job.refused", "id=%lld job=%lld why=%s", (long long)life->row.id,
             (long long)life->job.id, quoted);
    if (pool_may_time(life->submissions->pool, life->ticket.needs))
        life_again(life);
    else
        life_park(life);
}

/* Back into the line, at its old place. */
static void life_again(struct life *life)
{
    life->submissions->counters.retried++;
    if (!life_forget_run(life)) {
        life->submissions->left_behind = true;
        life_free(life);
        return;
    }
    struct submissions *submissions = life->submissions;
    life_line_up(life); /* the device that it waited for may be gone */
    if (life->ticket.waiting)
        life_tell(life);
    life_dispatch(submissions);
}

void life_park(struct life *life)
{
    /* What was checked is committed and stays: only its speed is missing, by our fault. */
    bool checked = life->job.kind == JOB_TIME && life_forget_run(life);
    struct report *report = life->report;
    if (checked) {
        (void)text_copy(report->code, sizeof report->code, REPORT_TIMING_FAILED); /* fits */
        (void)text_copy(report->message, sizeof report->message,
                        words_of("timing_failed_message", LANGUAGE_EN)); /* fits */
        report_score(report);
        life_write(life, STAGE_GRADED, false);
        return;
    }
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
    struct report *report = report_from_row(old->whole, &life->row, life->kept.at, life->kept.size);
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
