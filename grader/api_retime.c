/* POST /s/{id}/retime: a student asks for the timing once more, because the machine was busy. */
#include "grader/api.h"
#include "grader/retime.h"
#include "grader/store_queue.h"
#include "sandbox/base/clock.h"

#include <stdlib.h>
#include <string.h>

struct again;
static bool may(struct http_request *request, const struct submission_row *row,
                const struct report_view *view);
static struct err again_run(struct write *write, struct db *db);
static void again_done(struct write *write, struct err err);
static void on_gone(void *state);

/* A wish on its way to the disk; it outlives its client. */
struct again {
    struct write write;
    struct http_request *request; /* NULL: gone */
    struct submission_row row;
    char actor[SPEC_NAME_MAX];
    const char *spec_hash; /* of what is installed, which outlives the request */
    int64_t most;          /* timings of it that may be asked for */
    const char *code;      /* of a refusal that only the transaction can know; NULL: none */
    bool writing;
};

void retime_handle(struct http_request *request)
{
    struct submission_row row;
    struct report_view view;
    struct membership who;

    if (!api_submission(request, http_part(request, "id"), &row, &view) ||
        !api_who(request, &who) || !may(request, &row, &view) || !api_may_write(request))
        return;
    const struct spec *spec = grader_spec(api_grader(request), row.assignment);
    struct again *again = calloc(1, sizeof *again);
    if (!again) {
        api_failure(request, "http.retime", err_make(ERR_SYSTEM, "no memory for a wish"));
        return;
    }
    *again = (struct again){.write = {.run = again_run, .done = again_done},
                            .request = request,
                            .row = row,
                            .spec_hash = spec->hash,
                            .most = view.everything ? INT64_MAX : RETIMES_MAX,
                            .writing = true};
    memcpy(again->actor, who.login, sizeof again->actor);
    http_set_state(request, again, on_gone);
    http_defer(request);
    writer_push(api_grader(request)->writer, &again->write);
}

/* Only what was measured in noise, of an assignment that workers still have. */
static bool may(struct http_request *request, const struct submission_row *row,
                const struct report_view *view)
{
    struct grader *grader = api_grader(request);
    const struct spec *spec = grader_spec(grader, row->assignment);
    struct report *report = NULL;
    bool is_found = false;
    struct err err = submissions_report(grader->submissions, row->id, &report, NULL, &is_found);

    if (err_is(err) || !is_found) {
        api_failure(request, "http.retime", err);
        return false;
    }
    bool is_due = retime_is_due(report) ||
                  (view->everything && report->stage == STAGE_GRADED && report->checking_done);
    submissions_report_free(report);
    if (!is_due)
        api_refuse(request, 409, "http_409_retime", (long long)row->id);
    else if (!spec)
        api_refuse(request, 409, "http_409_retime_version", row->assignment);
    else
        return true;
    return false;
}

static struct err again_run(struct write *write, struct db *db)
{
    struct again *again = (struct again *)write;
    const struct retime_wish wish = {.submission_id = again->row.id,
                                     .spec_hash = again->spec_hash,
                                     .most = again->most,
                                     .actor = again->actor,
                                     .now_at = clock_utc_us()};
    return retime_ask(db, &wish, &again->code);
}

static void again_done(struct write *write, struct err err)
{
    struct again *again = (struct again *)write;
    struct http_request *request = again->request;
    long long id = (long long)again->row.id;

    again->writing = false;
    if (!request) {
        free(again);
        return;
    }
    if (err_is(err)) {
        api_failure(request, "http.retime", err);
    } else if (again->code && strcmp(again->code, "http_409_retime_version") == 0) {
        api_refuse(request, 409, again->code, again->row.assignment);
    } else if (again->code) {
        api_refuse(request, 409, again->code, id);
    } else {
        auto_buf struct buf body = buf_of(1024);
        words_put(&body, api_language(request), "retime_queued", id);
        api_answer(request, 202, API_TEXT, &body, NULL);
    }
}

static void on_gone(void *state)
{
    struct again *again = state;

    again->request = NULL;
    if (!again->writing)
        free(again);
}
