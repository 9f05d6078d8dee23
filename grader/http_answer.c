/* Answers: whole ones, streams, and the problem lines that the service itself speaks. */
#include "grader/http_parts.h"
#include "grader/negotiate.h"
#include "sandbox/base/clock.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static void answer_with(struct http_request *request, int code, struct MHD_Response *response,
                        const char *content_type, const struct http_field *fields);
static bool has_field(const struct http_field *fields, const char *name);
static ssize_t on_stream_wanted(void *cls, uint64_t position, char *out, size_t max);
static void problem_json(struct buf *out, int code, const char *text);

/* On every answer, unless the handler gave the field itself. */
static const struct http_field always[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy",
     "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"}, /* nearly everything here is somebody's own */
};

/* -- whole answers ----------------------------------------------------------------------------- */

void http_answer(struct http_request *request, int code, const char *content_type, const void *body,
                 size_t size, const struct http_field *fields)
{
    if (request->is_answered || request->is_dead)
        return;
    /* The library asks for a pointer to writable bytes and copies at once. */
    union {
        const void *in;
        void *out;
    } bytes = {.in = body};
    answer_with(request, code,
                MHD_create_response_from_buffer(size, bytes.out, MHD_RESPMEM_MUST_COPY),
                content_type, fields);
}

static void answer_with(struct http_request *request, int code, struct MHD_Response *response,
                        const char *content_type, const struct http_field *fields)
{
    bool is_early = request->phase == HTTP_HEADER && request->has_body;

    if (!response) { /* out of memory: the one thing left is to hang up */
        request->is_dead = true;
        http_peer_doom(request->peer);
        return;
    }
    if (content_type)
        (void)MHD_add_response_header(response, "Content-Type", content_type);
    for (size_t i = 0; i < COUNT(always); i++)
        if (!has_field(fields, always[i].name))
            (void)MHD_add_response_header(response, always[i].name, always[i].value);
    for (const struct http_field *field = fields; field && field->name; field++)
        (void)MHD_add_response_header(response, field->name, field->value);
    (void)MHD_add_response_header(response, "X-Request-Id", request->id);
    if (is_early || request->http->is_quiesced)
        (void)MHD_add_response_header(response, "Connection", "close");
    if (is_early)
        request->peer->must_linger = true;

    request->response = response;
    request->code = code;
    request->is_answered = true;
    request->peer->deadline_ms =
        request->is_stream ? 0 : clock_ms() + request->http->settings.request_ms;
    if (request->peer->deadline_ms && request->not_before_ms)
        request->peer->deadline_ms += request->not_before_ms - clock_ms();
    http_wake(request);
}

static bool has_field(const struct http_field *fields, const char *name)
{
    for (const struct http_field *field = fields; field && field->name; field++)
        if (strcasecmp(field->name, name) == 0)
            return true;
    return false;
}

void http_delay(struct http_request *request, int64_t delay_ms)
{
    request->not_before_ms = clock_ms() + delay_ms;
}

void http_defer(struct http_request *request)
{
    request->is_deferred = true;
}

enum MHD_Result http_queue(struct http_request *request)
{
    struct MHD_Response *response = request->response;

    request->response = NULL;
    enum MHD_Result result =
        MHD_queue_response(request->connection, (unsigned)request->code, response);
    MHD_destroy_response(response); /* the connection holds its own reference */
    return result;
}

/* -- streams ----------------------------------------------------------------------------------- */

void http_stream(struct http_request *request, int code, const char *content_type,
                 const struct http_field *fields)
{
    if (request->is_answered || request->is_dead)
        return;
    request->is_stream = true;
    answer_with(request, code,
                MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, HTTP_STREAM_BLOCK,
                                                  on_stream_wanted, request, NULL),
                content_type, fields);
}

void http_write(struct http_request *request, const void *bytes, size_t size)
{
    if (request->is_dead || request->is_ended)
        return;
    if (request->stream_sent > 0) {
        buf_consume(&request->stream, request->stream_sent);
        request->stream_sent = 0;
    }
    buf_append(&request->stream, bytes, size);
    if (request->stream.failed) { /* reads slower than we write, for too long */
        request->is_dead = true;
        http_peer_doom(request->peer);
    }
    http_wake(request);
}

void http_end(struct http_request *request)
{
    request->is_ended = true;
    /* From here on the client only has to take what is there. */
    request->peer->deadline_ms = clock_ms() + request->http->settings.request_ms;
    http_wake(request);
}

void http_break(struct http_request *request)
{
    request->is_broken = true;
    http_end(request);
}

size_t http_room(const struct http_request *request)
{
    return (size_t)request->http->settings.stream_buffer_max -
           (request->stream.size - request->stream_sent);
}

void http_on_drained(struct http_request *request, void (*drained)(struct http_request *request))
{
    request->drained = drained;
}

static ssize_t on_stream_wanted(void *cls, uint64_t position, char *out, size_t max)
{
    struct http_request *request = cls;
    size_t left = request->stream.size - request->stream_sent;
    (void)position;

    if (request->is_dead || request->peer->is_doomed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (left == 0 && request->is_ended)
        return request->is_broken ? MHD_CONTENT_READER_END_WITH_ERROR
                                  : MHD_CONTENT_READER_END_OF_STREAM;
    if (left == 0) {
        buf_release(&request->stream); /* a thousand of these wait for hours */
        request->stream_sent = 0;
        http_suspend(request);
        if (request->drained)
            request->drained(request);
        return 0;
    }
    if (left > max)
        left = max;
    memcpy(out, request->stream.at + request->stream_sent, left);
    request->stream_sent += left;
    return (ssize_t)left;
}

void http_suspend(struct http_request *request)
{
    if (request->is_suspended || request->peer->is_doomed) /* of those nobody would wake one */
        return;
    request->is_suspended = true;
    MHD_suspend_connection(request->connection);
}

void http_wake(struct http_request *request)
{
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection);
    http_kick(request->http);
}

void http_answer_release(struct http_request *request)
{
    if (request->response)
        MHD_destroy_response(request->response);
    request->response = NULL;
    buf_release(&request->stream);
}

/* -- problems ---------------------------------------------------------------------------------- */

void http_problem(struct http_request *request, int code, const char *text, int64_t retry_after_s)
{
    char seconds[24];
    struct http_field fields[] = {{NULL, NULL}, {NULL, NULL}};

    if (retry_after_s > 0) {
        (void)snprintf(seconds, sizeof seconds, "%lld", (long long)retry_after_s);
        fields[0] = (struct http_field){"Retry-After", seconds};
    }
    http_problem_with(request, code, text, fields);
}

/* By Accept; where it says nothing, programs live below /api. */
static bool wants_json(const struct http_request *request)
{
    const char *accept = http_header(request, "Accept");

    if (!accept || strcmp(accept, "*/*") == 0)
        return strncmp(request->path, "/api/", 5) == 0;
    return negotiate_accept(accept) == NEGOTIATE_JSON;
}

void http_problem_with(struct http_request *request, int code, const char *text,
                       const struct http_field *fields)
{
    struct buf body;

    buf_init(&body, 8192);
    if (wants_json(request)) {
        problem_json(&body, code, text);
        http_answer(request, code, "application/problem+json", body.at, body.size, fields);
    } else {
        buf_printf(&body, "%d  %s\n", code, text);
        http_answer(request, code, "text/plain; charset=utf-8", body.at, body.size, fields);
    }
    buf_release(&body);
}

/* RFC 9457 without the member `status`, a word that means nothing else here either. */
static void problem_json(struct buf *out, int code, const char *text)
{
    cJSON *object = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(object, "http_code", code);
    (void)cJSON_AddStringToObject(object, "title", http_reason(code));
    (void)cJSON_AddStringToObject(object, "detail", text);
    char *printed = cJSON_PrintUnformatted(object);
    buf_text(out, printed ? printed : "{}");
    buf_text(out, "\n");
    cJSON_free(printed);
    cJSON_Delete(object);
}

void http_problem_size(struct http_request *request)
{
    const char *name = http_part(request, "file");
    char text[256];

    (void)snprintf(text, sizeof text, "%s is %lld KiB; the limit is %zu KiB",
                   name ? name : "the body", (long long)(request->content_length + 1023) / 1024,
                   request->body_max / 1024);
    http_problem(request, 413, text, 0);
}

void http_size_words(const struct http_request *request, char *out, size_t size)
{
    const char *name = http_part(request, "file");

    (void)snprintf(out, size, "413  %s is more than %zu KiB; that is the limit\n",
                   name ? name : "the body", request->body_max / 1024);
}

const char *http_reason(int code)
{
    const char *phrase = MHD_get_reason_phrase_for((unsigned)code);

    return phrase ? phrase : "Unknown";
}
