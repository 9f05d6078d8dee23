/* The part `checked` of the text report: the cases as they end, the groups, the first failure, and
 * what to do next. */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <stdio.h>
#include <string.h>

struct group_tally {
    int ran, left; /* left: not run, though it should have been */
    long long hidden, hidden_failed;
    bool forbidden;
};

static void cases_tell(struct page *page);
static void cases_end(struct page *page);
static void checked_summary(struct page *page);
static void group_write(struct page *page, int group);
static void group_cases(struct page *page, int group, struct buf *list);
static bool is_known(const struct report *report, int index);
static void tally_case(const struct page *page, int index, struct group_tally *tally);
static void case_name(const struct page *page, int group, int index, struct buf *list);
static void comma(const struct page *page, struct buf *list);
static bool goes_on(const struct page *page, int group, int index);
static void group_not_run(struct page *page, struct buf *list);
static void next_step(struct page *page);

bool report_checked(struct page *page)
{
    const struct report *report = page->report;
    bool timed_alone = false;
    for (int i = 0; i < report->spec->cases_count; i++)
        timed_alone = timed_alone || report->has_timed[i];
    if (page->cursor->live)
        cases_tell(page);
    if (!report->checking_done && !timed_alone && !stage_is_final(page->report->stage))
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
            report_label(page, "text_checking");
            cursor->column = 10;
        }
        char word[96];
        enum verdict verdict = report->cases[i].verdict;
        const char *said = report_verdict(verdict, page->language);
        (void)snprintf(word, sizeof word, "%s %s", report->spec->cases[i].name, said); /* fits */
        int columns = lines_columns(word);
        int gap = cursor->column > 10 ? 2 : 0;
        if (cursor->column + gap + columns > REPORT_COLUMNS) {
            buf_printf(page->out, "\n%10s", "");
            cursor->column = 10;
            cursor->lines--;
            gap = 0;
        }
        buf_printf(page->out, "%*s%s", gap, "", word);
        cursor->column += gap + columns;
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
    report_label(page, "text_checked");
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
    auto_buf struct buf list = buf_of(4096);
    group_cases(page, group, &list);
    report_group(page, report->spec->groups[group].name, &report->points.groups[group]);
    if (list.size > 0) {
        buf_text(page->out, "   ");
        (void)lines_wrap(page->out, 24, 24, list.at);
    }
    buf_text(page->out, "\n");
}

void report_group(struct page *page, const char *name, const struct rubric_group *points)
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
    struct group_tally tally = {0};
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (report->spec->cases[i].group != group)
            continue;
        tally_case(page, i, &tally);
        if (is_known(report, i) && report_shows(report, i, page->view))
            case_name(page, group, i, list);
    }
    if (tally.ran == 0) {
        group_not_run(page, list);
        return;
    }
    if (tally.hidden_failed > 0) {
        comma(page, list);
        words_put(list, page->language, "text_hidden_wrong", tally.hidden_failed, tally.hidden);
    } else if (tally.hidden > 0 && tally.left == 0) {
        comma(page, list);
        words_put(list, page->language, "text_hidden", tally.hidden);
    }
    if (tally.left > 0 && !tally.forbidden) {
        comma(page, list);
        buf_text(list, words_of("text_rest_not_run", page->language));
    }
}

static bool is_known(const struct report *report, int index)
{
    return report->has_case[index] && report->cases[index].verdict != VERDICT_NOT_RUN;
}

static void tally_case(const struct page *page, int index, struct group_tally *tally)
{
    const struct report *report = page->report;
    bool known = is_known(report, index);
    enum verdict verdict = report->cases[index].verdict;
    bool left_out = report->practice && report->spec->cases[index].hidden;
    tally->ran += known;
    tally->left += !known && !left_out;
    tally->forbidden = tally->forbidden || (known && verdict == VERDICT_FORBIDDEN_CALL);
    if (report_shows(report, index, page->view))
        return;
    tally->hidden += known || !report->practice;
    tally->hidden_failed += known && verdict != VERDICT_PASS;
}

/* "one", "one right" beside others that are not, "one wrong", "one: time limit". */
static void case_name(const struct page *page, int group, int index, struct buf *list)
{
    enum verdict verdict = page->report->cases[index].verdict;
    const char *words = report_verdict(verdict, page->language);
    comma(page, list);
    buf_text(list, page->report->spec->cases[index].name);
    if (verdict == VERDICT_WRONG ||
        (verdict == VERDICT_PASS && !page->report->points.groups[group].passed))
        buf_printf(list, " %s", words);
    else if (verdict != VERDICT_PASS && !goes_on(page, group, index))
        buf_printf(list, ": %s", words);
}

static void comma(const struct page *page, struct buf *list)
{
    if (list->size > 0)
        buf_text(list, words_of("text_comma", page->language));
}

/* The next case of the group ended in the same way: "one, small: runtime error" says it once. */
static bool goes_on(const struct page *page, int group, int index)
{
    const struct report *report = page->report;
    for (int i = index + 1; i < report->spec->cases_count; i++) {
        if (report->spec->cases[i].group == group && report->has_case[i] &&
            report->cases[i].verdict != VERDICT_NOT_RUN && report_shows(report, i, page->view))
            return report->cases[i].verdict == report->cases[index].verdict;
    }
    return false;
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
