/* HTTP/1.1 on the libuv loop, over libmicrohttpd's epoll descriptor (FACTS: what it accepts wrongly
 * and what it lacks is mended here: framing guard, total deadline per request, explicit limits).
 *
 * Knows no grading: a table of routes goes in, calls to handlers come out, all on the loop thread.
 *
 * Life of a request: 1. the guard; 2. `admit` of its route, with the headers alone: may answer
 * (401, 404, 409, 413 go out before the body is sent); 3. the body, at most body_max; 4. `handle`,
 * with the body; which answers at once, later, or as a stream; 5. `gone` once, when client or
 * answer is finished. The request lives until `gone` has returned. */
#ifndef GRADER_HTTP_H
#define GRADER_HTTP_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define HTTP_PARTS_MAX 4 /* {…} parts of a pattern */

struct http;
struct http_request;

typedef void (*http_handler_fn)(struct http_request *request);

struct http_route {
    const char *method;    /* "PUT" */
    const char *pattern;   /* "/submit/{assignment}/{file}": a part matches one non-empty segment */
    size_t body_max;       /* 0: no body is taken */
    http_handler_fn admit; /* may be NULL */
    http_handler_fn handle; /* not called once admit has answered */
    const char *role; /* "any", "student", "ta", "admin", "worker", "hook": for openapi and tests */
    const char *codes; /* "200 404": what it answers, beside what every route may (openapi.h) */
    const char *help;  /* one line */
};

struct http_settings {
    char host[64];
    int64_t port;               /* 0: any; see http_port */
    int64_t connections_max;    /* all together */
    int64_t connections_per_ip; /* generous: a classroom may sit behind one address */
    int64_t memory_per_connection;
    int64_t idle_ms;    /* inactivity */
    int64_t request_ms; /* total, until the body is complete; streams are exempt afterwards */
    int64_t stream_buffer_max; /* unsent bytes of one stream before the client counts as gone */
};

/* Starts listening. ERR_SYSTEM "127.0.0.1:8080 is in use…" and the like. `context` comes back from
 * http_context. Routes are borrowed and end with a NULL method. A path known under another method
 * answers 405 with Allow; HEAD works where GET does. */
struct err http_start(struct http **out_http, uv_loop_t *loop, const struct http_settings *settings,
                      const struct http_route *routes, void *context);
int http_port(const struct http *http);

/* Told once at the end of each request: code 0 if there was no answer. */
typedef void (*http_observer_fn)(void *context, const struct http_request *request, int code,
                                 int64_t took_us);
void http_observe(struct http *http, http_observer_fn observer);

/* Stops accepting; requests in flight go on. Then http_stop ends everything and calls closed once.
 */
void http_quiesce(struct http *http);
void http_stop(struct http *http, void (*closed)(void *context), void *context);

/* -- what a handler may ask ------------------------------------------------------------------- */
void *http_context(const struct http_request *request);
const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request);
const char *http_part(const struct http_request *request,
                      const char *name); /* decoded; NULL: not in pattern */
const char *http_query(const struct http_request *request, const char *name); /* NULL: absent */
const char *http_header(const struct http_request *request, const char *name);
const struct buf *http_body(const struct http_request *request); /* whole, in `handle` */
int64_t http_content_length(const struct http_request *request); /* -1: unknown (chunked) */
const char *http_peer(const struct http_request *request);       /* address as text */
int64_t http_received_at(const struct http_request *request);    /* UTC us of the first byte */

/* The row of the table that matched; NULL: none did. */
const struct http_route *http_route(const struct http_request *request);

/* A name for this request: in the answer's X-Request-Id, in the log, and in nobody else's. */
const char *http_request_id(const struct http_request *request);

/* One pointer of the handler's own, freed by its `gone` callback (may be NULL). */
void http_set_state(struct http_request *request, void *state, void (*gone)(void *state));
void *http_state(const struct http_request *request);

/* -- answers: exactly one of the three -------------------------------------------------------- */
struct http_field {
    const char *name;
    const char *value;
};

/* Copies everything; `fields` (may be NULL) ends with a NULL name. Adds the security headers. */
void http_answer(struct http_request *request, int code, const char *content_type, const void *body,
                 size_t size, const struct http_field *fields);

/* A refusal as INTERFACE 3.7 has it: "404  text" and a line feed, or a problem object when JSON is
 * asked for. `text` is one line without the number. retry_after_s 0: no such field. */
void http_problem(struct http_request *request, int code, const char *text, int64_t retry_after_s);
void http_problem_with(struct http_request *request, int code, const char *text,
                       const struct http_field *fields);

/* In admit: a smaller limit for this body than the route's. */
void http_limit_body(struct http_request *request, size_t max);

/* In admit: the body is not gathered; its pieces go to `take` as they come, within the same limits,
 * and http_body is empty in `handle`. Nothing can be answered before that. Between http_pause and
 * http_go_on no piece comes: the client waits. */
typedef void (*http_piece_fn)(struct http_request *request, const void *bytes, size_t size);
void http_take_pieces(struct http_request *request, http_piece_fn take);
void http_pause(struct http_request *request);
void http_go_on(struct http_request *request);

/* The answer that this handler gives (in admit too) goes out no earlier than delay_ms from now. */
void http_delay(struct http_request *request, int64_t delay_ms);

/* For later: the connection is suspended until http_answer or http_stream. May be called from
 * handle. */
void http_defer(struct http_request *request);

/* Chunked. After this: http_write any number of times, then http_end. After `gone` neither. */
void http_stream(struct http_request *request, int code, const char *content_type,
                 const struct http_field *fields);
void http_write(struct http_request *request, const void *bytes, size_t size);
void http_end(struct http_request *request);
/* The same, so that the client sees that it is not whole. */
void http_break(struct http_request *request);

/* Of a stream: what may still be written before the client counts as gone; and a call, in the
 * middle of the library's work, whenever all that was written is on its way. */
size_t http_room(const struct http_request *request);
void http_on_drained(struct http_request *request, void (*drained)(struct http_request *request));

#endif
