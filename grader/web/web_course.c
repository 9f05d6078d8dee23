/* What there is to do, and one assignment in full. */
#include "grader/web/web_course.h"

#include "grader/report_parts.h"
#include "grader/web/markdown.h"
#include "grader/words.h"

#include <stdio.h>
#include <string.h>

static void put_dates(struct buf *out, const struct handout *handout, const struct page_head *head);
static void put_when(struct buf *out, const char *code, int64_t at, const char *zone,
                     const struct page_head *head);
static void put_submit(struct buf *out, const struct handout *handout,
                       const struct page_head *head);
static void put_own(struct buf *out, const struct handout *handout, const struct page_head *head);
static const char *title_of(const struct spec *spec, enum language language);
static const char *words(const struct page_head *head, const char *code);

void web_start(struct buf *out, const struct course_row *rows, size_t count,
               const struct page_head *head)
{
    char time[64];
    char points[32];
    bool is_known = head->login[0] != '\0';

    page_begin(out, head);
    html_put(out, "<h1>%s</h1>\n<p>%s</p>\n", is_known ? head->cohort : words(head, "page_welcome"),
             words(head, "page_welcome_text"));
    html_put(out,
             "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">%s</th>",
             words(head, "page_assignment"));
    if (is_known)
        html_put(out,
                 "<th scope=\"col\">%s</th><th scope=\"col\" class=\"number\">%s</th>"
                 "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">%s</th>",
                 words(head, "page_due"), words(head, "page_best"), words(head, "page_count"),
                 words(head, "page_board"));
    else
        html_put(out, "<th scope=\"col\">%s</th>", words(head, "page_kit"));
    buf_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; i++) {
        const struct course_row *row = &rows[i];
        const char *name = row->spec->name;
        if (!is_known) {
            html_put(out,
                     "<tr><th scope=\"row\">%s<br><span class=\"quiet\">%s</span></th>"
                     "<td><a href=\"/kit/%s.tar.gz\">%s.tar.gz</a></td></tr>\n",
                     name, title_of(row->spec, head->language), name, name);
            continue;
        }
        const struct offering *offering = &row->offering;
        html_put(
            out,
            "<tr><th scope=\"row\"><a href=\"/%s/%s%s\">%s</a><br><span class=\"quiet\">%s</span>"
            "</th><td>%s</td><td class=\"number\">%s</td><td class=\"number\">%lld</td>"
            "<td><a href=\"/%s/%s/board%s\">%s</a></td></tr>\n",
            head->cohort, name, page_query(head), name, title_of(row->spec, head->language),
            offering->due_at
                ? lines_time(offering->due_at, zone_minutes(offering->zone, offering->due_at),
                             head->language, 'd', time, sizeof time)
                : words(head, "page_no_due"),
            row->best < 0 ? "–" : lines_points(row->best, false, points, sizeof points),
            (long long)row->count, head->cohort, name, page_query(head), words(head, "page_board"));
    }
    buf_text(out, "</tbody>\n</table></div>\n");
    page_end(out);
}

void web_handout(struct buf *out, const struct handout *handout, const struct page_head *head)
{
    const char *task = handout->task;

    page_begin(out, head);
    html_put(out, "<h1>%s</h1>\n", title_of(handout->spec, head->language));
    if (strncmp(task, "# ", 2) == 0) /* the same title */
        task += strcspn(task, "\n");
    html_put(out,
             "<p class=\"quiet\">%s/%s · <a href=\"/kit/%s.tar.gz\">%s</a> · "
             "<a href=\"/%s/%s/board%s\">%s</a></p>\n",
             handout->cohort, handout->spec->name, handout->spec->name, words(head, "page_kit"),
             handout->cohort, handout->spec->name, page_query(head), words(head, "page_board"));
    put_dates(out, handout, head);
    put_own(out, handout, head);
    put_submit(out, handout, head);
    buf_text(out, "<article class=\"task\">\n");
    markdown_html(out, task);
    buf_text(out, "</article>\n");
    page_end(out);
}

static void put_dates(struct buf *out, const struct handout *handout, const struct page_head *head)
{
    const struct offering *offering = &handout->offering;
    auto_buf struct buf late = buf_of(512);

    html_put(out, "<p>");
    if (offering->opens_at)
        put_when(out, "page_opens", offering->opens_at, offering->zone, head);
    if (offering->opens_at)
        buf_text(out, " · ");
    if (offering->due_at)
        put_when(out, "page_due_at", offering->due_at, offering->zone, head);
    else
        html_put(out, "%s", words(head, "page_no_due"));
    if (offering->closes_at) {
        buf_text(out, " · ");
        put_when(out, "page_closes", offering->closes_at, offering->zone, head);
    }
    handout_late(&late, handout, head->language);
    if (late.size > 0)
        html_put(out, " · %s", late.at);
    if (offering->attempts_max) {
        buf_text(out, " · ");
        page_words(out, head->language, "page_attempts_max", (long long)offering->attempts_max);
    }
    buf_text(out, "</p>\n");
    if (handout->targets_count == 0)
        return;
    html_put(out, "<p>%s", words(head, "page_targets"));
    for (int i = 0; i < handout->targets_count; i++) {
        buf_text(out, i > 0 ? ", " : " ");
        page_words(out, head->language, "page_target", handout->targets[i].class_name,
                   handout->targets[i].target);
    }
    buf_text(out, "</p>\n");
}

void handout_late(struct buf *out, const struct handout *handout, enum language language)
{
    const struct offering *offering = &handout->offering;

    if (offering->due_at != 0 && offering->late_policy == LATE_PER_DAY)
        words_put(out, language, "page_late_per_day", (long long)offering->late_percent);
    if (offering->due_at == 0 || offering->late_policy != LATE_GRACE)
        return;
    const long long budget = handout->grace_budget;
    const long long days = offering->grace_days;
    const long long percent = offering->late_percent > 0 ? offering->late_percent : 100;
    if (budget < 0)
        words_put(out, language, "page_late_grace", days, percent);
    else
        words_put(out, language, "page_late_grace_budget", days < budget ? days : budget, budget,
                  percent);
}

/* Without seconds: 23:59 includes the last one of that minute. */
static void put_when(struct buf *out, const char *code, int64_t at, const char *zone,
                     const struct page_head *head)
{
    char time[64];
    char text[64 + ZONE_NAME_MAX];

    (void)snprintf(text, sizeof text, "%s %s",
                   lines_time(at, zone_minutes(zone, at), head->language, 'm', time, sizeof time),
                   zone); /* fits */
    page_words(out, head->language, code, text);
}

static void put_submit(struct buf *out, const struct handout *handout, const struct page_head *head)
{
    const char *name = handout->spec->name;

    html_put(
        out,
        "<h2>%s</h2>\n<pre tabindex=\"0\">curl -n --fail-with-body -T %s.c %s/submit/%s</pre>\n",
        words(head, "page_submit_so"), name, handout->base_url, name);
}

static void put_own(struct buf *out, const struct handout *handout, const struct page_head *head)
{
    char time[64], points[32], code[40];

    html_put(out, "<h2>%s</h2>\n", words(head, "page_attempts"));
    if (handout->own_count == 0) {
        html_put(out, "<p>%s</p>\n", words(head, "page_attempts_none"));
        return;
    }
    html_put(out,
             "<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">%s</th>"
             "<th scope=\"col\">%s</th><th scope=\"col\">%s</th>"
             "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\" class=\"number\">%s</th>"
             "</tr></thead>\n<tbody>\n",
             words(head, "page_number"), words(head, "page_received"), words(head, "page_stage"),
             words(head, "page_score"), words(head, "page_speedup"));
    for (size_t i = 0; i < handout->own_count; i++) {
        const struct own_row *row = &handout->own[i];
        (void)snprintf(code, sizeof code, "stage_%s", stage_word(row->stage));
        html_put(
            out,
            "<tr><th scope=\"row\"><a href=\"/s/%lld%s\">#%lld</a></th><td>%s</td><td>%s%s%s</td>",
            (long long)row->id, page_query(head), (long long)row->id,
            lines_time(row->received_at, zone_minutes(handout->offering.zone, row->received_at),
                       head->language, 'd', time, sizeof time),
            words(head, code), row->practice ? " · " : "",
            row->practice ? words(head, "page_practice") : "");
        html_put(out, "<td class=\"number\">%s</td><td class=\"number\">",
                 row->score < 0 || row->practice
                     ? "–"
                     : lines_points(row->score, false, points, sizeof points));
        if (row->speedup > 0)
            html_put(out, "%.2f×", row->speedup);
        buf_text(out, "</td></tr>\n");
    }
    buf_text(out, "</tbody>\n</table></div>\n");
}

void web_plain(struct buf *out, const char *text, const struct page_head *head)
{
    page_begin(out, head);
    html_put(out, "<h1>%s</h1>\n<pre tabindex=\"0\">%s</pre>\n", head->title, text);
    page_end(out);
}

static const char *title_of(const struct spec *spec, enum language language)
{
    return language == LANGUAGE_ZH && spec->title_zh[0] ? spec->title_zh : spec->title;
}

static const char *words(const struct page_head *head, const char *code)
{
    return words_of(code, head->language);
}
