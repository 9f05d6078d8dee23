/* Notes of refusals on their way to the disk, and the heartbeat. One write is under way at a time;
 * what fails stays and is tried again at the next beat. */
#include "grader/held.h"

#include "assignments/spec.h"
#include "grader/store.h"
#include "grader/store_held.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_beat(uv_timer_t *timer);
static void push_notes(struct held *held);
static struct err notes_run(struct write *write, struct db *db);
static void notes_done(struct write *write, struct err err);
static void push_alive(struct held *held);
static struct err alive_run(struct write *write, struct db *db);
static void alive_done(struct write *write, struct err err);

#define NOTES_MAX 4096 /* people x assignments; 200 KiB */
#define BEAT_MS 1000
#define ALIVE_MS 5000 /* one small commit; an outage is told to so much */

/* One person's newest refusal for one assignment. */
struct note {
    int64_t membership_id, received_at;
    char assignment[SPEC_NAME_MAX];
};

struct held {
    struct writer *writer;
    uv_timer_t beat;
    struct note notes[NOTES_MAX];
    size_t count;
    struct note writing[NOTES_MAX]; /* of the write under way; the writer thread reads it */
    size_t writing_count;           /* 0: none is under way */
    struct write notes_write;
    struct write alive_write;
    bool alive_writes, draining, stopped;
    int64_t alive_at;       /* as it is being written */
    int64_t notes_alive_at; /* the same, with notes; 0: no sign of life is given any more */
    int64_t alive_ms;       /* monotonic, of the last heartbeat that was tried */
    struct held_stats stats;
};

struct err held_outage(struct db *db, int64_t now_at)
{
    char words[96];
    int64_t alive_at = 0;
    int64_t count = 0;
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    if (err_is(err))
        return err;
    err = store_alive_get(db, &alive_at);
    if (!err_is(err) && alive_at != 0 && alive_at < now_at) {
        const struct trouble trouble = {
            .began_at = alive_at, .ended_at = now_at, .most_us = INT64_MAX};
        err = store_hold(db, &trouble, &count);
        if (!err_is(err))
            err = store_outage_add(db, alive_at, now_at, "no service");
        (void)snprintf(words, sizeof words, "%lld s away: %lld deadlines of people held open",
                       (long long)(now_at - alive_at) / 1000000, (long long)count); /* fits */
        if (!err_is(err) && count > 0)
            err = store_audit(db, "service", "outage", "held_open", words, now_at);
    }
    if (!err_is(err))
        err = store_alive_put(db, now_at);
    if (!err_is(err))
        err = db_exec(db, "COMMIT");
    if (err_is(err))
        (void)db_exec(db, "ROLLBACK"); /* the first failure is the one to tell */
    else if (alive_at != 0 && alive_at < now_at)
        log_line(LOG_INFO, "service.outage", "seconds=%lld held=%lld",
                 (long long)(now_at - alive_at) / 1000000, (long long)count);
    return err;
}

struct err held_start(struct held **out, uv_loop_t *loop, struct writer *writer)
{
    struct held *held = calloc(1, sizeof *held);
    if (held == NULL)
        return err_make(ERR_SYSTEM, "start noting refusals");
    held->writer = writer;
    held->notes_write = (struct write){.run = notes_run, .done = notes_done};
    held->alive_write = (struct write){.run = alive_run, .done = alive_done};
    held->beat.data = held;
    held->alive_ms = clock_ms();
    (void)uv_timer_init(loop, &held->beat); /* neither can fail */
    (void)uv_timer_start(&held->beat, on_beat, BEAT_MS, BEAT_MS);
    *out = held;
    return err_none();
}

bool held_refused(struct held *held, int64_t membership_id, const char *assignment,
                  int64_t received_at)
{
    size_t at = 0;
    if (held->stopped)
        return true; /* the outage has begun */
    while (at < held->count && (held->notes[at].membership_id != membership_id ||
                                strcmp(held->notes[at].assignment, assignment) != 0))
        at++;
    if (at == NOTES_MAX)
        return false;
    struct note *note = &held->notes[at];
    if (at == held->count) {
        *note = (struct note){.membership_id = membership_id};
        if (!text_copy(note->assignment, sizeof note->assignment, assignment))
            return false; /* no assignment is called so */
        held->count++;
        held->stats.refused++;
    }
    if (received_at > note->received_at)
        note->received_at = received_at;
    return true;
}

void held_drain(struct held *held)
{
    held->draining = true;
}

void held_stop(struct held *held)
{
    held->draining = true;
    push_notes(held);
    held->stopped = true;
    uv_close((uv_handle_t *)&held->beat, NULL);
}

void held_free(struct held *held)
{
    free(held);
}

struct held_stats held_stats(const struct held *held)
{
    return held->stats;
}

static void on_beat(uv_timer_t *timer)
{
    struct held *held = timer->data;
    push_notes(held);
    /* Never ahead of a refusal that is not on the disk: killed now, the outage must cover it. */
    if (!held->draining && held->count == 0 && held->writing_count == 0 &&
        clock_ms() - held->alive_ms >= ALIVE_MS)
        push_alive(held);
}

/* -- refusals ---------------------------------------------------------------------------------- */

static void push_notes(struct held *held)
{
    if (held->count == 0 || held->writing_count > 0)
        return;
    memcpy(held->writing, held->notes, held->count * sizeof held->notes[0]);
    held->writing_count = held->count;
    held->count = 0;
    held->alive_ms = clock_ms();
    held->notes_alive_at = held->draining ? 0 : clock_utc_us();
    writer_push(held->writer, &held->notes_write);
}

/* On the writer thread. Whether a date is near enough is decided here, by what holds now. */
static struct err notes_run(struct write *write, struct db *db)
{
    const struct held *held = list_of(write, struct held, notes_write);
    struct err err = err_none();
    for (size_t i = 0; i < held->writing_count && !err_is(err); i++) {
        const struct note *note = &held->writing[i];
        const struct trouble trouble = {.membership_id = note->membership_id,
                                        .assignment = note->assignment,
                                        .began_at = note->received_at,
                                        .ended_at = note->received_at,
                                        .most_us = HELD_MOST_US};
        int64_t count = 0;
        err = store_hold(db, &trouble, &count);
    }
    /* With them, so never ahead of them: a house that refuses all day is alive all day. */
    return err_is(err) || held->notes_alive_at == 0 ? err
                                                    : store_alive_put(db, held->notes_alive_at);
}

static void notes_done(struct write *write, struct err err)
{
    struct held *held = list_of(write, struct held, notes_write);
    size_t count = held->writing_count;
    held->writing_count = 0;
    if (!err_is(err)) {
        held->stats.written += count;
        return;
    }
    log_err("held.write", err);
    uint64_t refused = held->stats.refused;
    for (size_t i = 0; i < count; i++) {
        const struct note *note = &held->writing[i];
        if (!held_refused(held, note->membership_id, note->assignment, note->received_at))
            log_line(LOG_ERROR, "held.lost", "membership=%lld assignment=%s",
                     (long long)note->membership_id, note->assignment);
    }
    held->stats.refused = refused; /* the same ones */
}

/* -- the heartbeat ----------------------------------------------------------------------------- */

static void push_alive(struct held *held)
{
    if (held->alive_writes)
        return;
    held->alive_writes = true;
    held->alive_ms = clock_ms();
    held->alive_at = clock_utc_us();
    writer_push(held->writer, &held->alive_write);
}

static struct err alive_run(struct write *write, struct db *db)
{
    return store_alive_put(db, list_of(write, struct held, alive_write)->alive_at);
}

static void alive_done(struct write *write, struct err err)
{
    list_of(write, struct held, alive_write)->alive_writes = false;
    if (err_is(err))
        log_err("service.alive", err);
}
