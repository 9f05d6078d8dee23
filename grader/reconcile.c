/* Every second: places in line for those who watch, and a look whether the database holds jobs that
 * nobody here knows of; every 30 s both sides are compared in full. A job without a life gets one
 * (left behind by a crash, or put there by a command); a life that waits for a job that is no
 * longer there ends. */
#include "grader/life.h"
#include "grader/roll.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <stdlib.h>

static void on_tick(uv_timer_t *timer);
static void tell_places(struct submissions *submissions);
static void look_for_strangers(struct submissions *submissions);
static void on_job(void *context, const struct job_row *job);
static void adopt(struct submissions *submissions, const struct job_row *job);
static void drop_orphans(struct submissions *submissions);

#define TICK_MS 1000
#define EVERYTHING_MS 30000

void reconcile_start(struct submissions *submissions)
{
    (void)uv_timer_init(submissions->grader->loop, &submissions->tick); /* cannot fail */
    submissions->tick.data = submissions;
    (void)uv_timer_start(&submissions->tick, on_tick, TICK_MS, TICK_MS);
}

struct err reconcile(struct submissions *submissions)
{
    submissions->left_behind = false;
    submissions->looked_at_ms = clock_ms();
    submissions->round++;
    struct err err = store_jobs(&submissions->grader->reader, on_job, submissions);
    if (err_is(err))
        submissions->left_behind = true; /* again at the next tick */
    else
        drop_orphans(submissions);
    return err;
}

static void on_tick(uv_timer_t *timer)
{
    struct submissions *submissions = timer->data;
    tell_places(submissions);
    look_for_strangers(submissions);
    roll_call(submissions->roll, submissions->pool);
    life_needs_again(submissions);
    life_dispatch(submissions);
}

/* Places change when others finish; those who watch are told at most once a second. */
static void tell_places(struct submissions *submissions)
{
    bool numbered = false;
    list_each (link, &submissions->lives) {
        struct life *life = list_of(link, struct life, link);
        if (list_is_empty(&life->watchers) || !life->ticket.waiting)
            continue;
        if (!numbered)
            queue_number(&submissions->queue);
        numbered = true;
        int64_t place = (int64_t)life->ticket.position;
        if (place == life->report->queue_position)
            continue;
        life->report->queue_position = place;
        life->report->queue_estimate_s =
            (estimate_told_us(&submissions->estimate, life_model_us(life)) + 999999) / 1000000;
        life_tell(life);
    }
}

static void look_for_strangers(struct submissions *submissions)
{
    int64_t newest = 0;
    int64_t changes = submissions->changes;
    bool due = clock_ms() - submissions->looked_at_ms >= EVERYTHING_MS;
    struct err err = store_job_newest(&submissions->grader->reader, &newest);
    if (!err_is(err))
        err = store_changes_read(&submissions->grader->reader, &changes);
    due = due || submissions->left_behind || changes != submissions->changes;
    submissions->changes = changes;
    if (!err_is(err) && (due || newest > submissions->newest_job))
        err = reconcile(submissions);
    if (err_is(err))
        log_err("queue.look_again", err);
}

/* While something accepted is between COMMIT and its life, its job looks like a stranger's: those
 * are newer than all that was heard of. */
static void on_job(void *context, const struct job_row *job)
{
    struct submissions *submissions = context;
    struct life *life = life_find(submissions, job->submission_id);
    if (life != NULL)
        life->round = life->job.id == job->id ? submissions->round : life->round;
    else if (submissions->accepting > 0 && job->id > submissions->newest_job)
        submissions->left_behind = true;
    else
        adopt(submissions, job);
}

/* Without counting it as a try. */
static void adopt(struct submissions *submissions, const struct job_row *job)
{
    struct submission_row row;
    bool found = false;
    life_seen(submissions, job->id);
    struct err err =
        store_submission_get(&submissions->grader->reader, job->submission_id, &row, &found);
    if (!err_is(err) && found) /* whatever is graded, is by the rules of today */
        err = store_submission_rules(&submissions->grader->reader, &row);
    if (err_is(err) || !found) {
        log_err("queue.restore", err);
        submissions->left_behind = true;
        return;
    }
    struct life *life = life_new(submissions, &row, job);
    if (life == NULL) { /* memory may come back, an assignment does not */
        submissions->left_behind = grader_spec(submissions->grader, row.assignment) != NULL;
        return;
    }
    submissions->counters.adopted++;
    life->round = submissions->round;
    life_history(life);
    log_line(LOG_INFO, "queue.restore", "id=%lld job=%lld", (long long)row.id, (long long)job->id);
    life_enqueue(life);
}

/* A COMMIT that took a job away is always told to its life, except when another process did it. */
static void drop_orphans(struct submissions *submissions)
{
    list_each (link, &submissions->lives) {
        struct life *life = list_of(link, struct life, link);
        if (!life->ticket.waiting || life->round == submissions->round)
            continue;
        queue_remove(&submissions->queue, &life->ticket);
        life_overtaken(life);
    }
}
