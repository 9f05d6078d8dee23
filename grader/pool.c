/* What others ask of the pool. */
#include "grader/pool_parts.h"
#include "grader/queue.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool seat_fits(const struct seat *seat, const char *needs);
static bool seat_is_free(const struct seat *seat);
static void on_sent(uv_write_t *request, int code);

struct sending {
    uv_write_t request;
    struct buf bytes;
};

struct err pool_start(struct pool **out_pool, uv_loop_t *loop, const struct pool_settings *settings,
                      const struct pool_callbacks *callbacks, void *context)
{
    size_t count = (size_t)settings->workers;
    struct pool *pool = calloc(1, sizeof *pool + count * sizeof pool->seats[0]);
    if (pool == NULL)
        return err_make(ERR_SYSTEM, "start %zu workers", count);
    pool->loop = loop;
    pool->settings = *settings;
    pool->callbacks = *callbacks;
    pool->context = context;
    pool->seats_count = pool->seats_open = count;
    for (size_t i = 0; i < count; i++) {
        struct seat *seat = &pool->seats[i];
        *seat = (struct seat){.pool = pool, .number = (int)i, .restart_ms = RESTART_FIRST_MS};
        buf_init(&seat->in, WIRE_FRAME_MAX + sizeof pool->read_space + 4);
        (void)uv_timer_init(loop, &seat->timer); /* cannot fail */
        seat->timer.data = seat;
        seat_start(seat);
    }
    *out_pool = pool;
    return err_none();
}

bool pool_next_free(const struct pool *pool, size_t *seat, const struct wire_hello **out_hello)
{
    for (; !pool->stopping && *seat < pool->seats_count; ++*seat) {
        if (!seat_is_free(&pool->seats[*seat]))
            continue;
        *out_hello = &pool->seats[*seat].hello;
        return true;
    }
    return false;
}

void pool_classes(const struct wire_hello *hello, char out[POOL_CLASSES_SIZE])
{
    (void)snprintf(out, POOL_CLASSES_SIZE, "%s%s%s", hello->class_name,
                   hello->gpu[0] != '\0' ? " " : "", hello->gpu); /* fits */
}

bool pool_can(const struct pool *pool, const char *needs)
{
    for (size_t i = 0; pool != NULL && i < pool->seats_count; i++)
        if (pool->seats[i].ready && seat_fits(&pool->seats[i], needs))
            return true;
    return false;
}

bool pool_may(const struct pool *pool, const char *needs)
{
    if (pool == NULL || pool_can(pool, needs))
        return true;
    if (queue_fits("gpu", needs) && strcmp(pool->settings.gpu, "none") == 0)
        return false;
    for (size_t i = 0; i < pool->seats_count; i++) {
        const struct seat *seat = &pool->seats[i];
        if (!seat->ready && seat->restart_ms <= RESTART_HOPEFUL_MS)
            return true;
    }
    return false;
}

bool pool_may_time(const struct pool *pool, const char *needs)
{
    const int64_t now_at = clock_utc_us();

    for (size_t i = 0; i < pool->seats_count; i++) {
        const struct seat *seat = &pool->seats[i];
        if (seat->ready && !seat->drained && seat_fits(seat, needs) &&
            (queue_fits("gpu", needs) || wire_may_time(&seat->hello, now_at)))
            return true;
    }
    return false;
}

bool pool_may_compile_cuda(const struct pool *pool)
{
    size_t ready = 0;

    for (size_t i = 0; pool != NULL && i < pool->seats_count; i++) {
        if (pool->seats[i].ready && pool->seats[i].hello.cuda[0] != '\0')
            return true;
        ready += pool->seats[i].ready;
    }
    return ready == 0;
}

struct err pool_give(struct pool *pool, size_t seat_index, const struct job *job, void *ticket)
{
    struct seat *seat = &pool->seats[seat_index];
    if (pool->stopping || !seat_is_free(seat))
        return err_make(ERR_BUSY, "this worker is not free");

    struct sending *sending = calloc(1, sizeof *sending);
    if (sending == NULL)
        return err_make(ERR_SYSTEM, "send a job");
    buf_init(&sending->bytes, WIRE_FRAME_MAX + 4);
    struct err err = wire_put_job(&sending->bytes, job);
    if (err_is(err)) {
        buf_release(&sending->bytes);
        free(sending);
        return err;
    }
    seat->ticket = ticket;
    seat->job = job->id;
    seat->taken_at = clock_utc_us();
    seat->lease_ends_ms = clock_ms() + pool->settings.lease_ms;
    sending->request.data = sending;
    uv_buf_t bytes = uv_buf_init(sending->bytes.at, (unsigned)sending->bytes.size);
    if (uv_write(&sending->request, (uv_stream_t *)&seat->pipe, &bytes, 1, on_sent) != 0) {
        buf_release(&sending->bytes); /* a dying worker: its exit will tell `lost` */
        free(sending);
    }
    seat_listen(seat);
    return err_none();
}

const char *seat_state_word(enum seat_state state)
{
    static const char *const words[SEAT_STATE_COUNT] = {"starting", "free", "busy", "drained"};
    return words[state];
}

bool pool_seat_get(const struct pool *pool, size_t number, struct pool_seat *out)
{
    if (number >= pool->seats_count)
        return false;
    const struct seat *seat = &pool->seats[number];
    bool busy = seat->ticket != NULL;
    memset(out, 0, sizeof *out); /* compared byte by byte */
    out->number = number;
    out->state = !seat->ready    ? SEAT_STARTING
                 : busy          ? SEAT_BUSY
                 : seat->drained ? SEAT_DRAINED
                                 : SEAT_FREE;
    (void)text_copy(out->name, sizeof out->name, seat->hello.worker); /* a label: may be cut */
    pool_classes(&seat->hello, out->classes);
    if (seat->hello.gpu_quarantined != 0)
        (void)snprintf(out->classes, sizeof out->classes, "%s gpu:quarantine",
                       seat->hello.class_name); /* fits */
    if (busy) {
        out->job = seat->job;
        out->taken_at = seat->taken_at;
        out->expires_at = seat->taken_at + pool->settings.lease_ms * 1000;
    }
    return true;
}

void pool_drain(struct pool *pool, size_t number, bool drained)
{
    struct seat *seat = &pool->seats[number];
    bool resumes = seat->drained && !drained;
    seat->drained = drained;
    if (resumes && !pool->stopping)
        pool->callbacks.ready(pool->context);
}

void pool_stop(struct pool *pool, bool now, void (*closed)(void *context), void *context)
{
    pool->stopping = true;
    pool->closed = closed;
    pool->closed_context = context;
    for (size_t i = 0; i < pool->seats_count; i++) {
        struct seat *seat = &pool->seats[i];
        if (seat->ticket == NULL || now)
            seat_end(seat);
    }
}

void pool_count(const struct pool *pool, size_t *out_ready, size_t *out_all)
{
    *out_all = pool->seats_count;
    *out_ready = 0;
    for (size_t i = 0; i < pool->seats_count; i++)
        *out_ready += pool->seats[i].ready;
}

struct pool_stats pool_stats(const struct pool *pool)
{
    return pool->stats;
}

static bool seat_fits(const struct seat *seat, const char *needs)
{
    char classes[POOL_CLASSES_SIZE];
    pool_classes(&seat->hello, classes);
    return queue_fits(needs, classes);
}

/* A job that goes to a dying worker would count as one that killed it. */
static bool seat_is_free(const struct seat *seat)
{
    return seat->ready && !seat->hung_up && !seat->closing && seat->ticket == NULL &&
           !seat->drained;
}

static void on_sent(uv_write_t *request, int code)
{
    struct sending *sending = request->data;
    (void)code; /* a broken socket is told by its reading side */
    buf_release(&sending->bytes);
    free(sending);
}
