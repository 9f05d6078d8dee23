/* Group commit on one thread. The loop thread pushes under a mutex and is told by one uv_async.
 *
 * The thread is woken once for each turn of the loop, when all that came in it is pushed: woken by
 * the first one, it would commit that alone and let the others wait for a second COMMIT. */
#include "grader/writer.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <stdlib.h>

static void on_turn_over(uv_timer_t *turn);
static void writer_thread(void *context);
static size_t batch_take(struct writer *writer, struct list *out_batch);
static void batch_write(struct writer *writer, struct list *batch);
static void batch_fail(struct list *batch, struct err err);
static void on_written(uv_async_t *async);
static void on_turn_closed(uv_handle_t *handle);
static void on_closed(uv_handle_t *handle);

#define WAITING_MAX 4096 /* a full queue: the disk stands still; say so instead of hoarding */

struct writer {
    struct db db; /* of the writer thread alone */
    size_t batch_max;
    uv_thread_t thread;
    uv_async_t async;
    uv_mutex_t mutex;
    uv_cond_t cond;
    /* under the mutex */
    struct list waiting, written;
    size_t waiting_count;
    bool stopping, stopped;
    struct writer_stats stats;
    /* of the loop thread */
    uv_timer_t turn;
    void (*closed)(void *context);
    void *closed_context;
};

struct err writer_start(struct writer **out_writer, uv_loop_t *loop, struct db *db,
                        size_t batch_max)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return err_make(ERR_SYSTEM, "start the writer");
    writer->db = *db;
    writer->batch_max = batch_max;
    *db = (struct db){0};
    list_init(&writer->waiting);
    list_init(&writer->written);
    if (uv_mutex_init(&writer->mutex) != 0 || uv_cond_init(&writer->cond) != 0 ||
        uv_async_init(loop, &writer->async, on_written) != 0 ||
        uv_timer_init(loop, &writer->turn) != 0 ||
        uv_thread_create(&writer->thread, writer_thread, writer) != 0)
        abort(); /* only at start, before anything was accepted, and only without memory */
    writer->async.data = writer->turn.data = writer;
    *out_writer = writer;
    return err_none();
}

void writer_push(struct writer *writer, struct write *write)
{
    uv_mutex_lock(&writer->mutex);
    if (writer->waiting_count >= WAITING_MAX) {
        write->err = err_make(ERR_BUSY, "%d writes wait for the disk", WAITING_MAX);
        list_push(&writer->written, &write->link);
        (void)uv_async_send(&writer->async); /* fails only on a closed handle */
    } else {
        list_push(&writer->waiting, &write->link);
        writer->waiting_count++;
        /* Fires after what is readable now was read, whoever reads it; fails only when closed. */
        if (!uv_is_active((uv_handle_t *)&writer->turn))
            (void)uv_timer_start(&writer->turn, on_turn_over, 0, 0);
    }
    uv_mutex_unlock(&writer->mutex);
}

static void on_turn_over(uv_timer_t *turn)
{
    struct writer *writer = turn->data;
    uv_mutex_lock(&writer->mutex);
    uv_cond_signal(&writer->cond);
    uv_mutex_unlock(&writer->mutex);
}

void writer_stop(struct writer *writer, void (*closed)(void *context), void *context)
{
    writer->closed = closed;
    writer->closed_context = context;
    uv_mutex_lock(&writer->mutex);
    writer->stopping = true;
    uv_cond_signal(&writer->cond);
    uv_mutex_unlock(&writer->mutex);
}

struct writer_stats writer_stats(const struct writer *writer)
{
    return writer->stats; /* counters for people: a torn read would be off by one at worst */
}

static void writer_thread(void *context)
{
    struct writer *writer = context;
    for (;;) {
        struct list batch;
        list_init(&batch);
        if (batch_take(writer, &batch) == 0)
            break;
        batch_write(writer, &batch);

        uv_mutex_lock(&writer->mutex);
        list_each (link, &batch) {
            list_remove(link);
            list_push(&writer->written, link);
        }
        uv_mutex_unlock(&writer->mutex);
        (void)uv_async_send(&writer->async); /* fails only on a closed handle */
    }
    db_close(&writer->db);
    uv_mutex_lock(&writer->mutex);
    writer->stopped = true;
    uv_mutex_unlock(&writer->mutex);
    (void)uv_async_send(&writer->async); /* fails only on a closed handle */
}

/* Waits for work; 0 once stopping and empty. */
static size_t batch_take(struct writer *writer, struct list *out_batch)
{
    size_t count = 0;
    uv_mutex_lock(&writer->mutex);
    while (list_is_empty(&writer->waiting) && !writer->stopping)
        uv_cond_wait(&writer->cond, &writer->mutex);
    while (!list_is_empty(&writer->waiting) && count < writer->batch_max) {
        struct list *link = writer->waiting.next;
        list_remove(link);
        list_push(out_batch, link);
        writer->waiting_count--;
        count++;
    }
    uv_mutex_unlock(&writer->mutex);
    return count;
}

static void batch_write(struct writer *writer, struct list *batch)
{
    struct db *db = &writer->db;
    int64_t began_us = clock_us();
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    list_each (link, batch) {
        struct write *write = list_of(link, struct write, link);
        if (err_is(err))
            break;
        err = db_exec(db, "SAVEPOINT one");
        if (err_is(err))
            break;
        write->err = write->run(write, db);
        /* A full disk makes SQLite roll the whole transaction back by itself. */
        if (sqlite3_get_autocommit(db->handle) != 0)
            err = err_is(write->err) ? write->err : err_make(ERR_BUSY, "transaction rolled back");
        else
            err = db_exec(db, err_is(write->err) ? "ROLLBACK TO one; RELEASE one" : "RELEASE one");
    }
    if (!err_is(err))
        err = db_exec(db, "COMMIT");
    if (err_is(err)) {
        if (sqlite3_get_autocommit(db->handle) == 0)
            (void)db_exec(db, "ROLLBACK"); /* the first failure is the one to tell */
        log_err("writer.batch", err);
        batch_fail(batch, err);
    }
    writer->stats.commits++;
    writer->stats.failures += err_is(err);
    writer->stats.failing = err_is(err);
    metrics_took(&writer->stats.took, clock_us() - began_us);
    struct err settled =
        err_is(err) ? err_none() : db_settle(db, 0); /* nobody waits here for a reader */
    if (err_is(settled))                             /* after the next batch again */
        log_err("writer.settle", settled);
}

static void batch_fail(struct list *batch, struct err err)
{
    err.code = ERR_BUSY; /* nothing was written; later might work */
    list_each (link, batch) {
        list_of(link, struct write, link)->err = err;
    }
}

static void on_written(uv_async_t *async)
{
    struct writer *writer = async->data;
    for (;;) {
        struct write *write = NULL;
        uv_mutex_lock(&writer->mutex);
        if (!list_is_empty(&writer->written)) {
            write = list_of(writer->written.next, struct write, link);
            list_remove(&write->link);
            writer->stats.writes++;
        }
        bool stopped = writer->stopped;
        uv_mutex_unlock(&writer->mutex);
        if (write != NULL) {
            write->done(write, write->err);
            continue;
        }
        if (stopped && !uv_is_closing((uv_handle_t *)&writer->turn))
            uv_close((uv_handle_t *)&writer->turn, on_turn_closed);
        return;
    }
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct writer *writer = handle->data;
    uv_close((uv_handle_t *)&writer->async, on_closed);
}

static void on_closed(uv_handle_t *handle)
{
    struct writer *writer = handle->data;
    void (*closed)(void *context) = writer->closed;
    void *context = writer->closed_context;
    (void)uv_thread_join(&writer->thread); /* it has said that it ends */
    uv_cond_destroy(&writer->cond);
    uv_mutex_destroy(&writer->mutex);
    free(writer);
    closed(context);
}
