/* Following one submission until it ends: as a stream of text, or as one JSON answer. */
#include "grader/api.h"

#include <stdlib.h>
#include <string.h>

struct follow;
static struct follow *follow_new(struct http_request *request, const struct follow_wish *wish);
static void stream_begin(struct follow *follow);
static void stream_tell(struct follow *follow, const struct report *report);
static void wait_begin(struct follow *follow);
static void wait_answer(struct follow *follow, const struct report *report);
static void on_changed(struct watch *watch, const struct report *report);
static void on_waited(uv_timer_t *timer);
static void on_gone(void *state);
static void on_timer_closed(uv_handle_t *handle);

#define REPORT_MAX (1 << 20) /* of one answer; a report stays under half of it */

/* The request's state; freed when request and timer are both over. */
struct follow {
    struct http_request *request;
    struct grader *grader;
    struct follow_wish wish;
    bool is_stream, is_over;
    struct watch watch;
    struct report_text cursor;
    uv_timer_t timer;
};

void follow_stream(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = follow_new(request, wish);

    if (!follow)
        return;
    follow->is_stream = true;
    follow->cursor.live = true;
    stream_begin(follow);
}

void follow_wait(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = follow_new(request, wish);

    if (follow)
        wait_begin(follow);
}

static struct follow *follow_new(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = calloc(1, sizeof *follow);

    if (!follow) {
        api_failure(request, "http.follow", err_make(ERR_SYSTEM, "follow a submission"));
        return NULL;
    }
    follow->request = request;
    follow->grader = api_grader(request);
    follow->wish = *wish;
    list_init(&follow->watch.link);
    follow->watch.changed = on_changed;
    (void)uv_timer_init(follow->grader->loop, &follow->timer); /* cannot fail */
    follow->timer.data = follow;
    http_set_state(request, follow, on_gone);
    return follow;
}

/* Watches first and reads then, so that nothing falls in between. */
static bool watch_and_read(struct follow *follow, struct report **out)
{
    bool is_found = false;

    bool is_watched =
        submissions_watch(follow->grader->submissions, follow->wish.id, &follow->watch);
    struct err err =
        submissions_report(follow->grader->submissions, follow->wish.id, out, NULL, &is_found);
    if (!err_is(err) && is_found && !is_watched && !stage_is_final((*out)->stage)) {
        submissions_report_free(*out); /* nobody would ever tell of it: better to ask again */
        err = err_make(ERR_BUSY, "submission %lld waits for memory", (long long)follow->wish.id);
    }
    if (!err_is(err) && is_found)
        return true;
    submissions_unwatch(&follow->watch);
    follow->is_over = true;
    api_failure(follow->request, "http.follow",
                err_is(err) ? err : err_make(ERR_INTERNAL, "a submission vanished"));
    return false;
}

/* -- stream ------------------------------------------------------------------------------------ */

static void stream_begin(struct follow *follow)
{
    char location[32];
    struct report *report = NULL;

    if (!watch_and_read(follow, &report))
        return;
    (void)snprintf(location, sizeof location, "/s/%lld", (long long)follow->wish.id);
    const struct http_field fields[] = {
        {"Location", location}, {"X-Accel-Buffering", "no"}, {NULL, NULL}};
    http_stream(follow->request, follow->wish.http_code, API_TEXT, fields);
    stream_tell(follow, report);
    submissions_report_free(report);
}

static void stream_tell(struct follow *follow, const struct report *report)
{
    struct buf text;

    buf_init(&text, REPORT_MAX);
    report_text_next(&follow->cursor, &text, report, &follow->wish.view);
    if (text.size > 0)
        http_write(follow->request, text.at, text.size);
    buf_release(&text);
    if (!stage_is_final(report->stage))
        return;
    follow->is_over = true;
    http_end(follow->request);
}

/* -- wait -------------------------------------------------------------------------------------- */

static void wait_begin(struct follow *follow)
{
    struct report *report = NULL;

    if (!watch_and_read(follow, &report))
        return;
    if (stage_is_final(report->stage) || follow->wish.wait_s == 0) {
        wait_answer(follow, report);
    } else {
        http_defer(follow->request);
        (void)uv_timer_start(&follow->timer, on_waited, (uint64_t)follow->wish.wait_s * 1000, 0);
    }
    submissions_report_free(report);
}

static void wait_answer(struct follow *follow, const struct report *report)
{
    char location[32];
    struct buf body;
    int code = stage_is_final(report->stage) ? 200 : follow->wish.http_code;

    (void)snprintf(location, sizeof location, "/s/%lld", (long long)follow->wish.id);
    const struct http_field fields[] = {{"Location", location}, {NULL, NULL}};
    submissions_unwatch(&follow->watch);
    follow->is_over = true;
    buf_init(&body, REPORT_MAX);
    report_json(&body, report, &follow->wish.view);
    buf_text(&body, "\n");
    api_answer(follow->request, code, API_JSON, &body, fields);
    buf_release(&body);
}

static void on_waited(uv_timer_t *timer)
{
    struct follow *follow = timer->data;
    struct report *report = NULL;

    if (follow->is_over)
        return;
    submissions_unwatch(&follow->watch);
    if (!watch_and_read(follow, &report))
        return;
    wait_answer(follow, report);
    submissions_report_free(report);
}

/* -- both -------------------------------------------------------------------------------------- */

static void on_changed(struct watch *watch, const struct report *report)
{
    struct follow *follow = list_of((char *)watch, struct follow, watch);

    if (follow->is_over)
        return;
    if (follow->is_stream)
        stream_tell(follow, report);
    else if (stage_is_final(report->stage))
        wait_answer(follow, report);
}

static void on_gone(void *state)
{
    struct follow *follow = state;

    follow->is_over = true;
    submissions_unwatch(&follow->watch);
    uv_close((uv_handle_t *)&follow->timer, on_timer_closed);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}
