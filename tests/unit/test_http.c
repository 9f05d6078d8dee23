/* The HTTP layer on a real socket: a server with a small table of routes runs its own loop in a
 * thread; the tests talk bytes to it. */
#include "grader/http.h"
#include "sandbox/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: here\r\n"
#define HEAR_MS 5000
#define FLOOD_BYTES (8 << 20)

/* -- the server -------------------------------------------------------------------------------- */

struct server {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop;
    uv_async_t quiesce;
    struct http *http;
    int port;
    atomic_int is_quiet;
    atomic_int gone;            /* states that were released */
    atomic_int handled;         /* bodies that reached a handler */
    atomic_int tick_max;        /* how many lines a stream got */
    atomic_int bites;           /* pieces of bodies that come in pieces */
    struct http_request *woken; /* goes on in the moment of the stop; NULL: none */
};

struct later {
    uv_timer_t timer;
    struct http_request *request; /* NULL once the client is gone */
    struct server *server;
    int ticks;
};

static void on_later_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_later_gone(void *state)
{
    struct later *later = state;
    later->request = NULL;
    atomic_fetch_add(&later->server->gone, 1);
    uv_close((uv_handle_t *)&later->timer, on_later_closed);
}

static struct later *later_new(struct http_request *request)
{
    struct later *later = calloc(1, sizeof *later);
    later->request = request;
    later->server = http_context(request);
    (void)uv_timer_init(&later->server->loop, &later->timer);
    later->timer.data = later;
    http_set_state(request, later, on_later_gone);
    return later;
}

static void hello_handle(struct http_request *request)
{
    http_answer(request, 200, "text/plain", "hello\n", 6, NULL);
}

static void up_admit(struct http_request *request)
{
    if (strcmp(http_part(request, "name"), "closed") == 0)
        http_problem(request, 409, "closed", 0);
}

static void up_handle(struct http_request *request)
{
    struct server *server = http_context(request);
    char text[128];
    const char *file = http_part(request, "file");

    atomic_fetch_add(&server->handled, 1);
    int size = snprintf(text, sizeof text, "%zu of %s/%s\n", http_body(request)->size,
                        http_part(request, "name"), file ? file : "-");
    http_answer(request, 200, "text/plain", text, (size_t)size, NULL);
}

static void on_answer_due(uv_timer_t *timer)
{
    struct later *later = timer->data;
    http_answer(later->request, 200, "text/plain", "later\n", 6, NULL);
}

static void later_handle(struct http_request *request)
{
    struct later *later = later_new(request);
    http_defer(request);
    (void)uv_timer_start(&later->timer, on_answer_due, 30, 0);
}

static void patient_handle(struct http_request *request)
{
    struct later *later = later_new(request);
    http_defer(request);
    (void)uv_timer_start(&later->timer, on_answer_due, 2500, 0);
}

static void never_handle(struct http_request *request)
{
    (void)later_new(request);
    http_defer(request);
}

static void on_tick(uv_timer_t *timer)
{
    struct later *later = timer->data;
    char line[32];

    int size = snprintf(line, sizeof line, "tick %d\n", ++later->ticks);
    atomic_store(&later->server->tick_max, later->ticks);
    http_write(later->request, line, (size_t)size);
    if (later->ticks == 5) {
        (void)uv_timer_stop(timer);
        http_end(later->request);
    }
}

static void stream_handle(struct http_request *request)
{
    struct later *later = later_new(request);
    http_stream(request, 202, "text/plain", NULL);
    http_write(request, "begin\n", 6);
    (void)uv_timer_start(&later->timer, on_tick, 10, 10);
}

static void on_flood(uv_timer_t *timer)
{
    struct later *later = timer->data;
    static const char block[65536];

    if (later->ticks++ < FLOOD_BYTES / (int)sizeof block)
        http_write(later->request, block, sizeof block);
}

static void flood_handle(struct http_request *request)
{
    struct later *later = later_new(request);
    http_stream(request, 200, "text/plain", NULL);
    (void)uv_timer_start(&later->timer, on_flood, 1, 1);
}

static void big_handle(struct http_request *request)
{
    static const char block[300000];
    http_stream(request, 200, "text/plain", NULL);
    http_write(request, block, sizeof block);
    http_end(request);
}

static void slow_admit(struct http_request *request)
{
    http_delay(request, 200);
    http_problem(request, 401, "no valid token", 0);
}

static void query_handle(struct http_request *request)
{
    const char *value = http_query(request, "q");
    http_answer(request, 200, "text/plain", value ? value : "(none)", value ? strlen(value) : 6,
                NULL);
}

/* A body that comes in pieces, each of which makes the client wait a little. */
struct eater {
    uv_timer_t timer;
    struct http_request *request;
    size_t eaten, pieces;
    bool is_chewing;
};

static void on_eaten(uv_timer_t *timer)
{
    struct eater *eater = timer->data;
    eater->is_chewing = false;
    http_go_on(eater->request);
}

static void on_eater_gone(void *state)
{
    struct eater *eater = state;
    uv_close((uv_handle_t *)&eater->timer, on_later_closed);
}

static void eat(struct http_request *request, const void *bytes, size_t size)
{
    struct eater *eater = http_state(request);
    struct server *server = http_context(request);
    bool is_patient = strcmp(http_path(request), "/eat/slowly") == 0;
    assert_true(size > 0 && memchr(bytes, 'e', size) == bytes);
    assert_false(eater->is_chewing);
    eater->eaten += size;
    eater->pieces++;
    eater->is_chewing = true;
    if (is_patient)
        server->woken = request;
    atomic_fetch_add(&server->bites, 1);
    http_pause(request);
    (void)uv_timer_start(&eater->timer, on_eaten, is_patient ? 60000 : 2, 0);
}

static void eat_admit(struct http_request *request)
{
    struct eater *eater = calloc(1, sizeof *eater);
    struct server *server = http_context(request);
    eater->request = request;
    (void)uv_timer_init(&server->loop, &eater->timer);
    eater->timer.data = eater;
    http_set_state(request, eater, on_eater_gone);
    http_take_pieces(request, eat);
}

static void eat_handle(struct http_request *request)
{
    const struct eater *eater = http_state(request);
    char text[64];
    int size = snprintf(text, sizeof text, "ate %zu %s, holds %zu\n", eater->eaten,
                        eater->pieces > 1 ? "in pieces" : "at once", http_body(request)->size);
    http_answer(request, 200, "text/plain", text, (size_t)size, NULL);
}

/* Two pieces of something that does not end well. */
static void crumble_handle(struct http_request *request)
{
    http_stream(request, 200, "text/plain", NULL);
    http_write(request, "half ", 5);
    http_write(request, "of it", 5);
    http_break(request);
}

/* One piece is enough. */
static void spit(struct http_request *request, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    http_problem(request, 503, "the cook has left", 0);
}

static void spit_admit(struct http_request *request)
{
    http_take_pieces(request, spit);
}

static const struct http_route routes[] = {
    {"GET", "/crumble", 0, NULL, crumble_handle, "any", "", ""},
    {"PUT", "/spit", 100000, spit_admit, up_handle, "any", "", ""},
    {"PUT", "/eat", 100000, eat_admit, eat_handle, "any", "", ""},
    {"PUT", "/eat/slowly", 100000, eat_admit, eat_handle, "any", "", ""},
    {"GET", "/hello", 0, NULL, hello_handle, "any", "", ""},
    {"PUT", "/up/{name}", 4096, up_admit, up_handle, "any", "", ""},
    {"PUT", "/up/{name}/{file}", 4096, up_admit, up_handle, "any", "", ""},
    {"GET", "/kit/{name}.tar.gz", 0, NULL, up_handle, "any", "", ""},
    {"GET", "/later", 0, NULL, later_handle, "any", "", ""},
    {"GET", "/patient", 0, NULL, patient_handle, "any", "", ""},
    {"GET", "/never", 0, NULL, never_handle, "any", "", ""},
    {"GET", "/stream", 0, NULL, stream_handle, "any", "", ""},
    {"GET", "/flood", 0, NULL, flood_handle, "any", "", ""},
    {"GET", "/big", 0, NULL, big_handle, "any", "", ""},
    {"GET", "/query", 0, NULL, query_handle, "any", "", ""},
    {"PUT", "/slow", 4096, slow_admit, up_handle, "any", "", ""},
    {0},
};

static void on_stop(uv_async_t *stop)
{
    struct server *server = stop->data;
    if (server->woken != NULL)
        http_go_on(server->woken);
    http_stop(server->http, NULL, NULL);
    uv_close((uv_handle_t *)stop, NULL);
    uv_close((uv_handle_t *)&server->quiesce, NULL);
}

static void on_quiesce(uv_async_t *quiesce)
{
    struct server *server = quiesce->data;
    http_quiesce(server->http);
    atomic_store(&server->is_quiet, 1);
}

static void *serve(void *context)
{
    struct server *server = context;
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void server_start(struct server *server, const struct http_settings *settings)
{
    memset(server, 0, sizeof *server);
    assert_int_equal(uv_loop_init(&server->loop), 0);
    assert_int_equal(uv_async_init(&server->loop, &server->stop, on_stop), 0);
    assert_int_equal(uv_async_init(&server->loop, &server->quiesce, on_quiesce), 0);
    server->stop.data = server;
    server->quiesce.data = server;
    struct err err = http_start(&server->http, &server->loop, settings, routes, server);
    assert_string_equal(err.text, "");
    server->port = http_port(server->http);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    assert_int_equal(uv_async_send(&server->stop), 0);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    assert_int_equal(uv_loop_close(&server->loop), 0); /* no handle was left behind */
}

static const struct http_settings roomy = {.host = "127.0.0.1",
                                           .connections_max = 200,
                                           .connections_per_ip = 200,
                                           .memory_per_connection = 16384,
                                           .idle_ms = 5000,
                                           .request_ms = 5000,
                                           .stream_buffer_max = 1 << 20};

static int start_roomy(void **state)
{
    struct server *server = calloc(1, sizeof *server);
    server_start(server, &roomy);
    *state = server;
    return 0;
}

static int stop_roomy(void **state)
{
    server_stop(*state);
    free(*state);
    return 0;
}

/* -- the client -------------------------------------------------------------------------------- */

static int dial(const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say_bytes(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent < 0)
            return; /* refused half way: what was answered is what counts */
        at += sent;
        size -= (size_t)sent;
    }
}

static void say(int fd, const char *text)
{
    say_bytes(fd, text, strlen(text));
}

/* One more read within the deadline; 0 at the end, -1 when nothing came or at a reset. */
static ssize_t hear_some(int fd, char *out, size_t size, int64_t deadline_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    int64_t left = deadline_ms - clock_ms();
    if (left < 0 || poll(&one, 1, (int)left) != 1)
        return -1;
    return recv(fd, out, size, 0);
}

struct heard {
    char text[65536];
    size_t size;
    bool at_end; /* the other side closed in order */
    int code;
};

/* Of "HTTP/1.1 200 OK"; 0 if it is no answer. */
static int code_of(const char *text)
{
    return strncmp(text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(text + 9, NULL, 10) : 0;
}

/* Until the other side closes, or the deadline. */
static void hear_all(int fd, struct heard *heard, int64_t wait_ms)
{
    int64_t deadline_ms = clock_ms() + wait_ms;
    memset(heard, 0, sizeof *heard);
    while (heard->size < sizeof heard->text - 1) {
        ssize_t size = hear_some(fd, heard->text + heard->size,
                                 sizeof heard->text - 1 - heard->size, deadline_ms);
        heard->at_end = size == 0;
        if (size <= 0)
            break;
        heard->size += (size_t)size;
    }
    heard->code = code_of(heard->text);
}

/* One whole answer with a Content-Length; more stays in the socket. */
static void hear_one(int fd, struct heard *heard)
{
    int64_t deadline_ms = clock_ms() + HEAR_MS;
    size_t want = 0;
    memset(heard, 0, sizeof *heard);
    while (want == 0 || heard->size < want) {
        ssize_t size = hear_some(fd, heard->text + heard->size, 1, deadline_ms);
        if (size != 1)
            break;
        heard->size++;
        const char *end = want ? NULL : strstr(heard->text, "\r\n\r\n");
        if (end) {
            const char *length = strstr(heard->text, "Content-Length: ");
            want = (size_t)(end + 4 - heard->text) + (length ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
    heard->code = code_of(heard->text);
}

/* Sends, hears until the end, closes. */
static void ask_bytes(const struct server *server, const void *bytes, size_t size,
                      struct heard *heard)
{
    int fd = dial(server);
    say_bytes(fd, bytes, size);
    hear_all(fd, heard, HEAR_MS);
    close(fd);
}

static void ask(const struct server *server, const char *text, struct heard *heard)
{
    ask_bytes(server, text, strlen(text), heard);
}

/* Waits for a counter of the server to reach a value. */
static void await(atomic_int *counter, int value)
{
    int64_t deadline_ms = clock_ms() + HEAR_MS;
    while (atomic_load(counter) < value && clock_ms() < deadline_ms)
        (void)poll(NULL, 0, 5);
    assert_true(atomic_load(counter) >= value);
}

/* -- plain use --------------------------------------------------------------------------------- */

static void get_answers_with_security_headers(void **state)
{
    struct heard heard;
    ask(*state, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_true(heard.at_end);
    assert_non_null(strstr(heard.text, "\r\n\r\nhello\n"));
    assert_non_null(strstr(heard.text, "X-Content-Type-Options: nosniff"));
    assert_non_null(strstr(heard.text, "Content-Security-Policy: default-src 'self'"));
    assert_non_null(strstr(heard.text, "Referrer-Policy: no-referrer"));
    assert_non_null(strstr(heard.text, "Cache-Control: no-store"));
}

static void head_has_the_length_and_no_body(void **state)
{
    struct heard heard;
    ask(*state, "HEAD /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_non_null(strstr(heard.text, "Content-Length: 6"));
    assert_null(strstr(heard.text, "hello"));
}

static void old_http_is_answered_and_closed(void **state)
{
    struct heard heard;
    ask(*state, "GET /hello HTTP/1.0\r\n\r\n", &heard);
    assert_non_null(strstr(heard.text, "hello\n"));
    assert_true(heard.at_end);
}

static void old_http_gets_a_stream_without_chunks(void **state)
{
    struct heard heard;
    ask(*state, "GET /stream HTTP/1.0\r\n\r\n", &heard);
    assert_non_null(strstr(heard.text, "\r\n\r\nbegin\ntick 1\ntick 2\ntick 3\ntick 4\ntick 5\n"));
    assert_true(heard.at_end);
}

static void a_body_may_come_in_pieces_that_are_not_held(void **state)
{
    struct heard heard;
    auto_buf struct buf text = buf_of(200000);

    buf_printf(&text,
               "PUT /eat HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 100000\r\n\r\n");
    for (int i = 0; i < 10000; i++)
        buf_text(&text, "eeeeeeeeee");
    ask_bytes(*state, text.at, text.size, &heard);
    assert_non_null(strstr(heard.text, "ate 100000 in pieces, holds 0\n"));
}

static void a_body_in_pieces_has_the_same_limit(void **state)
{
    struct heard heard;
    auto_buf struct buf text = buf_of(200000);

    buf_printf(&text, "PUT /eat HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 101; i++) {
        buf_text(&text, "3e8\r\n");
        for (int j = 0; j < 100; j++)
            buf_text(&text, "eeeeeeeeee");
        buf_text(&text, "\r\n");
    }
    buf_text(&text, "0\r\n\r\n");
    ask_bytes(*state, text.at, text.size, &heard);
    assert_int_equal(heard.code, 413);
}

static void a_request_answered_by_a_piece_reaches_no_handler(void **state)
{
    struct server *server = *state;
    struct heard heard;
    int before = atomic_load(&server->handled);

    ask(server, "PUT /spit HTTP/1.1\r\n" HOST "Content-Length: 3\r\nConnection: close\r\n\r\nabc",
        &heard);
    assert_int_equal(heard.code, 503);
    assert_non_null(strstr(heard.text, "the cook has left"));
    assert_int_equal(atomic_load(&server->handled), before);
}

static void a_broken_stream_gives_what_it_has_and_no_last_chunk(void **state)
{
    struct heard heard;

    ask(*state, "GET /crumble HTTP/1.1\r\n" HOST "\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_true(heard.at_end);
    assert_non_null(strstr(heard.text, "half of it"));
    assert_null(strstr(heard.text, "\r\n0\r\n"));
}

static void parts_of_the_path_are_decoded(void **state)
{
    struct heard heard;
    ask(*state,
        "PUT /up/a%20b/%E6%96%87.c HTTP/1.1\r\n" HOST
        "Content-Length: 3\r\nConnection: close\r\n\r\nabc",
        &heard);
    assert_non_null(strstr(heard.text, "3 of a b/文.c\n"));
    ask(*state, "GET /kit/attention.tar.gz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_non_null(strstr(heard.text, "0 of attention/-\n"));
    ask(*state, "PUT /up/x/ HTTP/1.1\r\n" HOST "Content-Length: 1\r\nConnection: close\r\n\r\na",
        &heard);
    assert_non_null(strstr(heard.text, "1 of x/-\n"));
    ask(*state, "GET /query?q=a%2Fb+c HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_non_null(strstr(heard.text, "\r\n\r\na/b c"));
}

static void unknown_paths_and_methods_say_what_there_is(void **state)
{
    struct heard heard;
    ask(*state, "GET /nothing HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 404);
    assert_non_null(strstr(heard.text, "\r\n\r\n404  "));
    ask(*state, "POST /hello HTTP/1.1\r\n" HOST "Content-Length: 0\r\nConnection: close\r\n\r\n",
        &heard);
    assert_int_equal(heard.code, 405);
    assert_non_null(strstr(heard.text, "Allow: GET, HEAD\r\n"));
    ask(*state, "OPTIONS /up/x HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 204);
    assert_non_null(strstr(heard.text, "Allow: PUT\r\n"));
    ask(*state,
        "GET /nothing HTTP/1.1\r\n" HOST "Accept: application/json\r\nConnection: close\r\n\r\n",
        &heard);
    assert_non_null(strstr(heard.text, "Content-Type: application/problem+json"));
    assert_non_null(strstr(heard.text, "{\"http_code\":404,\"title\":\"Not Found\",\"detail\":"));
}

static void three_hundred_requests_share_one_connection(void **state)
{
    struct heard heard;
    int fd = dial(*state);
    for (int i = 0; i < 300; i++) {
        if (i % 2)
            say(fd, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        else
            say(fd, "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nabcde");
        hear_one(fd, &heard);
        assert_int_equal(heard.code, 200);
    }
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct heard heard;
    ask(*state,
        "GET /hello HTTP/1.1\r\n" HOST "\r\n"
        "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
        "GET /later HTTP/1.1\r\n" HOST "\r\n"
        "GET /nothing HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n",
        &heard);
    const char *first = strstr(heard.text, "hello\n");
    const char *second = first ? strstr(first, "2 of x/-\n") : NULL;
    const char *third = second ? strstr(second, "later\n") : NULL;
    assert_non_null(third ? strstr(third, "404  ") : NULL);
}

/* -- bodies ------------------------------------------------------------------------------------ */

static void expectation_is_met_before_the_body(void **state)
{
    struct heard heard;
    int fd = dial(*state);
    say(fd, "PUT /up/x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    hear_one(fd, &heard);
    assert_int_equal(heard.code, 100);
    say(fd, "abc");
    hear_one(fd, &heard);
    assert_int_equal(heard.code, 200);
    close(fd);
}

static void refusal_comes_instead_of_100_continue_and_closes(void **state)
{
    static const struct {
        const char *request;
        int code;
    } rows[] = {
        {"PUT /up/closed HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n",
         409},
        {"PUT /up/x HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n", 413},
        {"PUT /nothing HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", 404},
        {"PUT /hello HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", 405},
        {"PUT /slow HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", 401},
        {"GET /hello HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", 413},
        {"GET /hello HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n", 417},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct heard heard;
        ask(*state, rows[i].request, &heard);
        assert_int_equal(heard.code, rows[i].code);
        assert_null(strstr(heard.text, "100 Continue"));
        assert_non_null(strstr(heard.text, "Connection: close"));
        assert_true(heard.at_end);
    }
}

static void refusal_reaches_a_client_that_sends_all_the_same(void **state)
{
    static char request[3 << 20];
    struct heard heard;
    int size = snprintf(request, sizeof request,
                        "PUT /up/closed HTTP/1.1\r\n" HOST "Content-Length: 3000000\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        ask_bytes(*state, request, (size_t)size + 3000000, &heard);
        assert_int_equal(heard.code, 409);
        assert_true(heard.at_end); /* and not a reset */
    }
}

static void body_of_exactly_the_limit_passes(void **state)
{
    static char request[8192];
    struct heard heard;
    int size = snprintf(request, sizeof request,
                        "PUT /up/x HTTP/1.1\r\n" HOST "Connection: close\r\n"
                        "Content-Length: 4096\r\n\r\n");
    ask_bytes(*state, request, (size_t)size + 4096, &heard);
    assert_int_equal(heard.code, 200);
    assert_non_null(strstr(heard.text, "4096 of"));
}

static void chunked_body_passes_below_the_limit(void **state)
{
    struct heard heard;
    ask(*state,
        "PUT /up/x HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nabcde\r\n3;name=value\r\nfgh\r\n0\r\n\r\n",
        &heard);
    assert_int_equal(heard.code, 200);
    assert_non_null(strstr(heard.text, "8 of x/-"));
}

static void chunked_body_over_the_limit_is_refused_at_once(void **state)
{
    struct heard heard;
    char chunk[1032];
    int fd = dial(*state);
    int size = snprintf(chunk, sizeof chunk, "400\r\n");
    memset(chunk + size, 'a', 1024);
    chunk[size + 1024] = '\r';
    chunk[size + 1025] = '\n';
    say(fd, "PUT /up/x/big.c HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 40; i++)
        say_bytes(fd, chunk, (size_t)size + 1026);
    hear_all(fd, &heard, HEAR_MS); /* the body never ends */
    assert_int_equal(heard.code, 413);
    assert_non_null(strstr(heard.text, "413  big.c is more than 4 KiB; that is the limit\n"));
    assert_true(heard.at_end);
    close(fd);
}

static void broken_chunks_reach_no_handler(void **state)
{
    struct server *server = *state;
    static const char *const bodies[] = {
        "zz\r\nabc\r\n0\r\n\r\n",  "-1\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",    "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "3 3\r\nabc\r\n0\r\n\r\n",
    };
    int before = atomic_load(&server->handled);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct heard heard;
        char request[256];
        (void)snprintf(request, sizeof request,
                       "PUT /up/x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%s",
                       bodies[i]);
        ask(server, request, &heard);
        if ((heard.code != 400 && heard.code != 413) || !heard.at_end)
            fail_msg("body %zu: %d", i, heard.code);
    }
    assert_int_equal(atomic_load(&server->handled), before);
}

/* -- framing ----------------------------------------------------------------------------------- */

#define SMUGGLED "GET /up/smuggled HTTP/1.1\r\n" HOST "\r\n"

static const struct attack {
    const char *name;
    const char *request;
    int code;
} attacks[] = {
    {"both framings",
     "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n" SMUGGLED,
     400},
    {"two lengths",
     "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400},
    {"two equal lengths",
     "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
    {"list of lengths", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", 400},
    {"signed length", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc", 400},
    {"negative length", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc", 400},
    {"hex length", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc", 400},
    {"unknown coding", "PUT /up/x HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\nabc", 400},
    {"coding list", "PUT /up/x HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400},
    {"chunked twice",
     "PUT /up/x HTTP/1.1\r\n" HOST
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked in 1.0", "PUT /up/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"blank before colon", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\n" SMUGGLED,
     400},
    {"tab before colon", "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length\t: 3\r\n\r\n" SMUGGLED, 400},
    {"bare CR hides a header",
     "PUT /up/x HTTP/1.1\r\n" HOST "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"bare CR after version", "GET /hello HTTP/1.1\r" HOST "\r\n", 400},
    {"bare LF ends a header", "GET /hello HTTP/1.1\r\nX: a\n" HOST "\r\n", 400},
    {"bare LF before the end", "GET /hello HTTP/1.1\r\n" HOST "\n", 400},
    {"folded header", "GET /hello HTTP/1.1\r\n" HOST "X: a\r\n  b\r\nY: c\r\n\r\n", 400},
    {"control byte",
     "GET /hello HTTP/1.1\r\n" HOST "X: a\x01"
     "b\r\n\r\n",
     400},
    {"DEL", "GET /hello HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", 400},
    {"no name", "GET /hello HTTP/1.1\r\n" HOST ": a\r\n\r\n", 400},
    {"no colon", "GET /hello HTTP/1.1\r\n" HOST "hello\r\n\r\n", 400},
    {"no host", "GET /hello HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET /hello HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"empty host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"host with a path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"two authorizations",
     "GET /hello HTTP/1.1\r\n" HOST "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
     400},
    {"encoded zero", "GET /hello%00 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded zero in query", "GET /query?q=a%00b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded line feed", "GET /hello%0a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded C1", "GET /hello%c2%85 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"overlong slash", "GET /..%c0%af HTTP/1.1\r\n" HOST "\r\n", 400},
    {"overlong dot", "GET /%c0%ae%c0%ae/hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"broken percent", "GET /hello%2 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"dots", "GET /up/../hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded dots", "GET /up/%2e%2E/hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"one dot", "GET /./hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"two slashes", "GET //hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded slash", "GET /up%2Fhello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"encoded backslash", "GET /up%5chello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"backslash", "GET /up\\hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"fragment", "GET /hello#a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"space in the address", "GET /hel lo HTTP/1.1\r\n" HOST "\r\n", 400},
    {"absolute form", "GET http://here/hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"asterisk", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
    {"small letters", "get /hello HTTP/1.1\r\n" HOST "\r\n", 400},
    {"HTTP/2.0", "GET /hello HTTP/2.0\r\n" HOST "\r\n", 505},
    {"HTTP/1.7", "GET /hello HTTP/1.7\r\n" HOST "\r\n", 505},
    {"odd version", "GET /hello HTTP/1.10\r\n" HOST "\r\n", 400},
    {"no version", "GET /hello\r\n\r\n", 400},
};

static void every_framing_attack_is_refused_and_the_connection_closed(void **state)
{
    struct server *server = *state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct heard heard;
        ask(server, attacks[i].request, &heard);
        if (heard.code != attacks[i].code &&
            !(heard.code == 505 && strcmp(attacks[i].name, "odd version") == 0))
            fail_msg("%s: %d instead of %d\n%s", attacks[i].name, heard.code, attacks[i].code,
                     heard.text);
        if (!heard.at_end || strstr(heard.text, "smuggled"))
            fail_msg("%s: goes on after the refusal", attacks[i].name);
    }
}

static void zero_bytes_in_the_header_are_refused(void **state)
{
    static const char hidden[] = "GET /hello HTTP/1.1\r\n" HOST "X: a\0b\r\nY: c\r\n\r\n";
    static const char last[] = "GET /hello HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
    static const char name[] = "GET /hello HTTP/1.1\r\n" HOST "X\0Y: a\r\n\r\n";
    static const char line[] = "GET /hello\0x HTTP/1.1\r\n" HOST "\r\n";
    struct heard heard;
    ask_bytes(*state, hidden, sizeof hidden - 1, &heard);
    assert_int_equal(heard.code, 400);
    ask_bytes(*state, last, sizeof last - 1, &heard);
    assert_int_equal(heard.code, 400);
    ask_bytes(*state, name, sizeof name - 1, &heard);
    assert_int_equal(heard.code, 400);
    ask_bytes(*state, line, sizeof line - 1, &heard);
    assert_int_equal(heard.code, 400);
}

static void too_long_is_414_or_431(void **state)
{
    static char request[40000];
    struct heard heard;
    int size = snprintf(request, sizeof request, "GET /");
    memset(request + size, 'a', 3000);
    (void)snprintf(request + size + 3000, 100, " HTTP/1.1\r\n" HOST "\r\n");
    ask(*state, request, &heard);
    assert_int_equal(heard.code, 414);

    memset(request + size, 'a', 30000);
    (void)snprintf(request + size + 30000, 100, " HTTP/1.1\r\n" HOST "\r\n");
    ask(*state, request, &heard);
    assert_true(heard.code == 414 || heard.code == 431);

    size = snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\n" HOST "X: ");
    memset(request + size, 'a', 30000);
    (void)snprintf(request + size + 30000, 100, "\r\n\r\n");
    ask(*state, request, &heard);
    assert_int_equal(heard.code, 431);

    size = snprintf(request, sizeof request, "GET /hello HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 70; i++)
        size += snprintf(request + size, 20, "X%d: a\r\n", i);
    (void)snprintf(request + size, 100, "\r\n");
    ask(*state, request, &heard);
    assert_int_equal(heard.code, 431);
}

/* -- later answers and streams ----------------------------------------------------------------- */

/* Where they fill its memory, the library asks us nothing and waits for ever. */
static void too_many_arguments_are_400(void **state)
{
    static const int counts[] = {33, 100, 250, 251, 600, 1000};
    struct heard heard;

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        auto_buf struct buf text = buf_of(8192);
        buf_printf(&text, "GET /query?q");
        for (int j = 1; j < counts[i]; j++)
            buf_text(&text, "&a");
        buf_printf(&text, " HTTP/1.1\r\n" HOST "\r\n");
        ask_bytes(*state, text.at, text.size, &heard);
        if (heard.code != 400 || strstr(heard.text, "more than 32 arguments") == NULL)
            fail_msg("%d arguments: %d %s", counts[i], heard.code, heard.text);
        assert_null(strstr(heard.text + 1, "HTTP/1.1 ")); /* said once */
        assert_true(heard.at_end);
    }
    auto_buf struct buf text = buf_of(8192);
    buf_printf(&text, "GET /query?q=here");
    for (int j = 1; j < 32; j++)
        buf_text(&text, "&a=b");
    buf_printf(&text, " HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    ask_bytes(*state, text.at, text.size, &heard);
    assert_int_equal(heard.code, 200);
}

static void deferred_answer_comes_later(void **state)
{
    struct server *server = *state;
    int before = atomic_load(&server->gone);
    struct heard heard;
    ask(server, "GET /later HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_non_null(strstr(heard.text, "later\n"));
    await(&server->gone, before + 1);
}

static void delayed_answer_is_not_early(void **state)
{
    struct heard heard;
    int64_t from_ms = clock_ms();
    ask(*state, "PUT /slow HTTP/1.1\r\n" HOST "Content-Length: 0\r\nConnection: close\r\n\r\n",
        &heard);
    assert_int_equal(heard.code, 401);
    assert_true(clock_ms() - from_ms >= 200);
}

static void stream_arrives_line_by_line(void **state)
{
    struct heard heard;
    int fd = dial(*state);
    char first[4096] = "";
    size_t size = 0;
    say(fd, "GET /stream HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    while (!strstr(first, "begin")) {
        ssize_t got = hear_some(fd, first + size, sizeof first - 1 - size, clock_ms() + HEAR_MS);
        assert_true(got > 0);
        size += (size_t)got;
    }
    assert_null(strstr(first, "tick 5"));
    hear_all(fd, &heard, HEAR_MS);
    assert_non_null(strstr(heard.text, "tick 5\n"));
    assert_non_null(strstr(heard.text, "\r\n0\r\n\r\n"));
    close(fd);
}

static void slow_reader_gets_all_of_a_stream(void **state)
{
    static char bytes[400000];
    size_t size = 0;
    int fd = dial(*state);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(fd, "GET /big HTTP/1.0\r\n\r\n");
    for (;;) {
        ssize_t got = hear_some(fd, bytes + size, 3000, clock_ms() + HEAR_MS);
        assert_true(got >= 0);
        if (got == 0)
            break;
        size += (size_t)got;
        assert_true(size + 3000 < sizeof bytes);
        if (size < 30000)
            (void)poll(NULL, 0, 2);
    }
    assert_true(size > 300000 && size < 301000);
    close(fd);
}

static void reader_that_stops_is_given_up(void **state)
{
    struct server *server = *state;
    int before = atomic_load(&server->gone);
    int fd = dial(server);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    say(fd, "GET /flood HTTP/1.1\r\n" HOST "\r\n");
    await(&server->gone, before + 1);
    close(fd);
}

static void client_that_goes_away_is_noticed(void **state)
{
    struct server *server = *state;
    static const char *const requests[] = {"GET /never HTTP/1.1\r\n" HOST "\r\n",
                                           "GET /stream HTTP/1.1\r\n" HOST "\r\n",
                                           "GET /flood HTTP/1.1\r\n" HOST "\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        int before = atomic_load(&server->gone);
        int fd = dial(server);
        say(fd, requests[i]);
        (void)poll(NULL, 0, 15); /* some are already answering by then, some not: both count */
        close(fd);
        await(&server->gone, before + 1);
    }
}

/* -- limits ------------------------------------------------------------------------------------ */

static void dripping_requests_end_at_the_total_deadline(void **state)
{
    struct server server;
    struct http_settings settings = roomy;
    static const char *const starts[] = {
        "GET /hello HTTP/1.1\r\n" HOST "X: ",
        "PUT /up/x HTTP/1.1\r\n" HOST "Content-Length: 4000\r\n\r\n",
    };
    (void)state;
    settings.idle_ms = 300;
    settings.request_ms = 600;
    server_start(&server, &settings);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        struct heard heard;
        int fd = dial(&server);
        int64_t from_ms = clock_ms();
        say(fd, starts[i]);
        while (clock_ms() - from_ms < 4000) { /* never silent for long */
            struct pollfd one = {.fd = fd, .events = POLLIN};
            if (poll(&one, 1, 50) > 0)
                break;
            say(fd, "a");
        }
        assert_in_range(clock_ms() - from_ms, 500, 3000);
        hear_all(fd, &heard, HEAR_MS);
        assert_int_equal(heard.code, 408);
        close(fd);
    }
    server_stop(&server);
}

static void honest_request_gets_in_past_a_crowd_of_half_open_ones(void **state)
{
    struct server server;
    struct http_settings settings = roomy;
    int crowd[100];
    struct heard heard;
    (void)state;
    settings.connections_max = 30;
    settings.connections_per_ip = 1000;
    server_start(&server, &settings);
    for (size_t i = 0; i < sizeof crowd / sizeof crowd[0]; i++) {
        crowd[i] = dial(&server);
        say(crowd[i], "GET /hel");
    }
    int64_t from_ms = clock_ms();
    ask(&server, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_true(clock_ms() - from_ms < 1000);
    for (size_t i = 0; i < sizeof crowd / sizeof crowd[0]; i++)
        close(crowd[i]);
    server_stop(&server);
}

/* Silent ones make room for the newcomer; those at work do not. */
static void one_address_has_its_own_limit(void **state)
{
    struct server server;
    struct http_settings settings = roomy;
    int open[3];
    struct heard heard;
    char byte;
    (void)state;
    settings.connections_per_ip = 3;
    server_start(&server, &settings);
    for (size_t i = 0; i < 3; i++) {
        open[i] = dial(&server);
        say(open[i], "GET /hello HTTP/1.1\r\n" HOST "\r\n");
        hear_one(open[i], &heard);
        assert_int_equal(heard.code, 200);
    }
    ask(&server, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    assert_int_equal(recv(open[0], &byte, 1, 0), 0); /* silent for longest */
    close(open[0]);
    open[0] = dial(&server);

    for (size_t i = 0; i < 3; i++)
        say(open[i], "GET /never HTTP/1.1\r\n" HOST "\r\n");
    int64_t until_ms = clock_ms() + 300; /* until all three are at work */
    while (clock_ms() < until_ms)
        (void)poll(NULL, 0, 20);
    ask(&server, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 0);
    for (size_t i = 0; i < 3; i++)
        close(open[i]);
    server_stop(&server);
}

static void waiting_for_an_answer_is_no_idleness(void **state)
{
    struct server server;
    struct http_settings settings = roomy;
    struct heard heard;
    (void)state;
    settings.idle_ms = 300;
    settings.request_ms = 300;
    server_start(&server, &settings);
    ask(&server, "GET /patient HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    assert_int_equal(heard.code, 200);
    server_stop(&server);
}

static void quiesced_it_finishes_and_takes_nobody_new(void **state)
{
    struct server server;
    struct heard heard;
    (void)state;
    server_start(&server, &roomy);
    int old = dial(&server);
    say(old, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
    hear_one(old, &heard);
    say(old, "GET /later HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(uv_async_send(&server.quiesce), 0);
    await(&server.is_quiet, 1);
    hear_all(old, &heard, HEAR_MS);
    assert_int_equal(heard.code, 200);
    assert_non_null(strstr(heard.text, "Connection: close"));
    assert_true(heard.at_end);

    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
    close(late);
    close(old);
    server_stop(&server);
}

static void stop_ends_what_is_open(void **state)
{
    struct server server;
    struct heard heard;
    (void)state;
    server_start(&server, &roomy);
    int silent = dial(&server);
    int never = dial(&server);
    int flood = dial(&server);
    say(never, "GET /never HTTP/1.1\r\n" HOST "\r\n");
    say(flood, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    ask(&server, "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &heard);
    server_stop(&server);
    assert_int_equal(atomic_load(&server.gone), 2);
    close(silent);
    close(never);
    close(flood);
}

/* Bytes have come that the client was made to wait with, and go on in the moment of the stop. */
static void stop_ends_a_body_that_waits(void **state)
{
    static char body[60000];
    struct server server;
    (void)state;
    memset(body, 'e', sizeof body);
    server_start(&server, &roomy);
    int fd = dial(&server);
    say(fd, "PUT /eat/slowly HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n");
    say_bytes(fd, body, sizeof body);
    for (int64_t until_ms = clock_ms() + HEAR_MS;
         atomic_load(&server.bites) == 0 && clock_ms() < until_ms;)
        (void)usleep(1000);
    server_stop(&server); /* the library ends the process if anything is suspended then */
    assert_int_equal(atomic_load(&server.bites), 1);
    close(fd);
}

static void port_in_use_is_told(void **state)
{
    struct server *server = *state;
    uv_loop_t loop;
    struct http *http = NULL;
    struct http_settings settings = roomy;
    settings.port = server->port;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct err err = http_start(&http, &loop, &settings, routes, NULL);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.text, "is in use"));
    assert_null(http);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_answers_with_security_headers),
        cmocka_unit_test(head_has_the_length_and_no_body),
        cmocka_unit_test(old_http_is_answered_and_closed),
        cmocka_unit_test(old_http_gets_a_stream_without_chunks),
        cmocka_unit_test(parts_of_the_path_are_decoded),
        cmocka_unit_test(a_body_may_come_in_pieces_that_are_not_held),
        cmocka_unit_test(a_body_in_pieces_has_the_same_limit),
        cmocka_unit_test(a_request_answered_by_a_piece_reaches_no_handler),
        cmocka_unit_test(a_broken_stream_gives_what_it_has_and_no_last_chunk),
        cmocka_unit_test(unknown_paths_and_methods_say_what_there_is),
        cmocka_unit_test(three_hundred_requests_share_one_connection),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(expectation_is_met_before_the_body),
        cmocka_unit_test(refusal_comes_instead_of_100_continue_and_closes),
        cmocka_unit_test(refusal_reaches_a_client_that_sends_all_the_same),
        cmocka_unit_test(body_of_exactly_the_limit_passes),
        cmocka_unit_test(chunked_body_passes_below_the_limit),
        cmocka_unit_test(chunked_body_over_the_limit_is_refused_at_once),
        cmocka_unit_test(broken_chunks_reach_no_handler),
        cmocka_unit_test(every_framing_attack_is_refused_and_the_connection_closed),
        cmocka_unit_test(zero_bytes_in_the_header_are_refused),
        cmocka_unit_test(too_long_is_414_or_431),
        cmocka_unit_test(too_many_arguments_are_400),
        cmocka_unit_test(deferred_answer_comes_later),
        cmocka_unit_test(delayed_answer_is_not_early),
        cmocka_unit_test(stream_arrives_line_by_line),
        cmocka_unit_test(slow_reader_gets_all_of_a_stream),
        cmocka_unit_test(reader_that_stops_is_given_up),
        cmocka_unit_test(client_that_goes_away_is_noticed),
        cmocka_unit_test(dripping_requests_end_at_the_total_deadline),
        cmocka_unit_test(honest_request_gets_in_past_a_crowd_of_half_open_ones),
        cmocka_unit_test(one_address_has_its_own_limit),
        cmocka_unit_test(waiting_for_an_answer_is_no_idleness),
        cmocka_unit_test(quiesced_it_finishes_and_takes_nobody_new),
        cmocka_unit_test(stop_ends_what_is_open),
        cmocka_unit_test(stop_ends_a_body_that_waits),
        cmocka_unit_test(port_in_use_is_told),
    };
    return cmocka_run_group_tests(tests, start_roomy, stop_roomy);
}
