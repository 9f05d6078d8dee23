/* Following one submission until it ends: as a stream of text, as one JSON answer, or as a stream
 * of events.
 *
 * An event carries the whole report as it stands, so nothing is missed by whoever comes back: its
 * id names the state, and a client that already has this state (Last-Event-ID, ?after=) gets the
 * next one. Once all is over, such a client is answered 204, which ends an EventSource. */
#include "grader/api.h"
#include "grader/web/web_report.h"

#include <stdlib.h>
#include <string.h>

struct follow;
struct follow_kind;
static struct follow *follow_new(struct http_request *request, const struct follow_wish *wish,
                                 const struct follow_kind *kind);
static bool watch_and_read(struct follow *follow, struct report **out);
static void stream_begin(struct follow *follow);
static void stream_tell(struct follow *follow, const struct report *report);
static void stream_leave(struct follow *follow, const struct report *report);
static void wait_begin(struct follow *follow);
static void wait_tell(struct follow *follow, const struct report *report);
static void wait_answer(struct follow *follow, const struct report *report);
static void on_waited(uv_timer_t *timer);
static void events_begin(struct follow *follow);
static void events_tell(struct follow *follow, const struct report *report);
static void events_leave(struct follow *follow, const struct report *report);
static void put_report(struct follow *follow, struct buf *out, const struct report *report);
static void on_quiet(uv_timer_t *timer);
static void on_changed(struct watch *watch, const struct report *report);
static void on_left(struct watch *watch, const struct report *report);
static void on_gone(void *state);
static void on_timer_closed(uv_handle_t *handle);

#define REPORT_MAX ((size_t)1 << 20) /* of one answer; a report stays under half of it */
#define KEEP_ALIVE_MS 15000          /* proxies hang up after half a minute or a whole one */

/* What is said after a change, and where the service ends before the report. */
struct follow_kind {
    void (*tell)(struct follow *follow, const struct report *report);
    void (*leave)(struct follow *follow, const struct report *report);
};
static const struct follow_kind stream_kind = {stream_tell, stream_leave};
static const struct follow_kind wait_kind = {wait_tell, wait_answer};
static const struct follow_kind events_kind = {events_tell, events_leave};

/* The request's state; freed when request and timer are both over. */
struct follow {
    struct http_request *request;
    struct grader *grader;
    struct follow_wish wish;
    const struct follow_kind *kind;
    int64_t generation; /* that counts now */
    bool is_over;
    struct watch watch;
    struct report_text cursor;
    uv_timer_t timer;
};

void follow_stream(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = follow_new(request, wish, &stream_kind);

    if (!follow)
        return;
    follow->cursor.live = true;
    stream_begin(follow);
}

void follow_wait(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = follow_new(request, wish, &wait_kind);

    if (follow)
        wait_begin(follow);
}

void follow_events(struct http_request *request, const struct follow_wish *wish)
{
    struct follow *follow = follow_new(request, wish, &events_kind);

    if (!follow)
        return;
    follow->grader->metrics.streams++;
    follow->wish.is_events = true;
    events_begin(follow);
}

static struct follow *follow_new(struct http_request *request, const struct follow_wish *wish,
                                 const struct follow_kind *kind)
{
    struct follow *follow = calloc(1, sizeof *follow);

    if (!follow) {
        api_failure(request, "http.follow", err_make(ERR_SYSTEM, "follow a submission"));
        return NULL;
    }
    follow->request = request;
    follow->grader = api_grader(request);
    follow->wish = *wish;
    follow->kind = kind;
    list_init(&follow->watch.link);
    follow->watch.changed = on_changed;
    follow->watch.left = on_left;
    (void)uv_timer_init(follow->grader->loop, &follow->timer); /* cannot fail */
    follow->timer.data = follow;
    http_set_state(request, follow, on_gone);
    return follow;
}

/* Watches first and reads then, so that nothing falls in between. */
static bool watch_and_read(struct follow *follow, struct report **out)
{
    bool is_found = false;
    struct submission_row row;

    bool is_watched =
        submissions_watch(follow->grader->submissions, follow->wish.id, &follow->watch);
    struct err err =
        submissions_report(follow->grader->submissions, follow->wish.id, out, &row, &is_found);
    if (!err_is(err) && is_found && !is_watched && !stage_is_final((*out)->stage)) {
        submissions_report_free(*out); /* nobody would ever tell of it: better to ask again */
        err = err_make(ERR_BUSY, "submission %lld waits for memory", (long long)follow->wish.id);
    }
    if (!err_is(err) && is_found) {
        follow->generation = row.generation;
        return true;
    }
    submissions_unwatch(&follow->watch);
    follow->is_over = true;
    api_failure(follow->request, "http.follow",
                err_is(err) ? err : err_make(ERR_INTERNAL, "a submission vanished"));
    return false;
}

/* A name for what a report says now: two of the same name say the same. */
static void state_name(const struct follow *follow, const struct report *report, char *out,
                       size_t size)
{
    int facts =
        report->has_hello + report->has_compiled + report->checking_done + report->timing_done;

    for (int i = 0; i < report->spec->cases_count; i++)
        facts += report->has_case[i] + report->has_timed[i];
    (void)snprintf(out, size, "%lld-%d-%s-%lld", (long long)follow->generation, facts,
                   stage_word(report->stage), (long long)report->queue_position); /* fits */
}

/* True if the client said that it has this state. */
static bool is_known(const struct follow *follow, const struct report *report)
{
    char name[FOLLOW_STATE_MAX];

    state_name(follow, report, name, sizeof name);
    return strcmp(name, follow->wish.after) == 0;
}

/* -- text -------------------------------------------------------------------------------------- */

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

static void stream_leave(struct follow *follow, const struct report *report)
{
    const char *words = words_of("text_restart", follow->wish.view.language);
    (void)report;

    if (follow->cursor.column > 0) /* in the middle of the cases */
        http_write(follow->request, "\n", 1);
    http_write(follow->request, words, strlen(words));
    http_write(follow->request, "\n", 1);
    follow->is_over = true;
    http_end(follow->request);
}

/* -- wait -------------------------------------------------------------------------------------- */

static void wait_begin(struct follow *follow)
{
    struct report *report = NULL;

    if (!watch_and_read(follow, &report))
        return;
    bool is_news = follow->wish.after[0] && !is_known(follow, report);
    if (stage_is_final(report->stage) || follow->wish.wait_s == 0 || is_news) {
        wait_answer(follow, report);
    } else {
        http_defer(follow->request);
        (void)uv_timer_start(&follow->timer, on_waited, (uint64_t)follow->wish.wait_s * 1000, 0);
    }
    submissions_report_free(report);
}

static void wait_tell(struct follow *follow, const struct report *report)
{
    bool is_news = follow->wish.after[0] && !is_known(follow, report);

    if (stage_is_final(report->stage) || is_news)
        wait_answer(follow, report);
}

static void wait_answer(struct follow *follow, const struct report *report)
{
    char location[32];
    char name[FOLLOW_STATE_MAX];
    struct buf body;
    int code = stage_is_final(report->stage) ? 200 : follow->wish.http_code;

    (void)snprintf(location, sizeof location, "/s/%lld", (long long)follow->wish.id);
    state_name(follow, report, name, sizeof name);
    const struct http_field fields[] = {{"Location", location}, {"X-State", name}, {NULL, NULL}};
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

/* -- events ------------------------------------------------------------------------------------ */

static void events_begin(struct follow *follow)
{
    struct report *report = NULL;

    if (!watch_and_read(follow, &report))
        return;
    bool is_known_here = is_known(follow, report);
    if (is_known_here && stage_is_final(report->stage)) {
        follow->is_over = true;
        http_answer(follow->request, 204, NULL, "", 0, NULL);
        submissions_report_free(report);
        return;
    }
    api_events_begin(follow->request);
    (void)uv_timer_start(&follow->timer, on_quiet, KEEP_ALIVE_MS, KEEP_ALIVE_MS);
    if (!is_known_here)
        events_tell(follow, report);
    submissions_report_free(report);
}

static void events_tell(struct follow *follow, const struct report *report)
{
    struct buf body;
    struct buf event;

    if (is_known(follow, report) && !stage_is_final(report->stage))
        return; /* told of something that a report does not show */
    buf_init(&body, REPORT_MAX);
    buf_init(&event, 2 * REPORT_MAX);
    state_name(follow, report, follow->wish.after, sizeof follow->wish.after);
    put_report(follow, &body, report);
    api_event(&event, follow->wish.is_page ? "page" : "report", follow->wish.after, &body);
    if (stage_is_final(report->stage))
        buf_printf(&event, "event: end\ndata: %s\n\n", stage_word(report->stage));
    if (!event.failed)
        http_write(follow->request, event.at, event.size);
    buf_release(&event);
    buf_release(&body);
    (void)uv_timer_again(&follow->timer); /* it repeats: cannot fail */
    if (!stage_is_final(report->stage))
        return;
    follow->is_over = true;
    (void)uv_timer_stop(&follow->timer);
    http_end(follow->request);
}

/* A browser comes back by itself. */
static void events_leave(struct follow *follow, const struct report *report)
{
    (void)report;
    follow->is_over = true;
    (void)uv_timer_stop(&follow->timer);
    http_end(follow->request);
}

static void put_report(struct follow *follow, struct buf *out, const struct report *report)
{
    const struct page_head head = {.language = follow->wish.view.language,
                                   .has_asked = http_query(follow->request, "lang") != NULL};

    if (follow->wish.is_page)
        web_report_inside(out, report, &follow->wish.view, &head);
    else
        report_json(out, report, &follow->wish.view);
}

static void on_quiet(uv_timer_t *timer)
{
    const struct follow *follow = timer->data;

    if (!follow->is_over)
        api_event_alive(follow->request);
}

/* -- all of them ------------------------------------------------------------------------------- */

static void on_changed(struct watch *watch, const struct report *report)
{
    struct follow *follow = list_of((char *)watch, struct follow, watch);

    if (!follow->is_over)
        follow->kind->tell(follow, report);
}

static void on_left(struct watch *watch, const struct report *report)
{
    struct follow *follow = list_of((char *)watch, struct follow, watch);

    if (!follow->is_over)
        follow->kind->leave(follow, report);
}

static void on_gone(void *state)
{
    struct follow *follow = state;

    follow->is_over = true;
    if (follow->wish.is_events)
        follow->grader->metrics.streams--;
    submissions_unwatch(&follow->watch);
    uv_close((uv_handle_t *)&follow->timer, on_timer_closed);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}
