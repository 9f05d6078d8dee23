/* Starting and stopping: the listening socket and the library's options. */
#include "grader/http_parts.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void raise_descriptors(int64_t connections);
static struct err listen_on(struct http *http);
static struct err listen_at(struct http *http, const struct addrinfo *address);
static struct err start_library(struct http *http);
static void on_library_words(void *cls, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#define BACKLOG 1024
#define DESCRIPTORS_BESIDE 512

struct err http_start(struct http **out_http, uv_loop_t *loop, const struct http_settings *settings,
                      const struct http_route *routes, void *context)
{
    struct http *http = calloc(1, sizeof *http);

    if (!http)
        return err_make(ERR_SYSTEM, "start the HTTP service");
    http->loop = loop;
    http->settings = *settings;
    http->routes = routes;
    http->context = context;
    http->listen_fd = -1;
    http->run = (uint32_t)clock_utc_us() ^ (uint32_t)getpid() << 20;
    list_init(&http->waiting);
    list_init(&http->busy);
    list_init(&http->lingers);

    raise_descriptors(settings->connections_max);
    struct err err = listen_on(http);
    if (!err_is(err))
        err = start_library(http);
    if (!err_is(err))
        err = http_loop_start(http);
    if (err_is(err)) {
        if (http->daemon)
            MHD_stop_daemon(http->daemon);
        else if (http->listen_fd >= 0)
            (void)close(http->listen_fd); /* nothing was ever written to it */
        free(http);
        return err;
    }
    *out_http = http;
    return err_none();
}

/* One descriptor per connection, and some for everything else. Where the hard limit is lower, the
 * library stops accepting when they run out and goes on later. */
static void raise_descriptors(int64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + DESCRIPTORS_BESIDE;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        log_line(LOG_WARN, "http.descriptors", "wanted=%llu", (unsigned long long)wanted);
}

static struct err listen_on(struct http *http)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    const char *host = http->settings.host[0] ? http->settings.host : "127.0.0.1";
    struct addrinfo *found = NULL;
    char port[24];

    (void)snprintf(port, sizeof port, "%lld", (long long)http->settings.port);
    int code = getaddrinfo(host, port, &hints, &found);
    if (code)
        return err_make(ERR_INPUT, "listen on '%s': %s", host, gai_strerror(code));
    struct err err = listen_at(http, found);
    freeaddrinfo(found);
    return err;
}

static struct err listen_at(struct http *http, const struct addrinfo *address)
{
    const int yes = 1;
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } bound = {.six = {.sin6_port = 0}};
    socklen_t size = sizeof bound;
    const char *host = http->settings.host;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->ai_protocol);

    if (fd < 0)
        return err_make(ERR_SYSTEM, "make a listening socket");
    http->listen_fd = fd; /* http_start closes it after a failure */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        return err_make(ERR_SYSTEM, "prepare the listening socket");
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        if (errno == EADDRINUSE)
            return err_make(ERR_SYSTEM, "%s:%lld is in use; choose another with http.port", host,
                            (long long)http->settings.port);
        return err_make(ERR_SYSTEM, "listen on %s:%lld", host, (long long)http->settings.port);
    }
    if (getsockname(fd, &bound.any, &size) < 0)
        return err_make(ERR_SYSTEM, "ask for the port");
    http->port = ntohs(bound.any.sa_family == AF_INET6 ? bound.six.sin6_port : bound.four.sin_port);
    return err_none();
}

static struct err start_library(struct http *http)
{
    const struct http_settings *settings = &http->settings;
    unsigned idle_s = (unsigned)((settings->idle_ms + 999) / 1000);

    /* Not strict: it would hang up without a word where the guard says what was wrong. */
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        http_on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_library_words, http,
        MHD_OPTION_LISTEN_SOCKET, http->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)settings->connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)settings->memory_per_connection, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
        MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_URI_LOG_CALLBACK, http_on_uri, http,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
        http_on_connection, http, MHD_OPTION_END);
    if (!http->daemon)
        return err_make(ERR_INTERNAL, "libmicrohttpd does not start with these settings");
    return err_none();
}

/* Remarks about broken clients; of interest only to whoever looks for them. */
static void on_library_words(void *cls, const char *format, va_list arguments)
{
    char words[160];
    (void)cls;

    int size = vsnprintf(words, sizeof words, format, arguments);
    if (size < 0)
        return;
    words[strcspn(words, "\n")] = '\0';
    log_line(LOG_DEBUG, "http.library", "text=\"%s\"", words);
}

int http_port(const struct http *http)
{
    return http->port;
}

void http_observe(struct http *http, http_observer_fn observer)
{
    http->observer = observer;
}

void http_quiesce(struct http *http)
{
    if (http->is_quiesced)
        return;
    http->is_quiesced = true;
    MHD_socket fd = MHD_quiesce_daemon(http->daemon);
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd); /* no more clients: nothing to report */
    http->listen_fd = -1;
}

void http_stop(struct http *http, void (*closed)(void *context), void *context)
{
    http_quiesce(http);
    http->is_stopping = true;
    http->closed = closed;
    http->closed_context = context;
    http_loop_stop(http);
}
