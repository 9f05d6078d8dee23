/* Reports and lists of submissions. Somebody else's submission does not exist. */
#include "grader/api.h"
#include "grader/web/web_report.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool parse_id(const char *text, int64_t *out);
static void answer_source(struct http_request *request, const struct submission_row *row);
static bool read_source(struct http_request *request, const struct submission_row *row,
                        struct buf *out);
static void answer_report(struct http_request *request, const struct submission_row *row,
                          enum negotiate_form form, const struct report_view *view);
static void put_page(struct http_request *request, const struct report *report,
                     const struct report_view *view, struct buf *out);
static struct report *read_report(struct http_request *request, int64_t id);
static void put_summary(struct json_out *json, const struct submission_row *row);

#define ID_SPACE 24
#define REPORT_MAX (1 << 20)
#define SOURCE_PAGE_MAX (32 << 20) /* every byte may be a line, and every line a span */
#define LIST_MAX 100
#define LIST_PRESET 20

void report_handle(struct http_request *request)
{
    char id_text[ID_SPACE];
    struct submission_row row;
    struct report_view view;
    enum negotiate_form form = api_form(request);

    (void)negotiate_suffix(http_part(request, "id"), id_text, sizeof id_text, &form);
    if (!api_submission(request, id_text, &row, &view))
        return;
    if (form == NEGOTIATE_SOURCE)
        answer_source(request, &row);
    else
        answer_report(request, &row, form, &view);
}

void speed_handle(struct http_request *request)
{
    struct submission_row row;
    struct report_view view;
    struct buf body;

    if (!api_submission(request, http_part(request, "id"), &row, &view))
        return;
    struct report *report = read_report(request, row.id);
    if (!report)
        return;
    buf_init(&body, REPORT_MAX);
    report_speed_text(&body, report, &view);
    api_answer(request, 200, API_TEXT, &body, NULL);
    buf_release(&body);
    submissions_report_free(report);
}

/* Who asks, what for, and may they: one answer for "not there" and "not yours". */
bool api_submission(struct http_request *request, const char *id_text,
                    struct submission_row *out_row, struct report_view *out_view)
{
    struct membership who;
    int64_t id = 0;
    bool is_found = false;

    if (!api_who(request, &who))
        return false;
    if (!parse_id(id_text, &id)) {
        http_problem(request, 404, "a submission has a number, as in /s/1841", 0);
        return false;
    }
    struct err err = store_submission_get(&api_grader(request)->reader, id, out_row, &is_found);
    if (err_is(err)) {
        api_failure(request, "http.report", err);
        return false;
    }
    bool sees_everything = is_found && api_sees_everything(&who, out_row->cohort_id);
    if (!is_found || (!sees_everything && out_row->membership_id != who.id)) {
        api_refuse(request, 404, "http_404_submission", (long long)id);
        return false;
    }
    *out_view =
        (struct report_view){.everything = sees_everything, .language = api_language(request)};
    return true;
}

static bool parse_id(const char *text, int64_t *out)
{
    size_t size = strlen(text);

    if (size == 0 || size > 18 || text[0] == '0' || strspn(text, "0123456789") != size)
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

/* As text and as an attachment: a browser shows or runs nothing of it. */
static void answer_source(struct http_request *request, const struct submission_row *row)
{
    char disposition[128];
    struct buf source;
    char name[64];
    size_t used = 0;

    for (const char *at = row->file_name; *at && used < sizeof name - 1; at++)
        name[used++] = (char)((unsigned char)*at < 0x7f && *at >= ' ' ? *at : '_');
    name[used] = '\0';
    (void)snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
    const struct http_field fields[] = {{"Content-Disposition", disposition}, {NULL, NULL}};

    buf_init(&source, REPORT_MAX);
    if (read_source(request, row, &source))
        api_answer(request, 200, API_TEXT, &source, fields);
    buf_release(&source);
}

static bool read_source(struct http_request *request, const struct submission_row *row,
                        struct buf *out)
{
    struct err err = store_source(&api_grader(request)->reader, row->source_hash, out);

    if (err_is(err))
        api_failure(request, "http.source", err);
    return !err_is(err);
}

static void answer_report(struct http_request *request, const struct submission_row *row,
                          enum negotiate_form form, const struct report_view *view)
{
    static const char *const types[] = {[NEGOTIATE_TEXT] = API_TEXT,
                                        [NEGOTIATE_JSON] = API_JSON,
                                        [NEGOTIATE_HTML] = API_HTML,
                                        [NEGOTIATE_SOURCE] = API_TEXT};
    struct buf body;
    struct report *report = read_report(request, row->id);

    if (!report)
        return;
    buf_init(&body, REPORT_MAX);
    if (form == NEGOTIATE_HTML) {
        put_page(request, report, view, &body);
    } else if (form == NEGOTIATE_JSON) {
        report_json(&body, report, view);
        buf_text(&body, "\n");
    } else {
        report_text(&body, report, view);
    }
    api_answer(request, 200, types[form], &body, NULL);
    buf_release(&body);
    submissions_report_free(report);
}

static void put_page(struct http_request *request, const struct report *report,
                     const struct report_view *view, struct buf *out)
{
    struct page_head head;
    struct membership who;
    char title[96];

    if (!api_who(request, &who)) /* it has been asked before: only a fresh failure gets here */
        return;
    (void)snprintf(title, sizeof title, "#%lld %s", (long long)report->id, report->spec->name);
    api_head(request, &who, title, &head);
    web_report(out, report, view, &head);
}

void source_page_handle(struct http_request *request)
{
    struct submission_row row;
    struct report_view view;
    struct membership who;
    struct page_head head;
    struct buf source;
    struct buf body;

    if (!api_submission(request, http_part(request, "id"), &row, &view) || !api_who(request, &who))
        return;
    api_head(request, &who, row.file_name, &head);
    buf_init(&source, REPORT_MAX);
    buf_init(&body, SOURCE_PAGE_MAX);
    if (read_source(request, &row, &source)) {
        web_source(&body, row.id, row.file_name, source.at, source.size, &head);
        api_page(request, &body);
    }
    buf_release(&body);
    buf_release(&source);
}

static struct report *read_report(struct http_request *request, int64_t id)
{
    struct report *report = NULL;
    bool is_found = false;
    struct err err =
        submissions_report(api_grader(request)->submissions, id, &report, NULL, &is_found);

    if (!err_is(err) && is_found)
        return report;
    api_failure(request, "http.report",
                err_is(err) ? err : err_make(ERR_INTERNAL, "a submission vanished"));
    return NULL;
}

/* -- own submissions --------------------------------------------------------------------------- */

void submissions_handle(struct http_request *request)
{
    struct db *db = &api_grader(request)->reader;
    struct membership who;
    int64_t limit = 0;
    int64_t ids[LIST_MAX];
    size_t count = 0;
    struct buf body;
    struct json_out json = {.out = &body};

    if (!api_who(request, &who) || !api_number(request, "limit", 1, LIST_MAX, LIST_PRESET, &limit))
        return;
    buf_init(&body, REPORT_MAX);
    struct err err = store_submissions_of(db, who.id, ids, (size_t)limit, &count);
    json_open(&json, NULL, '{');
    json_open(&json, "submissions", '[');
    for (size_t i = 0; i < count && !err_is(err); i++) {
        struct submission_row row;
        bool is_found = false;
        err = store_submission_get(db, ids[i], &row, &is_found);
        if (!err_is(err) && is_found)
            put_summary(&json, &row);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    buf_text(&body, "\n");
    if (err_is(err))
        api_failure(request, "http.submissions", err);
    else
        api_answer(request, 200, API_JSON, &body, NULL);
    buf_release(&body);
}

static void put_summary(struct json_out *json, const struct submission_row *row)
{
    char url[32];

    (void)snprintf(url, sizeof url, "/s/%lld", (long long)row->id);
    json_open(json, NULL, '{');
    json_integer(json, "id", row->id);
    json_text(json, "assignment", row->assignment);
    json_text(json, "device", row->device == DEVICE_GPU ? "gpu" : "cpu");
    json_text(json, "stage", stage_word(row->stage));
    json_flag(json, "practice", row->practice);
    json_text(json, "file_name", row->file_name);
    json_integer(json, "received_at", row->received_at);
    json_text(json, "url", url);
    json_close(json, '}');
}
