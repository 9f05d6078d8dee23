/* The text report in the order of a life: each part is written once, as soon as all of it is
 * certain, so that a stream and a finished report are the same bytes (but for the live lines). */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <stdio.h>
#include <string.h>

enum part { PART_HEAD, PART_COMPILED, PART_CHECKED, PART_TIMED, PART_LAST, PART_OVER };

static bool head_write(struct page *page);
static void head_received(struct page *page);
static bool compiled_write(struct page *page);
static void queue_write(struct page *page);
static const char *ordinal(int64_t number);
static void compiled_good(struct page *page, const char *toolchain);
static void compiled_bad(struct page *page, const char *toolchain);
static bool last_write(struct page *page);
static void best_write(struct page *page);
static void place_write(struct buf *out, const struct page *page);
static void last_line(struct page *page);
static void attempts_unused(struct page *page);

/* Each returns false while it must wait for more. */
static bool (*const parts[])(struct page *page) = {
    [PART_HEAD] = head_write,    [PART_COMPILED] = compiled_write, [PART_CHECKED] = report_checked,
    [PART_TIMED] = report_timed, [PART_LAST] = last_write,
};

void report_text_next(struct report_text *cursor, struct buf *out, const struct report *report,
                      const struct report_view *view)
{
    struct page page = {cursor, out, report, view, view->language, out->size};
    while (cursor->part < PART_OVER && parts[cursor->part](&page))
        cursor->part++;
    for (size_t at = page.before; at < out->size; at++)
        cursor->lines += out->at[at] == '\n';
}

void report_text(struct buf *out, const struct report *report, const struct report_view *view)
{
    struct report_text cursor = {0};
    report_text_next(&cursor, out, report, view);
    if (cursor.part == PART_OVER)
        return;
    buf_printf(out, "%s\n", words_of("text_not_yet", view->language)); /* still under way */
}

void report_label(struct page *page, const char *code)
{
    lines_pad(page->out, words_of(code, page->language), 10);
}

/* -- accepted --------------------------------------------------------------------------------- */

static bool head_write(struct page *page)
{
    const struct report *report = page->report;
    struct buf *out = page->out;
    if (report->id == 0) {
        buf_printf(out, "%s  %s  %s\n", report->spec->name, report->file_name,
                   words_of("text_offline", page->language));
        return true;
    }
    words_put(out, page->language, "text_accepted", (long long)report->id);
    buf_printf(out, "  %s", report->spec->name);
    if (*report->login != 0)
        buf_printf(out, "  %s  %s", report->login, report->cohort);
    if (report->practice)
        buf_printf(out, "  %s", words_of("text_practice", page->language));
    else if (report->attempt > 0 && report->attempts_max > 0)
        words_put(out, page->language, "text_attempt_of", (long long)report->attempt,
                  (long long)report->attempts_max);
    else if (report->attempt > 0)
        words_put(out, page->language, "text_attempt", (long long)report->attempt);
    buf_text(out, "\n");
    head_received(page);
    return true;
}

static void head_received(struct page *page)
{
    const struct report *report = page->report;
    char time[64];
    auto_buf struct buf line = buf_of(1024);
    if (report->received_at == 0)
        return;
    words_put(&line, page->language, "text_received",
              lines_time(report->received_at, report->zone_minutes, page->language, 'l', time,
                         sizeof time));
    if (report->due_at > 0) {
        int64_t zone = (int64_t)report->zone_minutes * 60;
        int64_t due_zone = (int64_t)report->due_zone_minutes * 60;
        bool same_day = (report->received_at / 1000000 + zone) / 86400 ==
                        (report->due_at / 1000000 + due_zone) / 86400;
        words_put(&line, page->language, "text_due",
                  lines_time(report->due_at, report->due_zone_minutes, page->language,
                             same_day ? 'h' : 'd', time, sizeof time));
    }
    if (report->late_seconds > 0)
        words_put(&line, page->language, "text_late", (long long)report->late_seconds);
    auto_buf struct buf back = buf_of(512);
    if (*report->url != 0)
        words_put(&back, page->language, "text_back", report->url);
    bool fits = 6 + lines_columns(line.at) + 3 + lines_columns(back.at) <= REPORT_COLUMNS;
    buf_printf(page->out, "      %s%s%s\n", line.at,
               back.size == 0 ? ""
               : fits         ? "   "
                              : "\n      ",
               back.at);
}

/* -- compiled --------------------------------------------------------------------------------- */

static bool compiled_write(struct page *page)
{
    const struct report *report = page->report;
    if (page->cursor->live && !report->has_compiled)
        queue_write(page);
    if (!report->has_compiled)
        return stage_is_final(page->report->stage);

    auto_buf struct buf toolchain = buf_of(512);
    if (*report->compiled.compiler != 0)
        buf_printf(&toolchain, "(%s %.40s)", report->compiled.compiler, report->compiled.flags);
    else if (report->has_hello)
        buf_printf(&toolchain, "(%s %.40s)", report->hello.compiler, report->hello.flags);
    if (report->compiled.good)
        compiled_good(page, toolchain.at);
    else
        compiled_bad(page, toolchain.at);
    return true;
}

/* At first, then each time the place in line has halved: a long wait stays a few lines. */
static void queue_write(struct page *page)
{
    struct report_text *cursor = page->cursor;
    int64_t position = page->report->queue_position;
    if (position <= 0 || (cursor->position_told > 0 && position > cursor->position_told / 2))
        return;
    cursor->position_told = position;
    report_label(page, "text_queued");
    words_put(page->out, page->language, "text_in_line", (long long)position,
              page->language == LANGUAGE_ZH ? "" : ordinal(position));
    if (page->report->queue_estimate_s > 0)
        words_put(page->out, page->language, "text_about",
                  (long long)page->report->queue_estimate_s);
    buf_text(page->out, "\n");
    cursor->lines--; /* on top of the budget */
}

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static const char *ordinal(int64_t number)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    bool teens = number / 10 % 10 == 1;
    return teens || number % 10 > 3 ? "th" : endings[number % 10];
}

static void compiled_good(struct page *page, const char *toolchain)
{
    const struct wire_compiled *compiled = &page->report->compiled;
    const char *code = compiled->warnings == 0   ? "text_no_warnings"
                       : compiled->warnings == 1 ? "text_warning"
                                                 : "text_warnings";
    report_label(page, "text_compiled");
    words_put(page->out, page->language, "text_seconds", (double)compiled->took_ms / 1000);
    words_put(page->out, page->language, code, (long long)compiled->warnings);
    buf_printf(page->out, "%s%s\n", *toolchain != 0 ? "   " : "", toolchain);
    if (compiled->warnings > 0 && compiled->diagnostics != NULL)
        (void)lines_foreign(page->out, 2, compiled->diagnostics, 2); /* --json has them all */
    report_cuda_text(page);
}

static void compiled_bad(struct page *page, const char *toolchain)
{
    const struct report *report = page->report;
    const struct wire_compiled *compiled = &report->compiled;
    buf_printf(page->out, "%s%s%s\n", words_of("text_compile_error", page->language),
               *toolchain != 0 ? "  " : "", toolchain);
    if (compiled->diagnostics != NULL && *compiled->diagnostics != 0)
        (void)lines_foreign(page->out, 2, compiled->diagnostics, 14); /* the budget of 25 */
    /* What the compiler said is enough; the audit and the limits speak through the message. */
    if (*compiled->message != 0 && compiled->errors == 0) {
        buf_text(page->out, "  ");
        (void)lines_wrap(page->out, 2, 2, compiled->message);
        buf_text(page->out, "\n");
    }
    const char *hint = words_find(compiled->code, page->language);
    if (hint != NULL) {
        int column = lines_columns(words_of("text_hint", page->language));
        buf_text(page->out, words_of("text_hint", page->language));
        (void)lines_wrap(page->out, column, column, hint);
        buf_text(page->out, "\n");
    }
    if (compiled->errors > 0)
        words_put(page->out, page->language, compiled->errors == 1 ? "text_error" : "text_errors",
                  (long long)compiled->errors);
    buf_printf(page->out, "%s\n", words_of("text_nothing_run", page->language));
    if (report->id > 0)
        words_put(page->out, page->language, "text_same_compiler", report->spec->name,
                  report->file_name);
}

/* -- the answer ------------------------------------------------------------------------------- */

static bool last_write(struct page *page)
{
    if (!stage_is_final(page->report->stage))
        return false;
    best_write(page);
    last_line(page);
    return true;
}

static void best_write(struct page *page)
{
    const struct report *report = page->report;
    char was[32];
    char now[32];
    if (report->review)
        buf_printf(page->out, "%s\n", words_of("text_review", page->language));
    if (report->held)
        buf_printf(page->out, "%s\n", words_of("text_held", page->language));
    if (!report_has_score(report) || (report->best_before < 0 && report->rank == 0))
        return;
    if (report->best_before < 0) { /* the first one: its place alone */
        auto_buf struct buf place = buf_of(1024);
        place_write(&place, page);
        buf_printf(page->out, "%s\n", place.at + strspn(place.at, " "));
        return;
    }
    (void)lines_points(report->best_before, false, was, sizeof was);
    (void)lines_points(report->points.score, false, now, sizeof now);
    bool better = report->points.score > report->best_before;
    words_put(page->out, page->language, better ? "text_best" : "text_best_stays", was, now);
    place_write(page->out, page);
    buf_text(page->out, "\n");
}

static void place_write(struct buf *out, const struct page *page)
{
    const struct report *report = page->report;
    if (report->rank == 0)
        return;
    words_put(out, page->language, "text_rank", (long long)report->rank,
              (long long)report->rank_of);
    if (report->rank_shared > 1)
        words_put(out, page->language, "text_rank_shared", (long long)report->rank_shared);
    buf_text(out, words_of("text_rank_end", page->language));
}

static void last_line(struct page *page)
{
    static const char *const final_codes[] = {
        [STAGE_COMPILE_ERROR] = "text_no_score_compile",
        [STAGE_REJECTED] = "text_no_score_rejected",
        [STAGE_SYSTEM_ERROR] = "text_no_score_system",
        [STAGE_COMPILED_ONLY] = "text_no_score_compiled_only",
        [STAGE_SUPERSEDED] = "text_no_score_superseded",
        [STAGE_CANCELLED] = "text_no_score_cancelled",
    };
    const struct report *report = page->report;
    if (report_has_score(report)) {
        char got[32];
        char of[32];
        buf_printf(page->out, "Score %s / %s\n",
                   lines_points(report->points.score, false, got, sizeof got),
                   lines_points(report->points.max_score, true, of, sizeof of));
        return;
    }
    auto_buf struct buf line = buf_of(2048);
    buf_text(&line, "No score: ");
    if (report->stage == STAGE_REJECTED)
        words_put(&line, page->language, "text_no_score_rejected", report->message);
    else if (report->stage != STAGE_GRADED)
        buf_text(&line, words_of(final_codes[report->stage], page->language));
    else if (*report->only_case != 0)
        words_put(&line, page->language,
                  report_exit_code(report) == 0 ? "text_no_score_case_right"
                                                : "text_no_score_case_wrong",
                  report->only_case);
    else
        buf_text(&line, words_of("text_no_score_practice", page->language));
    /* One line, however long: whoever looks for the answer takes the last one. */
    buf_text(page->out, line.at);
    attempts_unused(page);
    buf_text(page->out, "\n");
}

static void attempts_unused(struct page *page)
{
    const struct report *report = page->report;
    if (report->id == 0 || report->practice || report->stage == STAGE_GRADED)
        return;
    if (report->attempts_max > 0 && report->attempts_used >= 0)
        words_put(page->out, page->language, "text_attempts_so_far",
                  (long long)report->attempts_used, (long long)report->attempts_max);
    else
        buf_text(page->out, words_of("text_no_attempt", page->language));
}
