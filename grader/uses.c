/* Notes of use on their way to the disk, one write at a time. */
#include "grader/uses.h"

#include "grader/store.h"
#include "sandbox/base/log.h"

#include <stdlib.h>
#include <string.h>

static void on_beat(uv_timer_t *timer);
static void push(struct uses *uses);
static struct err uses_run(struct write *write, struct db *db);
static void uses_done(struct write *write, struct err err);

#define USES_MAX 2048 /* tokens within one beat; who finds no room is noted at the next use */
#define BEAT_MS 10000
#define FRESH_US ((int64_t)60 * 1000000) /* a use this soon after the last one is not news */

struct use {
    int64_t token_id, used_at;
};

struct uses {
    struct write write;
    struct writer *writer;
    uv_timer_t beat;
    struct use now[USES_MAX], writing[USES_MAX];
    size_t count, writing_count; /* writing_count 0: no write is under way */
    bool stopped;
};

struct err uses_start(struct uses **out, uv_loop_t *loop, struct writer *writer)
{
    struct uses *uses = calloc(1, sizeof *uses);
    if (uses == NULL)
        return err_make(ERR_SYSTEM, "start noting uses");
    uses->write = (struct write){.run = uses_run, .done = uses_done};
    uses->writer = writer;
    uses->beat.data = uses;
    (void)uv_timer_init(loop, &uses->beat); /* neither can fail */
    (void)uv_timer_start(&uses->beat, on_beat, BEAT_MS, BEAT_MS);
    *out = uses;
    return err_none();
}

void uses_note(struct uses *uses, int64_t token_id, int64_t used_at, int64_t now_at)
{
    if (uses == NULL || uses->stopped || token_id == 0 || now_at - used_at < FRESH_US)
        return;
    for (size_t i = 0; i < uses->count; i++) {
        if (uses->now[i].token_id != token_id)
            continue;
        uses->now[i].used_at = now_at;
        return;
    }
    if (uses->count < USES_MAX)
        uses->now[uses->count++] = (struct use){token_id, now_at};
}

void uses_stop(struct uses *uses)
{
    push(uses);
    uses->stopped = true;
    uv_close((uv_handle_t *)&uses->beat, NULL);
}

void uses_free(struct uses *uses)
{
    free(uses);
}

static void on_beat(uv_timer_t *timer)
{
    push(timer->data);
}

static void push(struct uses *uses)
{
    if (uses->count == 0 || uses->writing_count > 0)
        return;
    memcpy(uses->writing, uses->now, uses->count * sizeof uses->now[0]);
    uses->writing_count = uses->count;
    uses->count = 0;
    writer_push(uses->writer, &uses->write);
}

static struct err uses_run(struct write *write, struct db *db)
{
    const struct uses *uses = list_of(write, struct uses, write);
    struct err err = err_none();
    for (size_t i = 0; i < uses->writing_count && !err_is(err); i++)
        err = store_token_used(db, uses->writing[i].token_id, uses->writing[i].used_at);
    return err;
}

static void uses_done(struct write *write, struct err err)
{
    struct uses *uses = list_of(write, struct uses, write);
    uses->writing_count = 0; /* a full disk loses them: the next use is noted again */
    if (err_is(err))
        log_err("token.used", err);
}
