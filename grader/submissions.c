/* What others ask of submissions: accept and watch; and starting and stopping the whole. Reading is
 * submissions_read.c. */
#include "grader/submissions.h"

#include "grader/life.h"
#include "grader/roll.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry;
static void hold(struct submissions *submissions, const struct intake_question *question,
                 struct refusal *refusal);
static struct err entry_run(struct write *write, struct db *db);
static void entry_done(struct write *write, struct err err);
static void entry_begin_life(const struct entry *entry);
static struct intake_question question_of(const struct submissions *submissions,
                                          const struct membership *who, const char *assignment,
                                          bool practice, int64_t received_at,
                                          enum language language);
static void on_pool_closed(void *context);
static void on_tick_closed(uv_handle_t *handle);

#define RETRY_S ((long long)10)
#define MISSING_RETRY_S 600

/* A wish on its way to the disk. */
struct entry {
    struct write write;
    struct submissions *submissions;
    struct membership who;
    struct submission_row row;
    char *source;
    size_t source_size;
    enum language language;
    accepted_fn done;
    void *context;
    struct accepted answer;
    int64_t job_id;
};

struct err submissions_start(struct submissions **out, struct grader *grader,
                             const struct submissions_settings *settings)
{
    struct submissions *submissions = calloc(1, sizeof *submissions);
    if (submissions == NULL)
        return err_make(ERR_SYSTEM, "start submissions");
    submissions->grader = grader;
    submissions->rules = (struct intake_rules){settings->rate_count, settings->rate_window_s,
                                               settings->practice_rate_count, settings->queue_max};
    estimate_init(&submissions->estimate);
    /* Of two workers one would be half of the machine: there, regrades have turns alone. */
    size_t regrade_slots = settings->regrade_slots >= 0 ? (size_t)settings->regrade_slots
                                                        : (size_t)(settings->workers >= 4);
    queue_init(&submissions->queue, regrade_slots, uv_available_parallelism() < 3);
    list_init(&submissions->lives);
    for (size_t i = 0; i < LIFE_BUCKETS; i++)
        list_init(&submissions->by_id[i]);

    const struct pool_settings pool = {.workers = settings->workers,
                                       .program = settings->worker_program,
                                       .home = grader->home,
                                       .backend = settings->worker_backend,
                                       .cache = settings->worker_cache,
                                       .calibration = settings->worker_calibration,
                                       .timing_lock = settings->worker_timing_lock,
                                       .gpu = settings->worker_gpu,
                                       .overlay = settings->worker_overlay,
                                       .silence_ms = settings->worker_silence_ms,
                                       .lease_ms = settings->worker_lease_ms};
    const struct pool_callbacks callbacks = {life_ready, life_event, life_lost};
    struct err err = roll_new(&submissions->roll, grader);
    if (!err_is(err))
        err = reconcile(submissions);
    if (!err_is(err))
        err = pool_start(&submissions->pool, grader->loop, &pool, &callbacks, submissions);
    if (err_is(err)) {
        submissions_free(submissions);
        return err;
    }
    reconcile_start(submissions);
    *out = submissions;
    return err_none();
}

void submissions_stop(struct submissions *submissions, bool now, void (*closed)(void *context),
                      void *context)
{
    bool first = !submissions->stopping;
    submissions->stopping = true;
    submissions->closed = closed;
    submissions->closed_context = context;
    if (first)
        uv_close((uv_handle_t *)&submissions->tick, on_tick_closed);
    if (submissions->pool != NULL)
        pool_stop(submissions->pool, now, on_pool_closed, submissions);
}

void submissions_free(struct submissions *submissions)
{
    list_each (link, &submissions->lives) {
        life_free(list_of(link, struct life, link));
    }
    roll_free(submissions->roll);
    free(submissions);
}

struct refusal submissions_may(struct submissions *submissions, const struct membership *who,
                               const char *assignment, bool practice, int64_t received_at,
                               enum language language)
{
    struct offering offering;
    struct intake_question question =
        question_of(submissions, who, assignment, practice, received_at, language);
    struct refusal refusal =
        intake_ask(&submissions->grader->reader, &submissions->rules, &question, &offering);
    if (refusal.http_code == 0 && grader_spec(submissions->grader, assignment) == NULL)
        refusal = refusal_make(language, 503, MISSING_RETRY_S, "http_503_missing");
    hold(submissions, &question, &refusal);
    return refusal;
}

/* A 503 is our fault: it is noted, and said whether the deadline is held open. Practice has none.
 */
static void hold(struct submissions *submissions, const struct intake_question *question,
                 struct refusal *refusal)
{
    struct grader *grader = submissions->grader;
    if (refusal->http_code != 503 || question->practice)
        return;
    bool held =
        grader_spec(grader, question->assignment) != NULL &&
        held_refused(grader->held, question->who->id, question->assignment, question->received_at);
    refusal_tell_held(refusal, question->language, held);
}

void submissions_accept(struct submissions *submissions, const struct submission_wish *wish,
                        accepted_fn done, void *context)
{
    struct entry *entry = submissions->stopping ? NULL : calloc(1, sizeof *entry);
    char *source = malloc(wish->source_size + 1);
    if (entry == NULL || source == NULL) {
        free(entry);
        free(source);
        const struct intake_question question =
            question_of(submissions, &wish->who, wish->assignment, wish->practice,
                        wish->received_at, wish->language);
        struct accepted answer = {
            .refusal = refusal_make(wish->language, 503, RETRY_S, "http_503_restart", RETRY_S)};
        hold(submissions, &question, &answer.refusal);
        done(context, &answer);
        return;
    }
    memcpy(source, wish->source, wish->source_size);
    source[wish->source_size] = 0;
    *entry = (struct entry){.write = {.run = entry_run, .done = entry_done},
                            .submissions = submissions,
                            .who = wish->who,
                            .source = source,
                            .source_size = wish->source_size,
                            .language = wish->language,
                            .done = done,
                            .context = context};
    struct submission_row *row = &entry->row;
    row->membership_id = wish->who.id;
    row->cohort_id = wish->who.cohort_id;
    row->device = wish->device;
    row->practice = wish->practice;
    row->received_at = wish->received_at;
    row->stage = STAGE_QUEUED;
    row->generation = 1;
    (void)text_copy(row->login, sizeof row->login, wish->who.login);
    (void)text_copy(row->cohort, sizeof row->cohort, wish->who.cohort);
    (void)text_copy(row->assignment, sizeof row->assignment, wish->assignment);
    (void)text_copy(row->commit, sizeof row->commit, wish->commit); /* fits */
    if (wish->file_name[0] != 0)
        (void)text_copy(row->file_name, sizeof row->file_name, wish->file_name);
    else
        (void)snprintf(row->file_name, sizeof row->file_name, "%s.%s", wish->assignment,
                       wish->device == DEVICE_GPU ? "cu" : "c"); /* fits */
    (void)crypto_hash_sha256(row->source_hash, (const unsigned char *)source, wish->source_size);
    randombytes_buf(row->key, sizeof row->key);
    submissions->accepting++;
    writer_push(submissions->grader->writer, &entry->write);
}

bool submissions_watch(struct submissions *submissions, int64_t id, struct watch *watch)
{
    struct life *life = life_shown(submissions, id);
    list_init(&watch->link);
    if (life == NULL)
        return false;
    list_push(&life->watchers, &watch->link);
    return true;
}

void submissions_unwatch(struct watch *watch)
{
    list_remove(&watch->link);
}

struct submissions_stats submissions_stats(const struct submissions *submissions)
{
    const struct queue *queue = &submissions->queue;
    struct submissions_stats stats = {.queued = queue->waiting_count,
                                      .running = queue->running_count,
                                      .oldest_wait_ms = queue_oldest_ms(queue, clock_ms()),
                                      .counters = submissions->counters,
                                      .estimate = submissions->estimate};
    memcpy(stats.waiting, queue->class_waiting, sizeof stats.waiting);
    if (submissions->pool != NULL) {
        pool_count(submissions->pool, &stats.workers_ready, &stats.workers_all);
        struct pool_seat seat;
        stats.workers = pool_stats(submissions->pool);
        for (size_t i = 0; pool_seat_get(submissions->pool, i, &seat); i++)
            stats.worker_states[seat.state]++;
    }
    return stats;
}

/* On the writer thread, inside the transaction: the rules once more, then everything at once. */
static struct err entry_run(struct write *write, struct db *db)
{
    struct entry *entry = (struct entry *)write;
    struct submission_row *row = &entry->row;
    const struct intake_question question = {.who = &entry->who,
                                             .assignment = row->assignment,
                                             .practice = row->practice,
                                             .received_at = row->received_at,
                                             .language = entry->language};
    struct offering offering;
    bool found = false;
    struct err err = store_offering_find(db, row->cohort_id, row->membership_id, row->assignment,
                                         &offering, &found);
    if (!err_is(err) && found)
        err = store_submission_same(db, row->membership_id, offering.id, row->device, row->practice,
                                    row->source_hash, &entry->answer.id, &entry->answer.existing);
    if (err_is(err) || entry->answer.existing)
        return err;

    entry->answer.refusal = intake_ask(db, &entry->submissions->rules, &question, &offering);
    if (entry->answer.refusal.http_code != 0)
        return err_none();
    row->offering_id = offering.id;
    row->due_at = offering.due_at;
    row->split = offering.split;
    row->unseen = offering.board == BOARD_TA;
    err = store_targets(db, offering.id, row->targets, &row->targets_count);
    if (err_is(err))
        return err;
    (void)text_copy(row->zone, sizeof row->zone, offering.zone);
    row->attempts_max = offering.attempts_max;
    row->supersede = offering.supersede;
    (void)text_copy(row->spec_hash, sizeof row->spec_hash, offering.spec_hash);
    err =
        store_submission_add(db, row, entry->source, entry->source_size, &row->id, &entry->job_id);
    entry->answer.id = row->id;
    return err;
}

static void entry_done(struct write *write, struct err err)
{
    struct entry *entry = (struct entry *)write;
    entry->submissions->accepting--;
    if (err_is(err)) {
        log_err("submission.accept", err);
        entry->answer = (struct accepted){
            .refusal = refusal_make(entry->language, 503, RETRY_S, "http_503_disk", RETRY_S)};
    } else if (entry->answer.refusal.http_code == 0 && !entry->answer.existing) {
        log_line(LOG_INFO, "submission.accepted", "id=%lld login=%s assignment=%s bytes=%zu",
                 (long long)entry->row.id, entry->row.login, entry->row.assignment,
                 entry->source_size);
        entry->submissions->counters.accepted++;
        entry_begin_life(entry);
    }
    struct submissions *submissions = entry->submissions;
    const struct intake_question question =
        question_of(submissions, &entry->who, entry->row.assignment, entry->row.practice,
                    entry->row.received_at, entry->language);
    hold(submissions, &question, &entry->answer.refusal);
    submissions->counters.repeated += entry->answer.existing;
    entry->done(entry->context, &entry->answer);
    free(entry->source);
    free(entry);
    life_dispatch(submissions);
    submissions_end(submissions);
}

/* Into the queue, but not yet to a worker: whoever waits for the answer can watch first. */
static void entry_begin_life(const struct entry *entry)
{
    struct submissions *submissions = entry->submissions;
    const struct job_row job = {.id = entry->job_id,
                                .submission_id = entry->row.id,
                                .generation = 1,
                                .kind = JOB_CHECK,
                                .lane = entry->row.practice ? LANE_PRACTICE : LANE_LIVE,
                                .queued_at = entry->row.received_at};
    life_seen(submissions, job.id);
    struct life *life = life_new(submissions, &entry->row, &job);
    if (life == NULL) {
        submissions->left_behind = true; /* the job is in the database */
        return;
    }
    life_history(life);
    life_enqueue(life);
}

static struct intake_question question_of(const struct submissions *submissions,
                                          const struct membership *who, const char *assignment,
                                          bool practice, int64_t received_at,
                                          enum language language)
{
    return (struct intake_question){.who = who,
                                    .language = language,
                                    .assignment = assignment,
                                    .practice = practice,
                                    .received_at = received_at,
                                    .waiting =
                                        submissions->queue.waiting_count + submissions->accepting,
                                    .stopping = submissions->stopping};
}

bool submissions_may_compile_cuda(const struct submissions *submissions)
{
    return pool_may_compile_cuda(submissions->pool);
}

static void on_pool_closed(void *context)
{
    struct submissions *submissions = context;
    submissions->pool = NULL;
    submissions_end(submissions);
}

static void on_tick_closed(uv_handle_t *handle)
{
    struct submissions *submissions = handle->data;
    submissions->tick_closed = true;
    submissions_end(submissions);
}

void submissions_end(struct submissions *submissions)
{
    if (!submissions->stopping || submissions->ended || submissions->pool != NULL ||
        !submissions->tick_closed || submissions->writing > 0 || submissions->accepting > 0)
        return;
    submissions->ended = true;
    list_each (link, &submissions->lives) {
        life_leave(list_of(link, struct life, link));
    }
    submissions->closed(submissions->closed_context);
}
