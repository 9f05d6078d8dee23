/* Server-sent events: the lines of the protocol, and the addresses of one submission. */
#include "grader/api.h"
#include "sandbox/base/text.h"

#include <string.h>

static void follow(struct http_request *request, bool is_page);

#define RETRY_MS 2000 /* how soon a client comes back after its connection broke */

/* -- the protocol ------------------------------------------------------------------------------ */

void api_events_begin(struct http_request *request)
{
    static const struct http_field fields[] = {{"X-Accel-Buffering", "no"}, {NULL, NULL}};
    char words[32];

    http_stream(request, 200, "text/event-stream; charset=utf-8", fields);
    int size = snprintf(words, sizeof words, "retry: %d\n\n", RETRY_MS);
    http_write(request, words, (size_t)size);
}

/* The protocol's lines end with a line feed; a carriage return would end one too. */
void api_event(struct buf *out, const char *name, const char *id, const struct buf *body)
{
    buf_printf(out, "event: %s\nid: %s\n", name, id);
    for (size_t at = 0; at < body->size;) {
        size_t length = strcspn(body->at + at, "\r\n");
        buf_text(out, "data: ");
        buf_append(out, body->at + at, length);
        buf_text(out, "\n");
        at += length + 1;
    }
    buf_text(out, "\n");
    out->failed = out->failed || body->failed;
}

void api_event_alive(struct http_request *request)
{
    http_write(request, ":\n\n", 3);
}

/* -- one submission ---------------------------------------------------------------------------- */

void events_handle(struct http_request *request)
{
    follow(request, false);
}

void page_events_handle(struct http_request *request)
{
    follow(request, true);
}

static void follow(struct http_request *request, bool is_page)
{
    struct submission_row row;
    const char *after = http_header(request, "Last-Event-ID");
    struct follow_wish wish = {.http_code = 200, .is_page = is_page};

    if (!api_submission(request, http_part(request, "id"), &row, &wish.view))
        return;
    wish.id = row.id;
    if (!after)
        after = http_query(request, "after");
    (void)text_copy(wish.after, sizeof wish.after, after ? after : ""); /* a cut one fits nothing */
    follow_events(request, &wish);
}

/* JSON at once, or with ?wait= when it is final; with ?after= as soon as it differs from that. */
void submission_handle(struct http_request *request)
{
    struct submission_row row;
    const char *after = http_query(request, "after");
    struct follow_wish wish = {.http_code = 200};

    if (!api_submission(request, http_part(request, "id"), &row, &wish.view) ||
        !api_number(request, "wait", 0, API_WAIT_MAX_S, 0, &wish.wait_s))
        return;
    wish.id = row.id;
    (void)text_copy(wish.after, sizeof wish.after, after ? after : "");
    follow_wait(request, &wish);
}
