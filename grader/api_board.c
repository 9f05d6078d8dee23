/* Leaderboards: JSON, text, a page, and its events. */
#include "grader/api.h"
#include "grader/web/web_board.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"

#include <stdlib.h>
#include <string.h>

struct live;
struct ask;
static enum negotiate_form form_of(const struct http_request *request);
static bool find_board(struct http_request *request, struct ask *ask);
static void put_page(struct http_request *request, const struct ask *ask, struct buf *out);
static void live_send(struct live *live, const struct board *board);
static void on_changed(struct board_watch *watch, const struct board *board);
static void on_quiet(uv_timer_t *timer);
static void on_gone(void *state);
static void on_timer_closed(uv_handle_t *handle);

#define PAGE_MAX ((size_t)8 << 20)
#define KEEP_ALIVE_MS 15000

/* What is asked for, and what there is. */
struct ask {
    struct membership who;
    bool is_known;
    struct offering offering;
    struct board_view view;
    char class_name[SPEC_NAME_MAX];
    const struct board *board; /* lent */
    struct board_class class;
};

/* A page that is open. */
struct live {
    struct http_request *request;
    struct grader *grader;
    struct ask ask; /* board and class are looked up anew each time */
    bool has_asked_language;
    uint64_t number;
    struct board_watch watch;
    uv_timer_t timer;
};

void board_handle(struct http_request *request)
{
    static const char *const types[] = {[NEGOTIATE_TEXT] = API_TEXT,
                                        [NEGOTIATE_JSON] = API_JSON,
                                        [NEGOTIATE_HTML] = API_HTML,
                                        [NEGOTIATE_SOURCE] = API_TEXT};
    struct ask ask;
    struct buf body;
    enum negotiate_form form = form_of(request);

    if (!find_board(request, &ask))
        return;
    buf_init(&body, PAGE_MAX);
    if (form == NEGOTIATE_HTML)
        put_page(request, &ask, &body);
    else if (form == NEGOTIATE_JSON)
        board_json(&body, ask.board, &ask.class, &ask.view);
    else
        board_text(&body, &ask.class, &ask.view);
    api_answer(request, 200, types[form], &body, NULL);
    buf_release(&body);
}

static enum negotiate_form form_of(const struct http_request *request)
{
    const char *ending = strrchr(http_route(request)->pattern, '.');

    if (!ending)
        return api_form(request);
    return strcmp(ending, ".json") == 0 ? NEGOTIATE_JSON : NEGOTIATE_TEXT;
}

/* Who may see it stands in the offering: TAs, the cohort, or everybody. */
static bool find_board(struct http_request *request, struct ask *ask)
{
    struct grader *grader = api_grader(request);
    const char *assignment = http_part(request, "assignment");
    const char *class_name = http_query(request, "class");
    int64_t top = 0;

    *ask = (struct ask){.is_known = false};
    if (!api_offering(request, assignment, true, &ask->who, &ask->is_known, &ask->offering) ||
        !api_number(request, "top", 1, BOARD_TOP_MAX, BOARD_TOP, &top))
        return false;
    bool is_ta = ask->is_known && api_sees_everything(&ask->who, ask->offering.cohort_id);
    if (ask->offering.board == BOARD_TA && !is_ta) {
        api_refuse(request, 403, "http_403_board");
        return false;
    }
    (void)text_copy(ask->class_name, sizeof ask->class_name, class_name ? class_name : "");
    ask->view =
        (struct board_view){.cohort = http_part(request, "cohort"),
                            .assignment = assignment,
                            .own = ask->is_known ? ask->who.id : 0,
                            .everything = is_ta,
                            .names = ask->offering.board_names,
                            .top = (size_t)top,
                            .zone_minutes = zone_minutes(ask->offering.zone, clock_utc_us()),
                            .language = api_language(request)};
    struct err err = boards_get(grader->boards, ask->offering.id, &ask->board);
    if (err_is(err)) {
        api_failure(request, "http.board", err);
        return false;
    }
    ask->class = board_class(ask->board, ask->class_name);
    return true;
}

static void put_page(struct http_request *request, const struct ask *ask, struct buf *out)
{
    struct page_head head;
    char title[3 * SPEC_NAME_MAX];

    (void)snprintf(title, sizeof title, "%s/%s %s", ask->view.cohort, ask->view.assignment,
                   words_of("board_title", ask->view.language));
    api_head(request, ask->is_known ? &ask->who : NULL, title, &head);
    web_board(out, ask->board, &ask->class, &ask->view, &head);
}

/* -- live -------------------------------------------------------------------------------------- */

void board_events_handle(struct http_request *request)
{
    struct ask ask;
    struct live *live = NULL;

    if (!find_board(request, &ask))
        return;
    live = calloc(1, sizeof *live);
    if (!live) {
        api_failure(request, "http.board", err_make(ERR_SYSTEM, "follow a board"));
        return;
    }
    live->request = request;
    live->grader = api_grader(request);
    live->ask = ask;
    live->has_asked_language = http_query(request, "lang") != NULL;
    live->watch.changed = on_changed;
    live->watch.offering_id = ask.offering.id;
    (void)uv_timer_init(live->grader->loop, &live->timer); /* cannot fail */
    live->timer.data = live;
    http_set_state(request, live, on_gone);
    live->grader->metrics.streams++;
    api_events_begin(request);
    boards_watch(live->grader->boards, &live->watch);
    live_send(live, ask.board); /* it may have changed since the page was made */
    (void)uv_timer_start(&live->timer, on_quiet, KEEP_ALIVE_MS, KEEP_ALIVE_MS);
}

static void live_send(struct live *live, const struct board *board)
{
    const struct page_head head = {.language = live->ask.view.language,
                                   .has_asked = live->has_asked_language};
    const struct board_class class = board_class(board, live->ask.class_name);
    char id[24];
    struct buf body;
    struct buf event;

    buf_init(&body, PAGE_MAX);
    buf_init(&event, 2 * PAGE_MAX);
    web_board_inside(&body, board, &class, &live->ask.view, &head);
    (void)snprintf(id, sizeof id, "%llu", (unsigned long long)++live->number);
    api_event(&event, "page", id, &body);
    if (!event.failed)
        http_write(live->request, event.at, event.size);
    buf_release(&event);
    buf_release(&body);
}

static void on_changed(struct board_watch *watch, const struct board *board)
{
    live_send(list_of((char *)watch, struct live, watch), board);
}

static void on_quiet(uv_timer_t *timer)
{
    const struct live *live = timer->data;
    api_event_alive(live->request);
}

static void on_gone(void *state)
{
    struct live *live = state;

    live->grader->metrics.streams--;
    boards_unwatch(&live->watch);
    uv_close((uv_handle_t *)&live->timer, on_timer_closed);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}
