/* One submission as a page: in the order of what a reader wants: the answer, what was wrong, the
 * groups, the speed, and the text report at the end. */
#include "grader/web/web_report.h"

#include "grader/report_parts.h"
#include "grader/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct view; /* one pointer instead of four parameters */
static void put_facts(const struct view *view);
static void put_stage(const struct view *view);
static void put_score(const struct view *view);
static void put_diagnostics(const struct view *view);
static void put_wrong(const struct view *view);
static void put_groups(const struct view *view);
static void put_timing(const struct view *view);
static void put_bar(const struct view *view, const struct wire_timed *timed, double most);
static void put_cases(const struct view *view);
static void put_text(const struct view *view);

#define TEXT_MAX ((size_t)1 << 20)
#define WRONG_LINES 30
#define REFRESH_S 3

struct view {
    struct buf *out;
    const struct report *report;
    const struct report_view *sight;
    const struct page_head *head;
};

static const char *words(const struct view *view, const char *code)
{
    return words_of(code, view->head->language);
}

void web_report(struct buf *out, const struct report *report, const struct report_view *sight,
                const struct page_head *head)
{
    const struct view view = {out, report, sight, head};
    struct page_head own = *head;

    own.refresh_s = stage_is_final(report->stage) ? 0 : REFRESH_S;
    page_begin(out, &own);
    html_put(out, "<h1>#%lld %s</h1>\n", (long long)report->id, report->spec->name);
    put_facts(&view);
    /* Only the stage is spoken when it changes; the tables are there for whoever reads them. */
    buf_text(out, "<p id=\"told\" class=\"aside\" role=\"status\"></p>\n");
    if (stage_is_final(report->stage))
        buf_text(out, "<div>\n");
    else
        html_put(out, "<div data-events=\"/s/%lld/events%s\">\n", (long long)report->id,
                 page_query(head));
    web_report_inside(out, report, sight, head);
    buf_text(out, "</div>\n");
    page_end(out);
}

void web_report_inside(struct buf *out, const struct report *report,
                       const struct report_view *sight, const struct page_head *head)
{
    const struct view view = {out, report, sight, head};

    put_stage(&view);
    put_score(&view);
    put_diagnostics(&view);
    put_wrong(&view);
    put_groups(&view);
    put_timing(&view);
    put_cases(&view);
    put_text(&view);
}

/* Who, when, and the other forms of the same. */
static void put_facts(const struct view *view)
{
    const struct report *report = view->report;
    const char *query = page_query(view->head);
    long long id = (long long)report->id;
    char time[64];

    html_put(view->out, "<p class=\"quiet\">%s · <a href=\"/%s/%s%s\">%s/%s</a>", report->login,
             report->cohort, report->spec->name, query, report->cohort, report->spec->name);
    if (report->received_at > 0) {
        html_put(view->out, " · ");
        page_words(view->out, view->head->language, "text_received",
                   lines_time(report->received_at, report->zone_minutes, view->head->language, 'l',
                              time, sizeof time));
    }
    if (report->due_at > 0)
        page_words(view->out, view->head->language, "text_due",
                   lines_time(report->due_at, report->zone_minutes, view->head->language, 'd', time,
                              sizeof time));
    if (report->commit[0])
        html_put(view->out, " · git %s", report->commit);
    if (report->practice)
        html_put(view->out, " · %s", words(view, "text_practice"));
    else if (report->attempt > 0)
        page_words(view->out, view->head->language, "page_attempt", (long long)report->attempt);
    html_put(view->out,
             "</p>\n<p><a href=\"/s/%lld/source%s\">%s</a> · <a href=\"/s/%lld.c\">%s</a> · "
             "<a href=\"/s/%lld/speed%s\">%s</a> · <a href=\"/s/%lld.json\">JSON</a></p>\n",
             id, query, words(view, "page_source"), id, words(view, "page_download"), id, query,
             words(view, "page_speed"), id);
}

static void put_stage(const struct view *view)
{
    const struct report *report = view->report;
    char code[40];

    (void)snprintf(code, sizeof code, "stage_%s", stage_word(report->stage));
    html_put(view->out, "<p data-told=\"%s\"%s>%s", words(view, code),
             stage_is_final(report->stage) ? "" : " class=\"under-way\"", words(view, code));
    if (report->queue_position > 0)
        page_words(view->out, view->head->language, "page_position",
                   (long long)report->queue_position);
    if (report->queue_position > 0 && report->queue_estimate_s > 0)
        page_words(view->out, view->head->language, "text_about",
                   (long long)report->queue_estimate_s);
    buf_text(view->out, "</p>\n");
}

static void put_score(const struct view *view)
{
    const struct report *report = view->report;
    char points[32], most[32];

    if (report_has_score(report))
        html_put(view->out, "<p class=\"score\">%s %s / %s</p>\n", words(view, "page_score"),
                 lines_points(report->points.score, false, points, sizeof points),
                 lines_points(report->points.max_score, true, most, sizeof most));
    if (report->message[0])
        html_put(view->out, "<p class=\"bad\">%s</p>\n", report->message);
    if (report->review || report->held)
        html_put(view->out, "<p>%s</p>\n",
                 words(view, report->review ? "text_review" : "text_held"));
}

static void put_diagnostics(const struct view *view)
{
    const struct wire_compiled *compiled = &view->report->compiled;

    if (!view->report->has_compiled || !compiled->diagnostics || !compiled->diagnostics[0])
        return;
    html_put(view->out, "<h2>%s</h2>\n<pre tabindex=\"0\">%s</pre>\n", words(view, "page_compiler"),
             compiled->diagnostics);
}

/* The same words as in the text report. */
static void put_wrong(const struct view *view)
{
    auto_buf struct buf text = buf_of(TEXT_MAX);

    if (!view->report->cases)
        return;
    report_wrong(&text, view->report, view->sight, WRONG_LINES);
    if (text.size > 0)
        html_put(view->out, "<h2>%s</h2>\n<pre tabindex=\"0\">%s</pre>\n",
                 words(view, "text_first_wrong"), text.at);
}

/* Only when the checking is over: a half-known group would read as a failed one. */
static void put_groups(const struct view *view)
{
    const struct report *report = view->report;
    char points[32], most[32];

    if (!report->checking_done || !report_has_score(report))
        return;
    html_put(view->out,
             "<h2>%s</h2>\n<table>\n<thead><tr><th scope=\"col\">%s</th>"
             "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">%s</th></tr></thead>\n"
             "<tbody>\n",
             words(view, "page_groups"), words(view, "page_group"), words(view, "page_points"),
             words(view, "page_about"));
    for (int g = 0; g < report->spec->groups_count; g++) {
        const struct rubric_group *group = &report->points.groups[g];
        html_put(
            view->out,
            "<tr><th scope=\"row\">%s</th><td class=\"number %s\">%s / %s</td><td>%s</td></tr>\n",
            report->spec->groups[g].name, group->passed ? "good" : "bad",
            lines_points(group->points, false, points, sizeof points),
            lines_points(group->max_points, true, most, sizeof most), report->spec->groups[g].help);
    }
    buf_text(view->out, "</tbody>\n</table>\n");
}

static void put_timing(const struct view *view)
{
    const struct report *report = view->report;
    double most = report->target > 2 ? report->target : 2;
    bool has_begun = false;

    for (int i = 0; i < report->spec->cases_count; i++)
        if (report->has_timed[i] && report->timed[i].measured && report->timed[i].high > most)
            most = report->timed[i].high;
    for (int i = 0; i < report->spec->cases_count; i++) {
        const struct wire_timed *timed = report->has_timed[i] ? &report->timed[i] : NULL;
        if (!timed || !timed->measured || !report_shows(report, i, view->sight))
            continue;
        if (!has_begun)
            html_put(
                view->out,
                "<h2>%s</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>%s</caption>"
                "<thead><tr><th scope=\"col\">%s</th><th scope=\"col\" class=\"number\">%s</th>"
                "<th scope=\"col\">%s</th><th scope=\"col\" class=\"number\">%s</th>"
                "<th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                words(view, "page_timing"), words(view, "text_against"), words(view, "page_case"),
                words(view, "page_speedup"), words(view, "page_interval"),
                words(view, "page_pairs"), words(view, "page_picture"));
        has_begun = true;
        html_put(view->out,
                 "<tr><th scope=\"row\">%s</th><td class=\"number\">%.2f×</td>"
                 "<td>%.2f – %.2f%s%s</td><td class=\"number\">%d</td><td>",
                 report->spec->cases[i].name, timed->speedup, timed->low, timed->high,
                 timed->noisy ? " · " : "", timed->noisy ? words(view, "text_noisy") : "",
                 (int)timed->pairs);
        put_bar(view, timed, most);
        buf_text(view->out, "</td></tr>\n");
    }
    if (has_begun)
        buf_text(view->out, "</tbody>\n</table></div>\n");
    if (report->has_hello && !report->hello.ranked && report->checking_done)
        html_put(view->out, "<p class=\"quiet\">%s</p>\n", report->hello.unranked_why);
}

/* The interval on a log scale from 1/2 to the target, with a mark at 1: a picture of the numbers
 * beside it, so it needs no words of its own. Attributes are no inline styles. */
static void put_bar(const struct view *view, const struct wire_timed *timed, double most)
{
    const double width = 160, left = -1, right = log2(most);
    double low = (log2(timed->low) - left) / (right - left) * width;
    double high = (log2(timed->high) - left) / (right - left) * width;
    double one = (0 - left) / (right - left) * width;

    if (!isfinite(low) || !isfinite(high))
        return;
    low = fmin(fmax(low, 0), width - 2);
    high = fmin(fmax(high, low + 2), width);
    html_put(
        view->out,
        "<svg width=\"160\" height=\"14\" viewBox=\"0 0 160 14\" aria-hidden=\"true\">"
        "<path d=\"M0 7h160M%.1f 1v12\" stroke=\"currentColor\" stroke-width=\"1\" opacity=\".4\"/>"
        "<rect x=\"%.1f\" y=\"3\" width=\"%.1f\" height=\"8\" fill=\"currentColor\"/></svg>",
        one, low, high - low);
}

/* Every case that this reader may see; hidden ones are in their group's line. */
static void put_cases(const struct view *view)
{
    const struct report *report = view->report;
    bool has_begun = false;
    char ratio[32];

    for (int i = 0; i < report->spec->cases_count; i++) {
        const struct wire_case *one = report->has_case[i] ? &report->cases[i] : NULL;
        if (!one || !report_shows(report, i, view->sight))
            continue;
        if (!has_begun)
            html_put(view->out,
                     "<h2>%s</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>"
                     "<th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
                     "<th scope=\"col\" class=\"number\">%s</th></tr></thead>\n<tbody>\n",
                     words(view, "page_cases"), words(view, "page_case"), words(view, "page_group"),
                     words(view, "page_verdict"), words(view, "page_error"));
        has_begun = true;
        if (one->has_error_ratio)
            (void)snprintf(ratio, sizeof ratio, one->error_ratio < 1000 ? "%.3g" : "%.0f",
                           one->error_ratio);
        html_put(
            view->out,
            "<tr><th scope=\"row\">%s</th><td>%s</td><td class=\"%s\">%s</td>"
            "<td class=\"number\">%s</td></tr>\n",
            report->spec->cases[i].name, report->spec->groups[report->spec->cases[i].group].name,
            one->verdict == VERDICT_PASS ? "good" : "bad",
            report_verdict(one->verdict, view->head->language), one->has_error_ratio ? ratio : "");
    }
    if (has_begun)
        buf_text(view->out, "</tbody>\n</table></div>\n");
}

static void put_text(const struct view *view)
{
    auto_buf struct buf text = buf_of(TEXT_MAX);

    report_text(&text, view->report, view->sight);
    html_put(
        view->out,
        "<details id=\"text\"><summary>%s</summary>\n<pre tabindex=\"0\">%s</pre>\n</details>\n",
        words(view, "page_as_text"), text.at);
}

/* -- source ------------------------------------------------------------------------------------ */

void web_source(struct buf *out, int64_t id, const char *file_name, const char *source, size_t size,
                const struct page_head *head)
{
    int line = 1;

    page_begin(out, head);
    html_put(out,
             "<h1>%s</h1>\n<p><a href=\"/s/%lld%s\">#%lld</a> · <a href=\"/s/%lld.c\">%s</a></p>\n"
             "<pre class=\"source\" tabindex=\"0\">",
             file_name, (long long)id, page_query(head), (long long)id, (long long)id,
             words_of("page_download", head->language));
    for (size_t at = 0; at < size; line++) {
        const char *end = memchr(source + at, '\n', size - at);
        size_t length = end ? (size_t)(end - (source + at)) : size - at;
        html_put(out, "<span id=\"L%d\">", line);
        html_text(out, source + at, length);
        buf_text(out, "</span>\n");
        at += length + 1;
    }
    buf_text(out, "</pre>\n");
    page_end(out);
}
