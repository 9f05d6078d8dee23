/* What the files of grader/http*.c share and nobody else sees.
 *
 * http.c          start, stop, settings of the library
 * http_loop.c     the library's epoll descriptor in the libuv loop; deadlines; stop
 * http_linger.c   closes that do not lose the answer
 * http_request.c  life of one request: guard, route, admit, body, handle
 * http_answer.c   answers and streams */
#ifndef GRADER_HTTP_PARTS_H
#define GRADER_HTTP_PARTS_H

#include "grader/guard.h"
#include "grader/http.h"
#include "sandbox/base/list.h"

#include <microhttpd.h>

#define HTTP_LINGER_MAX 64          /* closing connections that are still emptied */
#define HTTP_LINGER_MS 2000         /* how long */
#define HTTP_LINGER_BYTES (4 << 20) /* and how much of what still comes */
#define HTTP_STREAM_BLOCK 2048      /* bytes that each stream holds in the library */
#define HTTP_PEER_RESERVE 8         /* connections kept free by shutting the idlest */
#define HTTP_USER_TIMEOUT_MS 60000  /* unacknowledged bytes for so long: the peer is gone */

struct http {
    uv_loop_t *loop;
    struct http_settings settings;
    const struct http_route *routes;
    void *context;
    struct MHD_Daemon *daemon;
    int port;
    int listen_fd; /* -1 once quiesced */

    uv_poll_t poll;       /* the library's epoll descriptor */
    uv_timer_t timer;     /* when the library wants to run next */
    uv_timer_t sweep;     /* deadlines, delayed answers, clients that went away */
    uv_prepare_t prepare; /* runs the library once more after a kick */
    int open_handles;
    bool kicked, is_running, is_quiesced, is_stopping;

    struct list waiting; /* peers without a request, longest wait first */
    struct list busy;    /* peers with one */
    size_t peers_count;
    struct list lingers;
    size_t lingers_count;

    http_observer_fn observer;
    uint32_t run; /* drawn at start: requests of two runs have no name in common */
    uint64_t requests_count;

    void (*closed)(void *context);
    void *closed_context;
};

/* One connection. */
struct http_peer {
    struct http *http;
    struct MHD_Connection *connection;
    struct http_request *request; /* NULL between requests */
    int fd;                       /* the library's */
    int64_t deadline_ms;          /* 0: none (an open stream) */
    bool must_linger;             /* its last words must not be lost to a reset */
    bool was_asked;               /* a request line has come */
    bool is_doomed;               /* shut down, waits for the library to notice */
    char address[64];
    struct list link;
};

enum http_phase {
    HTTP_HEADER, /* guard and admit are due */
    HTTP_BODY,
    HTTP_HANDLED, /* handle has been called, or an answer stands */
};

struct http_request {
    struct http *http;
    struct http_peer *peer;
    struct MHD_Connection *connection;
    const struct http_route *route; /* NULL: none yet */
    const char *method;             /* the library's */
    const char *uri_at;             /* where the library had it */
    char *uri;                      /* as it came; one block with the next two */
    char *path;                     /* decoded */
    char *segments_space;           /* decoded, each with a zero byte behind it */
    const char *segments[GUARD_SEGMENTS_MAX];
    size_t segments_count;
    struct {
        const char *name; /* in the pattern, name_size bytes */
        size_t name_size;
        const char *value; /* in segments_space */
    } parts[HTTP_PARTS_MAX];
    size_t parts_count;
    char *cut; /* where part_matches has cut an ending off, else NULL */
    enum http_phase phase;
    struct buf body;
    size_t body_max;    /* the route's, or less */
    http_piece_fn take; /* NULL: the body is gathered */
    size_t taken;       /* bytes that it was given */
    bool is_paused;
    bool has_body; /* framing says that bytes follow the header */
    int64_t content_length;
    int64_t received_at;
    int64_t began_us;      /* monotonic */
    char id[24];           /* http_request_id */
    int64_t not_before_ms; /* the answer waits until then */
    void *state;
    void (*gone)(void *state);

    struct MHD_Response *response; /* made, not yet queued */
    int code;
    bool is_answered; /* a response was made */
    bool is_deferred;
    bool is_suspended;
    bool is_dead;   /* the client is gone or too slow */
    bool is_stream; /* what follows is about these */
    bool is_ended;
    bool is_broken; /* ended, and not whole */
    struct buf stream;
    size_t stream_sent; /* bytes of `stream` that the library has */
    void (*drained)(struct http_request *request);
};

/* http_loop.c */
struct err http_loop_start(struct http *http);
void http_loop_stop(struct http *http); /* closes every handle; http->closed comes from the last */
void http_kick(struct http *http);      /* the library must run soon */
void http_on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                        enum MHD_ConnectionNotificationCode code);
void http_peer_busy(struct http_peer *peer, struct http_request *request);
void http_peer_idle(struct http_peer *peer);
void http_peer_doom(struct http_peer *peer); /* shut down now */
/* Words sent past the library, when it cannot: in the middle of a body, or before a header is
 * whole. The connection must end afterwards. */
void http_peer_last_words(struct http_peer *peer, int code, const char *text);

void http_sweep_on(struct http *http);      /* while there is anything to sweep */
void http_handle_closed(struct http *http); /* one handle less; the last one frees */

/* http_linger.c: duplicates the descriptor; ends each at its deadline */
void http_linger(struct http *http, int fd);
void http_linger_sweep(struct http *http, int64_t now_ms);

/* http_request.c */
void *http_on_uri(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_size, void **request_slot);
void http_on_completed(void *cls, struct MHD_Connection *connection, void **request_slot,
                       enum MHD_RequestTerminationCode code);

/* Logs it, lets its state go, frees it. */
void http_request_end(struct http_request *request, enum MHD_RequestTerminationCode code);

/* http_answer.c */
enum MHD_Result http_queue(struct http_request *request); /* request->response, to the library */
void http_wake(struct http_request *request);             /* resumes if suspended */
void http_suspend(struct http_request *request);
void http_answer_release(struct http_request *request);
const char *http_reason(int code); /* "Not Found" */
/* 413 by the length that the client declared; and the line for a body that turned out too long. */
void http_problem_size(struct http_request *request);
void http_size_words(const struct http_request *request, char *out, size_t size);

#endif
