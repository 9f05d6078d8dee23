/* Looks at each seat, compares with what was written last, writes the difference. */
#include "grader/roll.h"

#include "grader/store_worker.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <stdlib.h>
#include <string.h>

static void look(struct roll *roll, struct pool *pool);
static void drain(struct roll *roll, struct pool *pool);
static struct err roll_run(struct write *write, struct db *db);
static void roll_done(struct write *write, struct err err);

#define SEATS_MAX 256  /* worker.count */
#define STILL_MS 30000 /* between two words of one that nothing happens to */

struct roll {
    struct write write;
    struct grader *grader;
    struct pool_seat now[SEATS_MAX], written[SEATS_MAX];
    size_t now_count, written_count;
    bool writing, is_written;
    int64_t written_ms; /* monotonic */
    int64_t now_at;
};

struct err roll_new(struct roll **out, struct grader *grader)
{
    struct roll *roll = calloc(1, sizeof *roll);
    if (roll == NULL)
        return err_make(ERR_SYSTEM, "call the roll");
    roll->write = (struct write){.run = roll_run, .done = roll_done};
    roll->grader = grader;
    *out = roll;
    return err_none();
}

void roll_free(struct roll *roll)
{
    free(roll);
}

void roll_call(struct roll *roll, struct pool *pool)
{
    if (pool == NULL || roll->writing)
        return;
    look(roll, pool);
    drain(roll, pool);
    bool same = roll->is_written && roll->now_count == roll->written_count &&
                memcmp(roll->now, roll->written, roll->now_count * sizeof roll->now[0]) == 0;
    if (same && clock_ms() - roll->written_ms < STILL_MS)
        return;
    roll->writing = true;
    roll->now_at = clock_utc_us();
    writer_push(roll->grader->writer, &roll->write);
}

static void look(struct roll *roll, struct pool *pool)
{
    roll->now_count = 0;
    for (size_t i = 0; roll->now_count < SEATS_MAX; i++) {
        struct pool_seat *seat = &roll->now[roll->now_count];
        if (!pool_seat_get(pool, i, seat))
            return;
        roll->now_count += seat->state != SEAT_STARTING;
    }
}

static void drain(struct roll *roll, struct pool *pool)
{
    for (size_t i = 0; i < roll->now_count; i++) {
        bool drained = false;
        struct err err =
            store_worker_is_drained(&roll->grader->reader, roll->now[i].name, &drained);
        if (err_is(err)) {
            log_err("worker.drained", err);
            return;
        }
        pool_drain(pool, roll->now[i].number, drained);
    }
}

/* On the writer thread; until roll_done the loop changes nothing of it. */
static struct err roll_run(struct write *write, struct db *db)
{
    const struct roll *roll = list_of(write, struct roll, write);
    struct err err = store_leases_clear(db);
    for (size_t i = 0; i < roll->now_count && !err_is(err); i++) {
        const struct pool_seat *seat = &roll->now[i];
        err = store_worker_seen(db, seat->name, seat->classes, roll->now_at);
        if (!err_is(err) && seat->job != 0)
            err = store_lease_put(db, seat->job, seat->name, seat->taken_at, seat->expires_at);
    }
    return err;
}

static void roll_done(struct write *write, struct err err)
{
    struct roll *roll = list_of(write, struct roll, write);
    roll->writing = false;
    roll->written_ms = clock_ms(); /* a full disk is told once in a while, not every second */
    if (err_is(err)) {
        log_err("worker.roll", err);
        return;
    }
    roll->is_written = true;
    roll->written_count = roll->now_count;
    memcpy(roll->written, roll->now, roll->now_count * sizeof roll->now[0]);
}
