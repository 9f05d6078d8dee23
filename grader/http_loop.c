/* The library inside the libuv loop: one poll on its epoll descriptor, one timer for its time-outs,
 * and what it lacks: deadlines for a whole request, eviction, clients that leave while they are
 * suspended, and closes that do not lose the answer. */
#include "grader/http_parts.h"
#include "sandbox/base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_poll(uv_poll_t *poll, int status, int events);
static void on_timer(uv_timer_t *timer);
static void on_prepare(uv_prepare_t *prepare);
static void run_library(struct http *http);
static void peer_start(struct http *http, struct MHD_Connection *connection, void **slot);
static void peer_end(struct http_peer *peer);
static bool was_no_http(const struct http_peer *peer);
static void address_words(const struct sockaddr *address, char *out, size_t size);
static void make_room(struct http *http, struct http_peer *newcomer);
static size_t peers_of(const struct http *http, const char *address);
static bool evict_idlest(struct http *http, const struct http_peer *newcomer, const char *address);
static void on_sweep(uv_timer_t *timer);
static void sweep_deadlines(struct list *peers, int64_t now_ms);
static void sweep_delayed(struct http *http, int64_t now_ms);
static void sweep_gone(struct http *http);
static void on_handle_closed(uv_handle_t *handle);

#define SWEEP_MIN_MS 20
#define SWEEP_MAX_MS 500
#define GONE_BATCH 256

/* -- start and run ----------------------------------------------------------------------------- */

struct err http_loop_start(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_handle_t *handles[] = {(uv_handle_t *)&http->poll, (uv_handle_t *)&http->timer,
                              (uv_handle_t *)&http->sweep, (uv_handle_t *)&http->prepare};

    if (!info || uv_poll_init(http->loop, &http->poll, info->epoll_fd) != 0)
        return err_make(ERR_INTERNAL, "watch the HTTP library's descriptor");
    (void)uv_timer_init(http->loop, &http->timer); /* these three cannot fail */
    (void)uv_timer_init(http->loop, &http->sweep);
    (void)uv_prepare_init(http->loop, &http->prepare);
    for (size_t i = 0; i < COUNT(handles); i++)
        handles[i]->data = http;
    http->open_handles = COUNT(handles);
    (void)uv_poll_start(&http->poll, UV_READABLE, on_poll);
    (void)uv_prepare_start(&http->prepare, on_prepare);
    return err_none();
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status; /* the library finds out by itself */
    (void)events;
    run_library(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    run_library(timer->data);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct http *http = prepare->data;

    if (http->kicked)
        run_library(http);
}

void http_kick(struct http *http)
{
    http->kicked = true;
}

static void run_library(struct http *http)
{
    unsigned MHD_LONG_LONG wait_ms = 0;

    if (http->is_stopping || http->is_running)
        return;
    http->is_running = true;
    http->kicked = false;
    (void)MHD_run(http->daemon);
    http->is_running = false;
    if (MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES)
        (void)uv_timer_start(&http->timer, on_timer, wait_ms, 0);
    else
        (void)uv_timer_stop(&http->timer);
}

/* -- connections ------------------------------------------------------------------------------- */

void http_on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        peer_start(cls, connection, socket_context);
    else if (*socket_context)
        peer_end(*socket_context);
}

static void peer_start(struct http *http, struct MHD_Connection *connection, void **slot)
{
    struct http_peer *peer = calloc(1, sizeof *peer);
    const unsigned user_timeout_ms = HTTP_USER_TIMEOUT_MS;

    *slot = peer;
    if (!peer)
        return; /* its requests are refused one by one */
    peer->http = http;
    peer->connection = connection;
    peer->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    address_words(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
        peer->address, sizeof peer->address);
    /* A comfort, not a promise: without it a dead peer costs its buffer for longer. */
    (void)setsockopt(peer->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
                     sizeof user_timeout_ms);
    list_init(&peer->link);
    http_peer_idle(peer);
    http->peers_count++;
    http_sweep_on(http);
    make_room(http, peer);
}

static void peer_end(struct http_peer *peer)
{
    struct http *http = peer->http;
    int unread = 0;

    if (peer->request) /* the library forgets those whose arguments filled its memory */
        http_request_end(peer->request, MHD_REQUEST_TERMINATED_WITH_ERROR);
    if (was_no_http(peer))
        http_peer_last_words(peer, 400, "400  this is no HTTP request\n");
    if (!http->is_stopping && !peer->is_doomed &&
        (peer->must_linger || (ioctl(peer->fd, FIONREAD, &unread) == 0 && unread > 0)))
        http_linger(http, peer->fd);
    list_remove(&peer->link);
    http->peers_count--;
    free(peer);
    http_kick(http); /* the library may have stopped accepting for lack of room */
}

/* The library hangs up without a word when it cannot read the first line. */
static bool was_no_http(const struct http_peer *peer)
{
    struct pollfd one = {.fd = peer->fd, .events = POLLRDHUP};
    bool was_silent = clock_ms() >= peer->deadline_ms - peer->http->settings.idle_ms;

    return !peer->was_asked && !peer->is_doomed && !was_silent && poll(&one, 1, 0) == 0;
}

static void address_words(const struct sockaddr *address, char *out, size_t size)
{
    const void *bytes = NULL;

    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (!bytes || !inet_ntop(address->sa_family, bytes, out, (socklen_t)size))
        out[0] = '\0';
}

/* A connection that says nothing must not keep an honest one out, nor one from the same address:
 * the longest silent one goes. The library's own limit for an address would refuse the newcomer. */
static void make_room(struct http *http, struct http_peer *newcomer)
{
    size_t most = (size_t)http->settings.connections_per_ip;

    if ((int64_t)http->peers_count + HTTP_PEER_RESERVE > http->settings.connections_max)
        (void)evict_idlest(http, newcomer, NULL); /* else the library refuses */
    if (http->peers_count > most && peers_of(http, newcomer->address) > most &&
        !evict_idlest(http, newcomer, newcomer->address))
        http_peer_doom(newcomer); /* all the others are at work */
}

static size_t peers_of(const struct http *http, const char *address)
{
    const struct list *const lists[] = {&http->busy, &http->waiting};
    size_t count = 0;

    for (size_t i = 0; i < COUNT(lists); i++)
        list_each (link, lists[i]) {
            const struct http_peer *peer = list_of(link, struct http_peer, link);
            count += !peer->is_doomed && strcmp(peer->address, address) == 0;
        }
    return count;
}

/* address NULL: any. False: there was none to shut. */
static bool evict_idlest(struct http *http, const struct http_peer *newcomer, const char *address)
{
    list_each (link, &http->waiting) {
        struct http_peer *peer = list_of(link, struct http_peer, link);
        if (peer == newcomer || peer->is_doomed ||
            (address != NULL && strcmp(peer->address, address) != 0))
            continue;
        http_peer_doom(peer);
        return true;
    }
    return false;
}

void http_peer_busy(struct http_peer *peer, struct http_request *request)
{
    peer->request = request;
    peer->was_asked = true;
    list_remove(&peer->link);
    list_push(&peer->http->busy, &peer->link);
}

void http_peer_idle(struct http_peer *peer)
{
    peer->request = NULL;
    list_remove(&peer->link);
    list_push(&peer->http->waiting, &peer->link);
    /* The library ends silence at idle_ms; a header that drips ends here. */
    peer->deadline_ms = clock_ms() + 2 * peer->http->settings.idle_ms;
}

void http_peer_doom(struct http_peer *peer)
{
    if (peer->is_doomed)
        return;
    peer->is_doomed = true;
    peer->deadline_ms = 0;
    (void)shutdown(peer->fd, SHUT_RDWR); /* it may be gone already: all the same */
    if (peer->request && peer->request->is_suspended) {
        peer->request->is_dead = true;
        http_wake(peer->request);
    }
    http_kick(peer->http);
}

void http_peer_last_words(struct http_peer *peer, int code, const char *text)
{
    char words[512];
    int size = snprintf(words, sizeof words,
                        "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                        "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
                        code, http_reason(code), strlen(text), text);

    peer->must_linger = true;
    if (size > 0 && (size_t)size < sizeof words) /* lost if the client does not read: so be it */
        (void)send(peer->fd, words, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* -- sweep ------------------------------------------------------------------------------------- */

void http_sweep_on(struct http *http)
{
    const struct http_settings *settings = &http->settings;
    int64_t every =
        (settings->idle_ms < settings->request_ms ? settings->idle_ms : settings->request_ms) / 4;

    if (uv_is_active((uv_handle_t *)&http->sweep))
        return;
    every = every < SWEEP_MIN_MS ? SWEEP_MIN_MS : every > SWEEP_MAX_MS ? SWEEP_MAX_MS : every;
    (void)uv_timer_start(&http->sweep, on_sweep, (uint64_t)every, (uint64_t)every);
}

static void on_sweep(uv_timer_t *timer)
{
    struct http *http = timer->data;
    int64_t now_ms = clock_ms();

    sweep_deadlines(&http->waiting, now_ms);
    sweep_deadlines(&http->busy, now_ms);
    sweep_delayed(http, now_ms);
    sweep_gone(http);
    http_linger_sweep(http, now_ms);
    if (http->peers_count == 0 && list_is_empty(&http->lingers))
        (void)uv_timer_stop(timer);
}

static void sweep_deadlines(struct list *peers, int64_t now_ms)
{
    list_each (link, peers) {
        struct http_peer *peer = list_of(link, struct http_peer, link);
        if (peer->deadline_ms == 0 || now_ms < peer->deadline_ms)
            continue;
        if (!peer->request || !peer->request->is_answered)
            http_peer_last_words(peer, 408, "408  the request took too long to arrive\n");
        http_peer_doom(peer);
    }
}

static void sweep_delayed(struct http *http, int64_t now_ms)
{
    list_each (link, &http->busy) {
        struct http_request *request = list_of(link, struct http_peer, link)->request;
        if (request->response && request->not_before_ms && now_ms >= request->not_before_ms)
            http_wake(request);
    }
}

/* The library does not look at a suspended connection; we do. A client that closes its sending
 * side while it waits counts as gone too. */
static void sweep_gone(struct http *http)
{
    struct pollfd polls[GONE_BATCH];
    struct http_peer *peers[GONE_BATCH];
    nfds_t count = 0;

    list_each (link, &http->busy) {
        struct http_peer *peer = list_of(link, struct http_peer, link);
        if (peer->request->is_suspended && !peer->is_doomed) {
            polls[count] = (struct pollfd){.fd = peer->fd, .events = POLLRDHUP};
            peers[count++] = peer;
        }
        if (count < GONE_BATCH && link_next != &http->busy)
            continue;
        if (count > 0 && poll(polls, count, 0) > 0)
            for (nfds_t i = 0; i < count; i++)
                if (polls[i].revents != 0)
                    http_peer_doom(peers[i]);
        count = 0;
    }
}

/* -- stop -------------------------------------------------------------------------------------- */

void http_loop_stop(struct http *http)
{
    struct list *const lists[] = {&http->busy, &http->waiting};

    /* The library wants no connection suspended when it ends. */
    for (size_t i = 0; i < COUNT(lists); i++)
        list_each (link, lists[i])
            http_peer_doom(list_of(link, struct http_peer, link));
    (void)MHD_run(http->daemon);
    (void)uv_poll_stop(&http->poll);
    MHD_stop_daemon(http->daemon); /* calls `gone` of whatever was left */
    http->daemon = NULL;

    http_linger_sweep(http, INT64_MAX);
    uv_close((uv_handle_t *)&http->poll, on_handle_closed);
    uv_close((uv_handle_t *)&http->timer, on_handle_closed);
    uv_close((uv_handle_t *)&http->sweep, on_handle_closed);
    uv_close((uv_handle_t *)&http->prepare, on_handle_closed);
}

static void on_handle_closed(uv_handle_t *handle)
{
    http_handle_closed(handle->data);
}

void http_handle_closed(struct http *http)
{
    if (--http->open_handles > 0)
        return;
    void (*closed)(void *context) = http->closed;
    void *context = http->closed_context;
    free(http);
    if (closed)
        closed(context);
}
