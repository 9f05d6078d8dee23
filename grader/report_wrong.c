/* Why a case is not right: what happened, where, and one next step. */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The failing case at hand. */
struct wrong {
    struct buf *out;
    const struct report *report;
    const struct spec_case *given;
    const struct wire_case *one;
    enum language language;
};

static int first_failed(const struct report *report, const struct report_view *view, bool shown);
static void hidden_write(struct wrong *wrong);
static void title_write(struct wrong *wrong);
static void mismatch_write(struct wrong *wrong);
static void limit_write(struct wrong *wrong);
static void memory_write(struct wrong *wrong);
static void output_write(struct wrong *wrong);
static void forbidden_write(struct wrong *wrong);
static void crash_write(struct wrong *wrong);
static void detail_write(struct wrong *wrong);
static void hint_write(struct wrong *wrong);
static void printed_write(struct wrong *wrong, int lines_max);

/* What is said about each verdict. */
static void (*const facts[])(struct wrong *wrong) = {
    [VERDICT_PASS] = NULL,
    [VERDICT_WRONG] = mismatch_write,
    [VERDICT_RUNTIME_ERROR] = crash_write,
    [VERDICT_TIME_LIMIT] = limit_write,
    [VERDICT_MEMORY_LIMIT] = memory_write,
    [VERDICT_OUTPUT_LIMIT] = output_write,
    [VERDICT_FORBIDDEN_CALL] = forbidden_write,
    [VERDICT_EXITED_EARLY] = crash_write,
    [VERDICT_NOT_RUN] = NULL,
};

const char *report_verdict(enum verdict verdict, enum language language)
{
    char code[40];
    (void)snprintf(code, sizeof code, "verdict_%s", verdict_word(verdict)); /* fits */
    const char *words = words_find(code, language);
    return words != NULL ? words : verdict_word(verdict);
}

const char *report_hint(const char *code, enum language language)
{
    static const char ignored[] = "_ignored"; /* NAME_ignored, for any integer input */
    const char *hint = words_find(code, language);
    size_t length = strlen(code);
    if (hint == NULL && length >= sizeof ignored &&
        strcmp(code + length - (sizeof ignored - 1), ignored) == 0)
        hint = words_find("ignored", language);
    return hint;
}

bool report_shows(const struct report *report, int index, const struct report_view *view)
{
    return view->everything || !report->spec->cases[index].hidden;
}

void report_wrong(struct buf *out, const struct report *report, const struct report_view *view,
                  int lines_max)
{
    struct wrong wrong = {.out = out, .report = report, .language = view->language};
    int index = first_failed(report, view, true);
    if (index < 0)
        index = first_failed(report, view, false);
    if (index < 0)
        return;
    wrong.given = &report->spec->cases[index];
    wrong.one = &report->cases[index];
    if (!report_shows(report, index, view)) {
        hidden_write(&wrong);
        return;
    }
    size_t before = out->size;
    title_write(&wrong);
    if (facts[wrong.one->verdict] != NULL)
        facts[wrong.one->verdict](&wrong);
    report_found(out, report, index, view->language);
    hint_write(&wrong);
    for (size_t at = before; at < out->size; at++)
        lines_max -= out->at[at] == '\n';
    if (wrong.one->verdict == VERDICT_FORBIDDEN_CALL)
        buf_printf(out, "%s\n", words_of("text_no_accusation", view->language));
    else
        printed_write(&wrong, lines_max);
}

static int first_failed(const struct report *report, const struct report_view *view, bool shown)
{
    for (int i = 0; i < report->spec->cases_count; i++) {
        bool failed = report->has_case[i] && report->cases[i].verdict != VERDICT_PASS &&
                      report->cases[i].verdict != VERDICT_NOT_RUN;
        if (failed && report_shows(report, i, view) == shown)
            return i;
    }
    return -1;
}

/* Of a hidden case only the class: its group, and what that group is about. */
static void hidden_write(struct wrong *wrong)
{
    const struct spec_group *group = &wrong->report->spec->groups[wrong->given->group];
    words_put(wrong->out, wrong->language, "text_first_hidden", group->name,
              report_verdict(wrong->one->verdict, wrong->language));
    if (*group->help == 0)
        return;
    auto_buf struct buf line = buf_of(1024);
    words_put(&line, wrong->language, "text_group_about", group->help);
    int column = lines_columns(words_of("text_hint", wrong->language));
    buf_text(wrong->out, words_of("text_hint", wrong->language));
    (void)lines_wrap(wrong->out, column, column, line.at);
    buf_text(wrong->out, "\n");
}

static void title_write(struct wrong *wrong)
{
    char sizes[256];
    auto_buf struct buf line = buf_of(1024);
    enum verdict verdict = wrong->one->verdict;
    spec_case_words(wrong->report->spec, wrong->given, sizes, sizeof sizes);
    words_put(&line, wrong->language, "text_case",
              verdict == VERDICT_WRONG ? words_of("text_first_wrong", wrong->language)
                                       : report_verdict(verdict, wrong->language),
              wrong->given->name);
    buf_text(wrong->out, line.at);
    if (*sizes != 0) {
        buf_text(wrong->out, "   ");
        (void)lines_wrap(wrong->out, lines_columns(line.at) + 3, 4, sizes);
    }
    buf_text(wrong->out, "\n");
}

/* -- the ends of a case ------------------------------------------------------------------------ */

static void mismatch_write(struct wrong *wrong)
{
    if (wrong->one->has_mismatch)
        report_mismatch(wrong->out, wrong->report, wrong->one, wrong->language);
    else
        detail_write(wrong);
}

static void limit_write(struct wrong *wrong)
{
    const struct spec_limits *limits = &wrong->report->spec->limits;
    const struct wire_case *one = wrong->one;
    const double cpu_s = one->cpu_ms / 1000, wall_s = one->wall_ms >= 0 ? one->wall_ms / 1000 : 0;
    const double baseline_ms = report_baseline_ms(wrong->report, one->index);

    if (one->cpu_ms < 0 && one->wall_ms < 0) {
        detail_write(wrong);
        return;
    }
    /* 0.9: the processor clock is read when the limit has struck, a little early or late. */
    if (one->cpu_ms >= 0.9 * (double)limits->cpu_ms)
        words_put(wrong->out, wrong->language, "text_stopped_cpu", cpu_s,
                  (double)limits->cpu_ms / 1000);
    else if (strcmp(one->code, "loop_endless") == 0)
        words_put(wrong->out, wrong->language, "text_stopped_busy", wall_s,
                  (double)limits->wall_ms / 1000, cpu_s);
    else
        words_put(wrong->out, wrong->language, "text_stopped_wall", wall_s,
                  (double)limits->wall_ms / 1000);
    if (baseline_ms > 0)
        words_put(wrong->out, wrong->language, "text_baseline_takes", baseline_ms);
    buf_text(wrong->out, "\n");
}

static void memory_write(struct wrong *wrong)
{
    words_put(wrong->out, wrong->language, "text_memory",
              (long long)(wrong->report->spec->limits.memory_extra_bytes >> 20));
}

static void output_write(struct wrong *wrong)
{
    words_put(wrong->out, wrong->language, "text_output",
              (long long)(wrong->report->spec->limits.stderr_bytes / 1024));
}

static void forbidden_write(struct wrong *wrong)
{
    auto_buf struct buf line = buf_of(1024);
    words_put(&line, wrong->language, "text_forbidden",
              *wrong->one->syscall != 0 ? wrong->one->syscall
                                        : words_of("text_some_call", wrong->language));
    buf_text(wrong->out, "  ");
    (void)lines_wrap(wrong->out, 2, 2, line.at);
    buf_text(wrong->out, "\n");
    words_put(wrong->out, wrong->language, "text_allowed",
              (long long)wrong->report->spec->limits.threads);
}

static void crash_write(struct wrong *wrong)
{
    const long long stack_mib = (long long)(wrong->report->spec->limits.stack_bytes >> 20);
    char code[sizeof wrong->one->code + 8];
    auto_buf struct buf line = buf_of(1024);

    (void)snprintf(code, sizeof code, "what_%s", wrong->one->code); /* fits */
    if (words_find(code, wrong->language) != NULL) {
        words_put(&line, wrong->language, code, stack_mib);
        buf_text(wrong->out, "  ");
        (void)lines_wrap(wrong->out, 2, 2, line.at);
        buf_text(wrong->out, "\n");
        return;
    }
    if (*wrong->one->detail != 0 || wrong->one->signal == 0) {
        detail_write(wrong);
        return;
    }
    const char *name = sigabbrev_np(wrong->one->signal);
    words_put(wrong->out, wrong->language, "text_signal", (long long)wrong->one->signal,
              name != NULL ? name : "?");
}

static void detail_write(struct wrong *wrong)
{
    if (*wrong->one->detail == 0)
        return;
    buf_text(wrong->out, "  ");
    (void)lines_wrap(wrong->out, 2, 2, wrong->one->detail);
    buf_text(wrong->out, "\n");
}

static void hint_write(struct wrong *wrong)
{
    const char *hint = report_hint(wrong->one->code, wrong->language);
    auto_buf struct buf slow = buf_of(1024);
    if (report_slow(&slow, wrong->report, wrong->one->index, wrong->language))
        hint = slow.at;
    if (hint == NULL)
        return;
    const char *head = words_of("text_hint", wrong->language);
    int column = lines_columns(head);
    buf_text(wrong->out, head);
    (void)lines_wrap(wrong->out, column, column, hint);
    buf_text(wrong->out, "\n");
}

static void printed_write(struct wrong *wrong, int lines_max)
{
    if (wrong->one->stderr_text == NULL || *wrong->one->stderr_text == 0 || lines_max < 2)
        return;
    buf_printf(wrong->out, "%s\n", words_of("text_printed", wrong->language));
    (void)lines_foreign(wrong->out, 4, wrong->one->stderr_text,
                        lines_max - 1 < 3 ? lines_max - 1 : 3);
}
