/* The life of a worker process: started, listened to, killed when it is silent, started again. */
#include "grader/pool_parts.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err seat_spawn(struct seat *seat, uv_os_sock_t child_end);
static void on_bytes_wanted(uv_handle_t *handle, size_t hint, uv_buf_t *out);
static void on_bytes(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes);
static void seat_hang_up(struct seat *seat);
static bool seat_read_frame(struct seat *seat);
static void seat_event(struct seat *seat, struct event *event);
static void on_silent(uv_timer_t *timer);
static void on_exit_seen(uv_process_t *process, int64_t exit_code, int signal);
static void seat_kill(struct seat *seat);
static void on_handle_closed(uv_handle_t *handle);
static void seat_gone(struct seat *seat);
static void on_restart(uv_timer_t *timer);

#define RESTART_MAX_MS 5000
#define LAST_WORDS_MS 1000 /* of a dead worker, should somebody else hold its socket open */
#define CHILD_FD 3         /* where the worker finds its socket: --fd 3 */

void seat_start(struct seat *seat)
{
    uv_os_sock_t ends[2];
    seat->ready = false;
    seat->hung_up = false;
    buf_clear(&seat->in);
    struct err err;
    int code = uv_socketpair(SOCK_STREAM, 0, ends, UV_NONBLOCK_PIPE, 0);
    if (code == 0) {
        (void)uv_pipe_init(seat->pool->loop, &seat->pipe, 0); /* cannot fail */
        seat->pipe.data = seat;
        seat->open_handles = 1;
        (void)uv_pipe_open(&seat->pipe, ends[0]); /* a fresh socket: cannot fail */
        err = seat_spawn(seat, ends[1]);
        (void)close(ends[1]); /* the child has its own */
    } else {
        err = err_make(ERR_INTERNAL, "socketpair for a worker: %s", uv_strerror(code));
    }
    if (err_is(err)) {
        log_err("worker.start", err);
        if (seat->open_handles > 0)
            uv_close((uv_handle_t *)&seat->pipe, on_handle_closed);
        else
            seat_gone(seat);
        return;
    }
    (void)uv_read_start((uv_stream_t *)&seat->pipe, on_bytes_wanted,
                        on_bytes); /* open: cannot fail */
    seat_listen(seat);
}

static struct err seat_spawn(struct seat *seat, uv_os_sock_t child_end)
{
    const struct pool_settings *settings = &seat->pool->settings;
    char name[32];
    (void)snprintf(name, sizeof name, "local%d", seat->number + 1); /* fits */
    const char *arguments[21] = {settings->program, "--fd",      "3",
                                 "--name",          name,        "--home",
                                 settings->home,    "--backend", settings->backend};
    size_t count = 9;
    if (settings->cache[0] != 0) {
        arguments[count++] = "--cache";
        arguments[count++] = settings->cache;
    }
    if (settings->calibration[0] != 0) {
        arguments[count++] = "--self-test";
        arguments[count++] = "--calibration";
        arguments[count++] = settings->calibration;
    }
    if (settings->timing_lock[0] != 0) {
        arguments[count++] = "--timing-lock";
        arguments[count++] = settings->timing_lock;
    }
    if (settings->gpu[0] != 0) {
        arguments[count++] = "--gpu";
        arguments[count++] = settings->gpu;
    }
    if (settings->overlay[0] != 0) {
        arguments[count++] = "--assignments";
        arguments[count++] = settings->overlay;
    }
    uv_stdio_container_t stdio[CHILD_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}, /* its stdout is nobody's protocol */
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = child_end}};
    uv_process_options_t options = {.exit_cb = on_exit_seen,
                                    .file = settings->program,
                                    .args = (char **)(uintptr_t)arguments, /* execvp changes none */
                                    .stdio_count = CHILD_FD + 1,
                                    .stdio = stdio,
                                    /* Ctrl-C is for the service alone: it drains first. */
                                    .flags = UV_PROCESS_DETACHED};
    int code = uv_spawn(seat->pool->loop, &seat->process, &options);
    seat->process.data = seat;
    seat->open_handles++; /* uv wants the handle closed even after a failed spawn */
    seat->running = code == 0;
    if (code != 0) {
        uv_close((uv_handle_t *)&seat->process, on_handle_closed);
        return err_make(ERR_INTERNAL, "start '%s': %s", settings->program, uv_strerror(code));
    }
    return err_none();
}

/* One reader at a time runs, so all seats share one space. */
static void on_bytes_wanted(uv_handle_t *handle, size_t hint, uv_buf_t *out)
{
    struct seat *seat = handle->data;
    (void)hint;
    *out = uv_buf_init(seat->pool->read_space, sizeof seat->pool->read_space);
}

static void on_bytes(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct seat *seat = stream->data;
    if (size < 0) {
        seat_hang_up(seat);
        return;
    }
    buf_append(&seat->in, bytes->base, (size_t)size);
    while (seat_read_frame(seat))
        continue;
}

/* Reads no more; the seat ends once the process is seen to have ended. */
static void seat_hang_up(struct seat *seat)
{
    seat->hung_up = true;
    (void)uv_read_stop((uv_stream_t *)&seat->pipe); /* cannot fail */
    if (seat->running)
        seat_kill(seat);
    else
        seat_end(seat);
}

/* Takes one event out of what has come; false when more bytes are needed or the worker is broken.
 */
static bool seat_read_frame(struct seat *seat)
{
    bool whole = false;
    size_t size = 0;
    struct event event = {0};
    struct err err = seat->in.failed ? err_make(ERR_LIMIT, "a worker says too much")
                                     : wire_frame(seat->in.at, seat->in.size, &whole, &size);
    if (!err_is(err) && !whole)
        return false;
    if (!err_is(err))
        err = wire_get_event(&event, seat->in.at + 4, size);
    if (err_is(err)) {
        event_release(&event);
        log_err("worker.protocol", err);
        seat_hang_up(seat); /* nothing behind it can be trusted */
        return false;
    }
    buf_consume(&seat->in, size + 4);
    seat_event(seat, &event);
    event_release(&event);
    return true;
}

static void seat_event(struct seat *seat, struct event *event)
{
    struct pool *pool = seat->pool;
    if (event->kind == EVENT_HELLO) {
        /* One that is alive says hello again: news is a start, or another device. */
        const bool is_news = !seat->ready || strcmp(seat->hello.gpu, event->hello.gpu) != 0 ||
                             seat->hello.gpu_quarantined != event->hello.gpu_quarantined ||
                             seat->hello.ranked != event->hello.ranked ||
                             seat->hello.calibration.made_at != event->hello.calibration.made_at;
        seat->hello = event->hello;
        seat->ready = seat->running;
        seat_listen(seat);
        seat->restart_ms = RESTART_FIRST_MS;
        if (!is_news)
            return;
        log_line(LOG_INFO, "worker.ready",
                 "seat=%d pid=%d class=%s gpu=%s backend=%s ranked=%d self_test_error=%.4f",
                 seat->number + 1, (int)seat->process.pid, seat->hello.class_name,
                 seat->hello.gpu[0] != 0 ? seat->hello.gpu : "none", seat->hello.backend,
                 seat->hello.ranked,
                 seat->hello.calibration.made_at > 0 ? seat->hello.calibration.error : -1);
        if (seat->hello.gpu_quarantined != 0)
            log_line(LOG_ERROR, "worker.gpu_quarantine", "seat=%d why=\"%s\"", seat->number + 1,
                     seat->hello.gpu_why);
        if (!pool->stopping)
            pool->callbacks.ready(pool->context);
        return;
    }
    if (seat->ticket == NULL || event->job != seat->job) {
        pool->stats.stray++;
        log_line(LOG_WARN, "worker.stray_event", "seat=%d job=%lld", seat->number + 1,
                 (long long)event->job);
        return;
    }
    void *ticket = seat->ticket;
    bool last = event->kind == EVENT_DONE;
    if (last)
        seat->ticket = NULL;
    seat_listen(seat);
    pool->callbacks.event(pool->context, ticket, event, &seat->hello);
    if (last && pool->stopping)
        seat_end(seat);
    else if (last)
        pool->callbacks.ready(pool->context);
}

/* Waits for the next word: so long for one that starts or works, for ever for a free one. */
void seat_listen(struct seat *seat)
{
    if (!seat->running)
        return; /* dead: the time for its last words runs already */
    if (seat->ready && seat->ticket == NULL) {
        (void)uv_timer_stop(&seat->timer);
        return;
    }
    int64_t wait_ms = seat->pool->settings.silence_ms;
    int64_t left_ms = seat->lease_ends_ms - clock_ms();
    seat->lease_next = seat->ticket != NULL && left_ms < wait_ms;
    if (seat->lease_next)
        wait_ms = left_ms > 0 ? left_ms : 0;
    (void)uv_timer_start(&seat->timer, on_silent, (uint64_t)wait_ms, 0);
}

static void on_silent(uv_timer_t *timer)
{
    struct seat *seat = timer->data;
    if (!seat->running) { /* dead, and somebody else holds its socket */
        seat_end(seat);
        return;
    }
    /* Not by the clock: timers count from the loop's time, which may be behind it. */
    bool over = seat->lease_next;
    seat->pool->stats.silent += !over;
    seat->pool->stats.leases_over += over;
    log_line(LOG_ERROR, over ? "worker.lease_over" : "worker.silent", "seat=%d pid=%d job=%lld",
             seat->number + 1, (int)seat->process.pid, (long long)seat->job);
    seat_kill(seat);
}

static void on_exit_seen(uv_process_t *process, int64_t exit_code, int signal)
{
    struct seat *seat = process->data;
    seat->running = seat->ready = false;
    seat->pool->stats.exits += !seat->pool->stopping;
    if (!seat->pool->stopping)
        log_line(LOG_WARN, "worker.exit", "seat=%d pid=%d code=%lld signal=%d", seat->number + 1,
                 (int)process->pid, (long long)exit_code, signal);
    uv_close((uv_handle_t *)process, on_handle_closed);
    if (seat->hung_up || seat->closing)
        seat_end(seat);
    else /* first read what it still said; its end of file follows */
        (void)uv_timer_start(&seat->timer, on_silent, LAST_WORDS_MS, 0);
}

static void seat_kill(struct seat *seat)
{
    seat->ready = false;
    if (seat->running)
        (void)uv_process_kill(&seat->process, SIGKILL); /* gone already is fine */
}

/* Closes the socket; on_handle_closed goes on once process and pipe are both closed. */
void seat_end(struct seat *seat)
{
    if (seat->closing)
        return;
    seat->closing = true;
    (void)uv_timer_stop(&seat->timer);
    if (seat->open_handles == 0) {
        seat_gone(seat);
        return;
    }
    if (seat->running)
        seat_kill(seat);
    if (!uv_is_closing((uv_handle_t *)&seat->pipe))
        uv_close((uv_handle_t *)&seat->pipe, on_handle_closed);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct seat *seat = handle->data;
    if (handle == (uv_handle_t *)&seat->timer) {
        struct pool *pool = seat->pool;
        buf_release(&seat->in);
        if (--pool->seats_open == 0) {
            void (*closed)(void *context) = pool->closed;
            void *context = pool->closed_context;
            free(pool);
            closed(context);
        }
        return;
    }
    if (--seat->open_handles == 0)
        seat_gone(seat);
}

/* Nothing of the old process is left: give its job back, then wait a little and start the next. */
static void seat_gone(struct seat *seat)
{
    struct pool *pool = seat->pool;
    void *ticket = seat->ticket;
    seat->ticket = NULL;
    seat->ready = false;
    seat->closing = false;
    if (pool->stopping) {
        if (!uv_is_closing((uv_handle_t *)&seat->timer))
            uv_close((uv_handle_t *)&seat->timer, on_handle_closed);
    } else {
        (void)uv_timer_start(&seat->timer, on_restart, (uint64_t)seat->restart_ms, 0);
        seat->restart_ms =
            seat->restart_ms * 2 < RESTART_MAX_MS ? seat->restart_ms * 2 : RESTART_MAX_MS;
    }
    if (ticket != NULL)
        pool->callbacks.lost(pool->context, ticket);
}

static void on_restart(uv_timer_t *timer)
{
    seat_start(timer->data);
}
