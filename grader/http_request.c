/* The life of one request inside the library's callbacks: guard, route, admit, body, handle. */
#include "grader/http_parts.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static void refuse_arguments(struct http_request *request);
static enum log_level log_level_of(const struct http_request *request);
static void request_header(struct http_request *request, const char *version);
static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind, const char *name,
                                size_t name_size, const char *value, size_t value_size);
static bool guard_passes(struct http_request *request, const char *version);
static void read_framing(struct http_request *request);
static void find_route(struct http_request *request);
static bool is_first_word(const struct http_route *routes, const char *word);
static bool route_matches(struct http_request *request, const struct http_route *route);
static bool part_matches(struct http_request *request, const char *pattern, size_t size,
                         const char *segment);
static bool method_matches(const struct http_request *request, const struct http_route *route);
static void refuse_method(struct http_request *request);
static enum MHD_Result request_piece(struct http_request *request, const char *bytes, size_t *size);
static bool request_body(struct http_request *request, const char *bytes, size_t size);
static void request_whole(struct http_request *request);
static enum MHD_Result request_settle(struct http_request *request);

#define BODY_SLACK 4096 /* a body of exactly body_max bytes must fit */

/* -- the library calls ------------------------------------------------------------------------- */

void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http *http = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct http_peer *peer = info ? info->socket_context : NULL;
    size_t size = strlen(uri) + 1;

    if (!peer)
        return NULL;
    struct http_request *request = calloc(1, sizeof *request);
    char *text = calloc(3, size);
    if (!request || !text) {
        free(request);
        free(text);
        return NULL;
    }
    request->http = http;
    request->peer = peer;
    request->connection = connection;
    request->uri_at = uri;
    request->uri = text;
    request->path = text + size;
    request->segments_space = text + 2 * size;
    memcpy(request->uri, uri, size);
    request->content_length = -1;
    request->received_at = clock_utc_us();
    request->began_us = clock_us();
    (void)snprintf(request->id, sizeof request->id, "%08x-%llu", http->run,
                   (unsigned long long)++http->requests_count); /* a cut one still is a name */
    buf_init(&request->body, 0);
    buf_init(&request->stream, (size_t)http->settings.stream_buffer_max);
    http_peer_busy(peer, request);
    if (guard_arguments(uri) > GUARD_ARGUMENTS_MAX)
        refuse_arguments(request);
    return request;
}

/* Here, since the library neither answers nor hangs up when they fill its memory. */
static void refuse_arguments(struct http_request *request)
{
    char words[80];

    (void)snprintf(words, sizeof words, "400  more than %d arguments behind the '?'\n",
                   GUARD_ARGUMENTS_MAX);
    http_peer_last_words(request->peer, 400, words);
    (void)shutdown(request->peer->fd, SHUT_WR); /* that was all */
    request->peer->deadline_ms = clock_ms() + HTTP_LINGER_MS;
    request->code = 400;
    request->is_answered = true;
    request->is_dead = true;
}

enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_size, void **request_slot)
{
    struct http_request *request = *request_slot;
    (void)cls;
    (void)connection;
    (void)url; /* decoded by rules that are not ours */

    if (!request || request->is_dead || request->peer->is_doomed)
        return MHD_NO;
    if (request->phase == HTTP_HEADER && !request->is_answered) {
        request->method = method;
        request_header(request, version);
    } else if (request->phase == HTTP_BODY && *upload_size > 0) {
        return request_piece(request, upload, upload_size);
    } else if (request->phase == HTTP_BODY) {
        request_whole(request);
    }
    return request_settle(request);
}

void http_on_completed(void *cls, struct MHD_Connection *connection, void **request_slot,
                       enum MHD_RequestTerminationCode code)
{
    struct http_request *request = *request_slot;
    (void)cls;
    (void)connection;

    *request_slot = NULL;
    if (request)
        http_request_end(request, code);
}

void http_request_end(struct http_request *request, enum MHD_RequestTerminationCode code)
{
    int64_t took_us = clock_us() - request->began_us;
    log_line(log_level_of(request), "http.request",
             "request=%s method=%s route=%s code=%d end=%d took_ms=%lld peer=%s", request->id,
             request->route ? request->method : "-", request->route ? request->route->pattern : "-",
             request->code, (int)code, (long long)took_us / 1000, request->peer->address);
    if (request->http->observer)
        request->http->observer(request->http->context, request, request->code, took_us);
    http_peer_idle(request->peer);
    if (request->gone)
        request->gone(request->state);
    http_answer_release(request);
    buf_release(&request->body);
    free(request->uri);
    free(request);
}

/* What changed something, and what we failed at; the rest is there for whoever looks for it. */
static enum log_level log_level_of(const struct http_request *request)
{
    bool is_reading = !request->method || strcmp(request->method, "GET") == 0 ||
                      strcmp(request->method, "HEAD") == 0;

    if (request->code == 500)
        return LOG_ERROR;
    return is_reading || request->code >= 400 || request->code == 0 ? LOG_DEBUG : LOG_INFO;
}

/* -- header ------------------------------------------------------------------------------------ */

static void request_header(struct http_request *request, const char *version)
{
    if (!guard_passes(request, version))
        return;
    find_route(request);
    if (request->is_answered)
        return;
    request->body_max = request->route->body_max;
    if (request->route->admit)
        request->route->admit(request);
    if (request->is_answered)
        return;
    buf_init(&request->body, request->body_max + BODY_SLACK);
    if (request->content_length > (int64_t)request->body_max) {
        http_problem_size(request);
        return;
    }
    if (request->has_body && request->body_max == 0) {
        http_problem(request, 413, "this address takes no body", 0);
        return;
    }
    request->phase = HTTP_BODY;
    request->peer->deadline_ms = clock_ms() + request->http->settings.request_ms;
}

struct fields {
    struct guard_field list[GUARD_FIELDS_MAX + 1];
    size_t count;
};

static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind, const char *name,
                                size_t name_size, const char *value, size_t value_size)
{
    struct fields *fields = cls;
    (void)kind;

    if (fields->count < COUNT(fields->list))
        fields->list[fields->count++] =
            (struct guard_field){name, name_size, value ? value : "", value ? value_size : 0};
    return MHD_YES;
}

static bool guard_passes(struct http_request *request, const char *version)
{
    struct fields fields = {.count = 0};
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    (void)MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, on_field, &fields);
    struct guard_request seen = {.method = request->method,
                                 .uri = request->uri,
                                 .version = version,
                                 .fields = fields.list,
                                 .fields_count = fields.count,
                                 .uri_at = request->uri_at,
                                 .block_end = info ? request->method + info->header_size : NULL};
    struct guard_verdict verdict = guard_check(&seen);

    read_framing(request);
    if (verdict.code) {
        /* Whatever follows cannot be told apart from a next request. */
        request->has_body = true;
        http_problem(request, verdict.code, verdict.why, 0);
        return false;
    }
    request->segments_count =
        guard_segments(request->uri, request->segments_space, request->segments);
    char *at = request->path;
    for (size_t i = 0; i < request->segments_count; i++)
        at += sprintf(at, "/%s", request->segments[i]);
    if (request->segments_count == 0)
        request->path[0] = '/';
    return true;
}

static void read_framing(struct http_request *request)
{
    const char *length = http_header(request, "Content-Length");

    if (length)
        request->content_length = strtoll(length, NULL, 10);
    request->has_body =
        http_header(request, "Transfer-Encoding") != NULL || request->content_length > 0;
}

/* -- route ------------------------------------------------------------------------------------- */

static void find_route(struct http_request *request)
{
    bool is_known = false;

    for (const struct http_route *route = request->http->routes; route->method; route++) {
        if (!route_matches(request, route))
            continue;
        is_known = true;
        if (method_matches(request, route)) {
            request->route = route;
            return;
        }
    }
    if (is_known)
        refuse_method(request);
    else
        http_problem(request, 404, "there is nothing at this address; GET /help says what there is",
                     0);
}

/* A word that addresses begin with is never what a {part} in the first place stands for: GET of
 * /submit/attention is a wrong method, not a cohort. */
static bool is_first_word(const struct http_route *routes, const char *word)
{
    size_t size = strlen(word);

    for (const struct http_route *route = routes; route->method; route++)
        if (strncmp(route->pattern + 1, word, size) == 0 &&
            strchr("/", route->pattern[1 + size]) != NULL)
            return true;
    return false;
}

static bool route_matches(struct http_request *request, const struct http_route *route)
{
    const char *at = route->pattern;
    size_t segment = 0;

    request->parts_count = 0;
    if (request->cut)
        *request->cut = '.'; /* as an earlier row found it */
    request->cut = NULL;
    if (strncmp(at, "/{", 2) == 0 && request->segments_count > 0 &&
        is_first_word(request->http->routes, request->segments[0]))
        return false;
    while (*at == '/' && at[1] != '\0') {
        size_t size = strcspn(at + 1, "/");
        if (segment == request->segments_count ||
            !part_matches(request, at + 1, size, request->segments[segment]))
            return false;
        segment++;
        at += 1 + size;
    }
    return segment == request->segments_count;
}

/* "submit", "{assignment}" or "{assignment}.tar.gz" against one segment. The ending of a segment
 * is cut off in place: no pattern matches it both with and without. */
static bool part_matches(struct http_request *request, const char *pattern, size_t size,
                         const char *segment)
{
    size_t segment_size = strlen(segment);

    if (pattern[0] != '{')
        return segment_size == size && memcmp(pattern, segment, size) == 0;

    size_t name_size = strcspn(pattern, "}") - 1;
    size_t ending_size = size - name_size - 2;
    if (segment_size <= ending_size || request->parts_count == HTTP_PARTS_MAX)
        return false;
    const char *ending = segment + segment_size - ending_size;
    if (memcmp(ending, pattern + name_size + 2, ending_size) != 0)
        return false;
    if (ending_size > 0) {
        request->cut = &request->segments_space[ending - request->segments_space];
        *request->cut = '\0';
    }
    request->parts[request->parts_count].name = pattern + 1;
    request->parts[request->parts_count].name_size = name_size;
    request->parts[request->parts_count].value = segment;
    request->parts_count++;
    return true;
}

static bool method_matches(const struct http_request *request, const struct http_route *route)
{
    if (strcmp(request->method, "HEAD") == 0 && strcmp(route->method, "GET") == 0)
        return true;
    return strcmp(request->method, route->method) == 0;
}

static void refuse_method(struct http_request *request)
{
    char allow[128] = "";
    char text[192];

    for (const struct http_route *route = request->http->routes; route->method; route++) {
        if (!route_matches(request, route) || strstr(allow, route->method))
            continue;
        size_t used = strlen(allow);
        (void)snprintf(allow + used, sizeof allow - used, "%s%s", used ? ", " : "", route->method);
    }
    if (strstr(allow, "GET"))
        (void)snprintf(allow + strlen(allow), sizeof allow - strlen(allow), ", HEAD");

    const struct http_field fields[] = {{"Allow", allow}, {NULL, NULL}};
    if (strcmp(request->method, "OPTIONS") == 0) {
        http_answer(request, 204, NULL, "", 0, fields);
        return;
    }
    (void)snprintf(text, sizeof text, "%s is not possible here; possible: %s", request->method,
                   allow);
    http_problem_with(request, 405, text, fields);
}

/* -- body -------------------------------------------------------------------------------------- */

/* The library offers the next chunk even of a connection that is suspended. What is left to it
 * comes again; taken or refused then, the connection would end suspended, for ever. */
static enum MHD_Result request_piece(struct http_request *request, const char *bytes, size_t *size)
{
    if (request->is_paused)
        return MHD_YES;
    bool fits = request_body(request, bytes, *size);
    *size = 0;
    if (fits && request->is_paused)
        http_suspend(request);
    return fits ? MHD_YES : MHD_NO;
}

static bool request_body(struct http_request *request, const char *bytes, size_t size)
{
    if (request->take && request->taken + size <= request->body_max) {
        request->taken += size;
        request->take(request, bytes, size);
        return true;
    }
    if (!request->take && request->body.size + size <= request->body_max) {
        buf_append(&request->body, bytes, size);
        if (!request->body.failed)
            return true;
        http_peer_last_words(request->peer, 503, "503  out of memory; try again in 10 s\n");
        return false;
    }
    /* Only a chunked body gets here. The library takes no answer in the middle of a body. */
    char text[256];
    http_size_words(request, text, sizeof text);
    http_peer_last_words(request->peer, 413, text);
    return false;
}

static void request_whole(struct http_request *request)
{
    request->phase = HTTP_HANDLED;
    request->peer->deadline_ms = 0;
    if (!request->is_answered) /* else a piece of it was enough to know the answer */
        request->route->handle(request);
    if (!request->is_answered && !request->is_deferred)
        http_problem(request, 500, "the service forgot to answer; this is our mistake", 0);
}

/* After anything that may have made an answer: hand it over, or wait for it. */
static enum MHD_Result request_settle(struct http_request *request)
{
    if (request->response && clock_ms() >= request->not_before_ms)
        return http_queue(request);
    if (request->response || request->phase == HTTP_HANDLED)
        http_suspend(request);
    return MHD_YES;
}

/* -- what handlers ask ------------------------------------------------------------------------- */

void *http_context(const struct http_request *request)
{
    return request->http->context;
}

void http_limit_body(struct http_request *request, size_t max)
{
    if (max < request->body_max)
        request->body_max = max;
}

void http_take_pieces(struct http_request *request, http_piece_fn take)
{
    request->take = take;
}

void http_pause(struct http_request *request)
{
    request->is_paused = true;
}

void http_go_on(struct http_request *request)
{
    if (!request->is_paused)
        return;
    request->is_paused = false;
    http_wake(request);
}

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_part(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->parts_count; i++)
        if (strlen(name) == request->parts[i].name_size &&
            memcmp(name, request->parts[i].name, request->parts[i].name_size) == 0)
            return request->parts[i].value;
    return NULL;
}

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const struct buf *http_body(const struct http_request *request)
{
    return &request->body;
}

int64_t http_content_length(const struct http_request *request)
{
    return request->content_length;
}

const char *http_peer(const struct http_request *request)
{
    return request->peer->address;
}

int64_t http_received_at(const struct http_request *request)
{
    return request->received_at;
}

const struct http_route *http_route(const struct http_request *request)
{
    return request->route;
}

const char *http_request_id(const struct http_request *request)
{
    return request->id;
}

void http_set_state(struct http_request *request, void *state, void (*gone)(void *state))
{
    request->state = state;
    request->gone = gone;
}

void *http_state(const struct http_request *request)
{
    return request->state;
}
