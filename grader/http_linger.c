/* Closing without losing the answer: what a client still sends after it is read and thrown away for
 * a moment, because closing a socket with unread bytes resets it, and the answer goes with it. */
#include "grader/http_parts.h"
#include "sandbox/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Our own copy of a descriptor that the library has let go. */
struct late {
    struct http *http;
    uv_poll_t poll;
    int fd;
    int64_t deadline_ms;
    size_t bytes;
    struct list link;
};

static void on_linger(uv_poll_t *poll, int status, int events);
static void late_end(struct late *late);
static void on_linger_closed(uv_handle_t *handle);

void http_linger(struct http *http, int fd)
{
    if (http->lingers_count >= HTTP_LINGER_MAX)
        return;
    struct late *late = calloc(1, sizeof *late);
    if (!late)
        return;
    late->http = http;
    late->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (late->fd < 0 || uv_poll_init(http->loop, &late->poll, late->fd) != 0) {
        if (late->fd >= 0)
            (void)close(late->fd); /* the library's copy is about to go as well */
        free(late);
        return;
    }
    late->poll.data = late;
    late->deadline_ms = clock_ms() + HTTP_LINGER_MS;
    (void)shutdown(late->fd, SHUT_WR); /* tells the client that this was all */
    (void)uv_poll_start(&late->poll, UV_READABLE | UV_DISCONNECT, on_linger);
    list_init(&late->link);
    list_push(&http->lingers, &late->link);
    http->lingers_count++;
    http->open_handles++;
    http_sweep_on(http);
}

static void on_linger(uv_poll_t *poll, int status, int events)
{
    struct late *late = poll->data;
    char bytes[16384];
    (void)events;

    ssize_t size = status < 0 ? 0 : recv(late->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0)
        late->bytes += (size_t)size;
    if (size == 0 || (size < 0 && errno != EAGAIN) || late->bytes > HTTP_LINGER_BYTES)
        late_end(late);
}

static void late_end(struct late *late)
{
    if (uv_is_closing((uv_handle_t *)&late->poll))
        return;
    list_remove(&late->link);
    late->http->lingers_count--;
    uv_close((uv_handle_t *)&late->poll, on_linger_closed);
}

static void on_linger_closed(uv_handle_t *handle)
{
    struct late *late = handle->data;
    struct http *http = late->http;

    (void)close(late->fd); /* nothing is in flight that we want */
    free(late);
    http_handle_closed(http);
}

void http_linger_sweep(struct http *http, int64_t now_ms)
{
    list_each (link, &http->lingers) {
        struct late *late = list_of(link, struct late, link);
        if (now_ms >= late->deadline_ms)
            late_end(late);
    }
}
