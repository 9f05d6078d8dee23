/* The text report in the order of a life: each part is written once, as soon as all of it is
 * certain, so that a stream and a finished report are the same bytes (but for the live lines). */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <stdio.h>
#include <string.h>

enum part { PART_HEAD, PART_COMPILED, PART_CHECKED, PART_TIMED, PART_LAST, PART_OVER };

/* What a part needs; one pointer instead of four parameters. */
struct page {
    struct report_text *cursor;
    struct buf *out;
    const struct report *report;
    const struct report_view *view;
    enum language language;
    size_t before; /* of `out`, when this call began */
};

static bool head_write(struct page *page);
static void head_received(struct page *page);
static bool compiled_write(struct page *page);
static void queue_write(struct page *page);
static const char *ordinal(int64_t number);
static void compiled_good(struct page *page, const char *toolchain);
static void compiled_bad(struct page *page, const char *toolchain);
static bool checked_write(struct page *page);
static void cases_tell(struct page *page);
static void cases_end(struct page *page);
static void checked_summary(struct page *page);
static void group_write(struct page *page, int group);
static void group_points(struct page *page, const char *name, const struct rubric_group *points);
static void group_cases(struct page *page, int group, struct buf *list);
static void group_not_run(struct page *page, struct buf *list);
static void next_step(struct page *page);
static bool timed_write(struct page *page);
static void timed_row(struct page *page, int index);
static void speed_write(struct page *page);
static void not_timed(struct page *page);
static bool last_write(struct page *page);
static void best_write(struct page *page);
static void last_line(struct page *page);
static void attempts_unused(struct page *page);

/* Each returns false while it must wait for more. */
static bool (*const parts[])(struct page *page) = {
    [PART_HEAD] = head_write,   [PART_COMPILED] = compiled_write, [PART_CHECKED] = checked_write,
    [PART_TIMED] = timed_write, [PART_LAST] = last_write,
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

static bool is_over(const struct page *page)
{
    return stage_is_final(page->report->stage);
}

static void label(struct page *page, const char *code)
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
    auto_buf struct buf line;
    if (report->received_at == 0)
        return;
    buf_init(&line, 1024);
    words_put(&line, page->language, "text_received",
              lines_time(report->received_at, report->zone_minutes, page->language, 'l', time,
                         sizeof time));
    if (report->due_at > 0) {
        int64_t zone = (int64_t)report->zone_minutes * 60;
        bool same_day = (report->received_at / 1000000 + zone) / 86400 ==
                        (report->due_at / 1000000 + zone) / 86400;
        words_put(&line, page->language, "text_due",
                  lines_time(report->due_at, report->zone_minutes, page->language,
                             same_day ? 'h' : 'd', time, sizeof time));
    }
    if (report->late_seconds > 0)
        words_put(&line, page->language, "text_late", (long long)report->late_seconds);
    auto_buf struct buf back;
    buf_init(&back, 512);
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
        return is_over(page);

    auto_buf struct buf toolchain;
    buf_init(&toolchain, 512);
    if (report->has_hello)
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
    label(page, "text_queued");
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
    label(page, "text_compiled");
    words_put(page->out, page->language, "text_seconds", (double)compiled->took_ms / 1000);
    words_put(page->out, page->language, code, (long long)compiled->warnings);
    buf_printf(page->out, "%s%s\n", *toolchain != 0 ? "   " : "", toolchain);
    if (compiled->warnings > 0 && compiled->diagnostics != NULL)
        (void)lines_foreign(page->out, 2, compiled->diagnostics, 2); /* --json has them all */
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

/* -- checked ---------------------------------------------------------------------------------- */

static bool checked_write(struct page *page)
{
    const struct report *report = page->report;
    bool timed_alone = false;
    for (int i = 0; i < report->spec->cases_count; i++)
        timed_alone = timed_alone || report->has_timed[i];
    if (page->cursor->live)
        cases_tell(page);
    if (!report->checking_done && !timed_alone && !is_over(page))
        return false;
    cases_end(page);
    if (!report->checking_done)
        return true;

    checked_summary(page);
    for (int g = 0; g < report->spec->groups_count; g++)
        if (!report->spec->groups[g].is_speed)
            group_write(page, g);
    int used = page->cursor->lines;
    for (size_t at = page->before; at < page->out->size; at++)
        used += page->out->at[at] == '\n';
    report_wrong(page->out, report, page->view, REPORT_LINES - used - 3);
    if (!report_all_correct(report))
        next_step(page);
    return true;
}

/* Live: one line that names the cases as they end, wrapped. */
static void cases_tell(struct page *page)
{
    const struct report *report = page->report;
    struct report_text *cursor = page->cursor;
    for (; cursor->cases_told < report->spec->cases_count; cursor->cases_told++) {
        int i = cursor->cases_told;
        bool speed = report->spec->groups[report->spec->cases[i].group].is_speed;
        if (speed || !report_shows(report, i, page->view))
            continue;
        if (!report->has_case[i])
            return;
        if (cursor->column == 0) {
            label(page, "text_checking");
            cursor->column = 10;
        }
        char word[96];
        enum verdict verdict = report->cases[i].verdict;
        const char *said = report_verdict(verdict, page->language);
        (void)snprintf(word, sizeof word, "%s %s  ", report->spec->cases[i].name, said); /* fits */
        int columns = lines_columns(word);
        if (cursor->column + columns - 2 > REPORT_COLUMNS) {
            buf_printf(page->out, "\n%10s", "");
            cursor->column = 10;
            cursor->lines--;
        }
        buf_text(page->out, word);
        cursor->column += columns;
    }
}

static void cases_end(struct page *page)
{
    if (page->cursor->column == 0)
        return;
    buf_text(page->out, "\n");
    page->cursor->column = 0;
    page->cursor->lines--; /* on top of the budget */
}

static void checked_summary(struct page *page)
{
    const struct report *report = page->report;
    long long right = 0;
    long long all = 0;
    double worst = 0;
    bool compared = false;
    for (int i = 0; i < report->spec->cases_count; i++) {
        bool speed = report->spec->groups[report->spec->cases[i].group].is_speed;
        bool left_out = report->practice && report->spec->cases[i].hidden;
        bool other =
            *report->only_case != 0 && strcmp(report->only_case, report->spec->cases[i].name) != 0;
        if (speed || ((left_out || other) && !report->has_case[i]) || other)
            continue;
        all++;
        right += report->has_case[i] && report->cases[i].verdict == VERDICT_PASS;
        if (report->has_case[i] && report->cases[i].has_error_ratio) {
            compared = true;
            worst = report->cases[i].error_ratio > worst ? report->cases[i].error_ratio : worst;
        }
    }
    label(page, "text_checked");
    words_put(page->out, page->language, "text_cases_right", right, all);
    if (right == all && compared)
        words_put(page->out, page->language, "text_worst", worst);
    buf_text(page->out, "\n");
}

static void group_write(struct page *page, int group)
{
    const struct report *report = page->report;
    if (*report->only_case != 0)
        return; /* one case earns nothing */
    auto_buf struct buf list;
    buf_init(&list, 4096);
    group_cases(page, group, &list);
    group_points(page, report->spec->groups[group].name, &report->points.groups[group]);
    if (list.size > 0) {
        buf_text(page->out, "   ");
        (void)lines_wrap(page->out, 24, 24, list.at);
    }
    buf_text(page->out, "\n");
}

static void group_points(struct page *page, const char *name, const struct rubric_group *points)
{
    char got[32];
    char of[32];
    buf_text(page->out, "  ");
    lines_pad(page->out, name, 8);
    if (page->report->practice)
        lines_pad(page->out,
                  words_of(points->passed ? "text_passed" : "text_failed", page->language), 11);
    else
        buf_printf(page->out, "%5s / %s", lines_points(points->points, false, got, sizeof got),
                   lines_points(points->max_points, true, of, sizeof of));
}

/* "padding wrong, empty: time limit, 2 of 2 hidden wrong, rest not run". */
static void group_cases(struct page *page, int group, struct buf *list)
{
    const struct report *report = page->report;
    bool passed = report->points.groups[group].passed;
    long long hidden = 0;
    long long hidden_failed = 0;
    int ran = 0;
    bool left = false;
    bool forbidden = false;
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (report->spec->cases[i].group != group)
            continue;
        bool known = report->has_case[i] && report->cases[i].verdict != VERDICT_NOT_RUN;
        enum verdict verdict = known ? report->cases[i].verdict : VERDICT_NOT_RUN;
        ran += known;
        forbidden = forbidden || (known && verdict == VERDICT_FORBIDDEN_CALL);
        left = left || (!known && !(report->practice && report->spec->cases[i].hidden));
        if (report->spec->cases[i].hidden && !page->view->everything) {
            hidden += known || !report->practice;
            hidden_failed += known && verdict != VERDICT_PASS;
            continue;
        }
        if (!known)
            continue;
        buf_printf(list, "%s%s", list->size > 0 ? words_of("text_comma", page->language) : "",
                   report->spec->cases[i].name);
        if (verdict == VERDICT_WRONG || (verdict == VERDICT_PASS && !passed))
            buf_printf(list, " %s", report_verdict(verdict, page->language));
        else if (verdict != VERDICT_PASS)
            buf_printf(list, ": %s", report_verdict(verdict, page->language));
    }
    const char *comma = list->size > 0 ? words_of("text_comma", page->language) : "";
    if (ran == 0) {
        group_not_run(page, list);
        return;
    }
    if (hidden_failed > 0) {
        buf_text(list, comma);
        words_put(list, page->language, "text_hidden_wrong", hidden_failed, hidden);
    } else if (hidden > 0 && !left) {
        buf_text(list, comma);
        words_put(list, page->language, "text_hidden", hidden);
    }
    if (left && !forbidden)
        buf_printf(list, "%s%s", list->size > 0 ? words_of("text_comma", page->language) : "",
                   words_of("text_rest_not_run", page->language));
}

/* Why a whole group was left out. */
static void group_not_run(struct page *page, struct buf *list)
{
    int time_outs = 0;
    for (int i = 0; i < page->report->spec->cases_count; i++)
        time_outs +=
            page->report->has_case[i] && page->report->cases[i].verdict == VERDICT_TIME_LIMIT;
    if (page->report->practice && time_outs == 0)
        buf_text(list, words_of("text_nothing_visible", page->language));
    else
        buf_text(list,
                 words_of(time_outs >= 2 ? "text_not_run_time" : "text_not_run", page->language));
}

static void next_step(struct page *page)
{
    const struct report *report = page->report;
    bool forbidden = false;
    for (int i = 0; i < report->spec->cases_count; i++)
        forbidden = forbidden ||
                    (report->has_case[i] && report->cases[i].verdict == VERDICT_FORBIDDEN_CALL);
    if (forbidden)
        return; /* all is said; a second look would end at the same door */
    if (*report->only_case == 0)
        buf_printf(page->out, "%s\n", words_of("text_not_timed_wrong", page->language));
    for (int i = 0; i < report->spec->cases_count; i++) {
        bool failed = report->has_case[i] && report->cases[i].verdict != VERDICT_PASS &&
                      report->cases[i].verdict != VERDICT_NOT_RUN;
        if (!failed || report->spec->cases[i].hidden)
            continue;
        if (*report->only_case == 0)
            words_put(page->out, page->language, report->id > 0 ? "text_at_home" : "text_again",
                      report->spec->name, report->file_name, report->spec->cases[i].name);
        return;
    }
}

/* -- timed ------------------------------------------------------------------------------------ */

static bool timed_write(struct page *page)
{
    const struct report *report = page->report;
    struct report_text *cursor = page->cursor;
    for (; cursor->timed_told < report->spec->cases_count; cursor->timed_told++) {
        int i = cursor->timed_told;
        if (!report->spec->groups[report->spec->cases[i].group].is_speed)
            continue;
        if (!report->has_timed[i] && !is_over(page))
            return false;
        if (!report->has_timed[i] || !report_shows(report, i, page->view))
            continue;
        if (cursor->column == 0) {
            label(page, "text_timed");
            buf_printf(page->out, "%s\n", words_of("text_against", page->language));
            cursor->column = 1; /* the heading is there */
        }
        timed_row(page, i);
    }
    if (!is_over(page))
        return false;
    if (cursor->column != 0)
        speed_write(page);
    else if (report->stage == STAGE_GRADED && report->checking_done)
        not_timed(page);
    return true;
}

static void timed_row(struct page *page, int index)
{
    const struct wire_timed *timed = &page->report->timed[index];
    struct buf *out = page->out;
    buf_text(out, "  ");
    lines_pad(out, page->report->spec->cases[index].name, 8);
    if (!timed->measured) {
        bool right = timed->check.verdict == VERDICT_PASS;
        buf_printf(out, "  %s\n",
                   right ? words_of("text_not_measured", page->language)
                         : report_verdict(timed->check.verdict, page->language));
        return;
    }
    buf_printf(out, "%6.2fx  ", timed->speedup);
    words_put(out, page->language, "text_interval", timed->low, timed->high);
    bool milliseconds = timed->baseline_us >= 1000;
    double unit = milliseconds ? 1000 : 1;
    buf_printf(out, "   %.3g -> %.3g %s   ", timed->baseline_us / unit, timed->student_us / unit,
               milliseconds ? "ms" : "us");
    words_put(out, page->language, "text_pairs", (long long)timed->pairs);
    if (timed->noisy)
        buf_printf(out, "  %s", words_of("text_noisy", page->language));
    buf_text(out, "\n");
}

static void speed_write(struct page *page)
{
    const struct report *report = page->report;
    for (int g = 0; g < report->spec->groups_count; g++) {
        if (!report->spec->groups[g].is_speed || !report_has_score(report))
            continue;
        group_points(page, report->spec->groups[g].name, &report->points.groups[g]);
        buf_text(page->out, "   ");
        if (report->target > 1) {
            double doublings = __builtin_log2(report->target);
            words_put(page->out, page->language, "text_doubling",
                      (double)report->spec->groups[g].points / 100 / doublings, report->target);
        } else {
            buf_text(page->out, words_of("text_no_target", page->language));
        }
        buf_text(page->out, "\n");
    }
    if (report->has_hello && !report->hello.ranked) {
        const char *why = report->hello.unranked_why;
        auto_buf struct buf line;
        buf_init(&line, 512);
        words_put(&line, page->language, "text_unranked", why);
        buf_text(page->out, "  ");
        (void)lines_wrap(page->out, 2, 2, line.at);
        buf_text(page->out, "\n");
    }
}

/* Right, yet no speed: say why, so that nobody waits for it. */
static void not_timed(struct page *page)
{
    const struct report *report = page->report;
    const char *code = NULL;
    if (*report->only_case != 0 || !report_all_correct(report))
        return;
    if (report->no_timing)
        code = "text_not_timed_asked";
    else if (report->has_hello && !report->hello.ranked)
        code = "text_not_timed_here";
    else if (report->target <= 1)
        code = "text_not_timed_target";
    if (code == NULL)
        return;
    auto_buf struct buf line;
    buf_init(&line, 512);
    words_put(&line, page->language, code, report->hello.unranked_why);
    (void)lines_wrap(page->out, 0, 0, line.at);
    buf_text(page->out, "\n");
}

/* -- the answer ------------------------------------------------------------------------------- */

static bool last_write(struct page *page)
{
    if (!is_over(page))
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
    if (!report_has_score(report) || report->best_before < 0)
        return;
    (void)lines_points(report->best_before, false, was, sizeof was);
    (void)lines_points(report->points.score, false, now, sizeof now);
    bool better = report->points.score > report->best_before;
    words_put(page->out, page->language, better ? "text_best" : "text_best_stays", was, now);
    if (report->rank > 0) {
        words_put(page->out, page->language, "text_rank", (long long)report->rank,
                  (long long)report->rank_of);
        if (report->rank_shared > 1)
            words_put(page->out, page->language, "text_rank_shared",
                      (long long)report->rank_shared);
        buf_text(page->out, words_of("text_rank_end", page->language));
    }
    buf_text(page->out, "\n");
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
    auto_buf struct buf line;
    buf_init(&line, 2048);
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
