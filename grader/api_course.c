/* What a course offers: the start page and the handout of one assignment. */
#include "grader/api.h"
#include "grader/store_course.h"
#include "grader/web/web_course.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <string.h>

static bool find_rows(struct http_request *request, const struct membership *who,
                      struct course_row *rows, size_t *out_count);
static bool fill_handout(struct http_request *request, const struct membership *who,
                         struct handout *handout, struct own_row *own);
static void read_task(const struct grader *grader, const struct spec *spec, enum language language,
                      struct buf *out);
static void answer_handout(struct http_request *request, const struct membership *who,
                           const struct handout *handout, enum negotiate_form form);
static void put_text(struct buf *out, const struct handout *handout, enum language language);
static void put_rules(struct buf *out, const struct handout *handout, enum language language);
static void put_date(struct buf *out, enum language language, const char *code, int64_t at,
                     const char *zone);

#define ROWS_MAX 64
#define OWN_MAX 20
#define TASK_MAX ((size_t)1 << 20)
#define PAGE_MAX ((size_t)8 << 20)

bool api_offering(struct http_request *request, const char *assignment, bool is_board,
                  struct membership *out_who, bool *out_known, struct offering *out)
{
    struct db *db = &api_grader(request)->reader;
    const char *cohort = http_part(request, "cohort");
    struct cohort_row found = {.id = 0};
    bool is_found = false;

    *out_known = !is_board || http_header(request, "Authorization") != NULL;
    if (*out_known && !api_who(request, out_who))
        return false;
    struct err err = store_cohort_find(db, cohort, &found, &is_found);
    bool is_member = *out_known && is_found && out_who->id != 0 &&
                     (out_who->cohort_id == found.id || out_who->role == ROLE_ADMIN);
    if (!err_is(err) && is_found)
        err = store_offering_find(db, found.id,
                                  is_member && out_who->cohort_id == found.id ? out_who->id : 0,
                                  assignment, out, &is_found);
    if (err_is(err)) {
        api_failure(request, "http.offering", err);
        return false;
    }
    if (is_found && (is_member || (is_board && out->board == BOARD_PUBLIC)))
        return true;
    if (*out_known) {
        api_refuse(request, 404, "http_404_offering");
        return false;
    }
    return api_who(request, out_who) && false; /* 401: with a token there may be something */
}

/* -- start ------------------------------------------------------------------------------------- */

/* For programs and terminals the list of assignments or the help, which they have already. */
void start_handle(struct http_request *request)
{
    struct membership who;
    struct page_head head;
    struct course_row rows[ROWS_MAX];
    size_t count = 0;
    enum negotiate_form form = api_form(request);
    bool is_known = http_header(request, "Authorization") != NULL;
    struct buf body;

    if (form != NEGOTIATE_HTML) {
        if (form == NEGOTIATE_JSON)
            assignments_handle(request);
        else
            help_handle(request);
        return;
    }
    if ((is_known && !api_who(request, &who)) ||
        !find_rows(request, is_known ? &who : NULL, rows, &count))
        return;
    api_head(request, is_known ? &who : NULL, words_of("page_welcome", api_language(request)),
             &head);
    buf_init(&body, PAGE_MAX);
    web_start(&body, rows, count, &head);
    api_page(request, &body);
    buf_release(&body);
}

static bool find_rows(struct http_request *request, const struct membership *who,
                      struct course_row *rows, size_t *out_count)
{
    struct grader *grader = api_grader(request);
    struct offering offerings[ROWS_MAX];
    size_t count = 0;
    size_t used = 0;

    if (!who) {
        for (; used < grader->specs_count && used < ROWS_MAX; used++)
            rows[used] = (struct course_row){.spec = &grader->specs[used], .best = -1};
        *out_count = used;
        return true;
    }
    struct err err =
        store_offerings(&grader->reader, who->cohort_id, who->id, offerings, ROWS_MAX, &count);
    for (size_t i = 0; i < count && !err_is(err); i++) {
        struct course_row *row = &rows[used];
        *row = (struct course_row){.spec = grader_spec(grader, offerings[i].assignment),
                                   .offering = offerings[i],
                                   .best = -1};
        if (!row->spec)
            continue;
        err = store_own_best(&grader->reader, who->id, row->offering.id, &row->best, &row->count);
        used++;
    }
    *out_count = used;
    if (err_is(err))
        api_failure(request, "http.start", err);
    return !err_is(err);
}

/* -- handout ----------------------------------------------------------------------------------- */

void handout_handle(struct http_request *request)
{
    char name[SPEC_NAME_MAX + 8];
    struct membership who;
    bool is_known = false;
    struct own_row own[OWN_MAX];
    struct handout handout = {.cohort = http_part(request, "cohort"),
                              .own = own,
                              .base_url = api_grader(request)->base_url};
    enum negotiate_form form = api_form(request);
    struct buf task;

    (void)negotiate_suffix(http_part(request, "assignment"), name, sizeof name, &form);
    if (!api_offering(request, name, false, &who, &is_known, &handout.offering) ||
        !fill_handout(request, &who, &handout, own))
        return;
    buf_init(&task, TASK_MAX);
    read_task(api_grader(request), handout.spec, api_language(request), &task);
    handout.task = task.at;
    answer_handout(request, &who, &handout, form);
    buf_release(&task);
}

static bool fill_handout(struct http_request *request, const struct membership *who,
                         struct handout *handout, struct own_row *own)
{
    struct grader *grader = api_grader(request);
    const struct offering *offering = &handout->offering;
    struct cohort_row cohort;
    bool is_found = false;

    handout->spec = grader_spec(grader, offering->assignment);
    if (!handout->spec) {
        api_refuse(request, 404, "http_404_offering");
        return false;
    }
    struct err err =
        store_targets(&grader->reader, offering->id, handout->targets, &handout->targets_count);
    if (!err_is(err))
        err = store_own_rows(&grader->reader, who->id, offering->id, own, OWN_MAX,
                             &handout->own_count);
    if (!err_is(err))
        err = store_cohort_find(&grader->reader, handout->cohort, &cohort, &is_found);
    handout->grace_budget = is_found ? cohort.grace_days : -1;
    if (err_is(err))
        api_failure(request, "http.handout", err);
    return !err_is(err);
}

/* In the reader's language if there is one, else in English, else none. */
static void read_task(const struct grader *grader, const struct spec *spec, enum language language,
                      struct buf *out)
{
    static const char *const names[] = {[LANGUAGE_EN] = "TASK.md", [LANGUAGE_ZH] = "TASK.zh.md"};
    char path[4200];

    (void)snprintf(path, sizeof path, "%s/assignments/%s/%s", grader->home, spec->name,
                   names[language]); /* fits */
    if (!err_is(fdio_read_file(path, out)) || language == LANGUAGE_EN)
        return;
    buf_clear(out);
    read_task(grader, spec, LANGUAGE_EN, out);
}

static void answer_handout(struct http_request *request, const struct membership *who,
                           const struct handout *handout, enum negotiate_form form)
{
    struct page_head head;
    struct buf body;
    char title[2 * SPEC_NAME_MAX + 4];

    if (form == NEGOTIATE_JSON) {
        api_assignment_json(request, handout->spec, handout);
        return;
    }
    (void)snprintf(title, sizeof title, "%s/%s", handout->cohort, handout->spec->name);
    api_head(request, who, title, &head);
    buf_init(&body, PAGE_MAX);
    if (form == NEGOTIATE_HTML) {
        web_handout(&body, handout, &head);
        api_page(request, &body);
    } else {
        put_text(&body, handout, api_language(request));
        api_answer(request, 200, API_TEXT, &body, NULL);
    }
    buf_release(&body);
}

static void put_text(struct buf *out, const struct handout *handout, enum language language)
{
    char time[ZONE_TEXT_MAX];
    const struct offering *offering = &handout->offering;

    buf_printf(out, "%s\n", handout->spec->name);
    put_rules(out, handout, language);
    for (size_t i = 0; i < handout->own_count; i++) {
        const struct own_row *row = &handout->own[i];
        buf_printf(out, "  /s/%lld  %s  %s", (long long)row->id,
                   zone_write(offering->zone, row->received_at, time), stage_word(row->stage));
        if (row->score >= 0 && !row->practice)
            buf_printf(out, "  %.1f", (double)row->score / 100);
        if (row->speedup > 0)
            buf_printf(out, "  %.2fx", row->speedup);
        buf_printf(out, "%s\n", row->practice ? "  practice" : "");
    }
    buf_printf(out, "  curl -n --fail-with-body -T %s.c %s/submit/%s\n\n%s", handout->spec->name,
               handout->base_url, handout->spec->name, handout->task);
}

static void put_rules(struct buf *out, const struct handout *handout, enum language language)
{
    const struct offering *offering = &handout->offering;
    auto_buf struct buf late = buf_of(512);

    put_date(out, language, "page_opens", offering->opens_at, offering->zone);
    put_date(out, language, "page_due_at", offering->due_at, offering->zone);
    put_date(out, language, "page_closes", offering->closes_at, offering->zone);
    if (offering->due_at == 0)
        buf_printf(out, "  %s\n", words_of("page_no_due", language));
    handout_late(&late, handout, language);
    if (late.size > 0)
        buf_printf(out, "  %s\n", late.at);
    if (offering->attempts_max > 0) {
        buf_text(out, "  ");
        words_put(out, language, "page_attempts_max", (long long)offering->attempts_max);
        buf_text(out, "\n");
    }
    for (int i = 0; i < handout->targets_count; i++) {
        buf_printf(out, "%s", i > 0 ? ", " : "  ");
        if (i == 0)
            buf_printf(out, "%s ", words_of("page_targets", language));
        words_put(out, language, "page_target", handout->targets[i].class_name,
                  handout->targets[i].target);
    }
    buf_text(out, handout->targets_count > 0 ? "\n" : "");
}

/* "  due 2026-11-29 23:59 Asia/Shanghai" */
static void put_date(struct buf *out, enum language language, const char *code, int64_t at,
                     const char *zone)
{
    char time[ZONE_TEXT_MAX];
    char text[ZONE_TEXT_MAX + ZONE_NAME_MAX];

    if (at == 0)
        return;
    (void)snprintf(text, sizeof text, "%s %s", zone_write(zone, at, time), zone); /* fits */
    buf_text(out, "  ");
    words_put(out, language, code, text);
    buf_text(out, "\n");
}
