/* One table; live through its event stream, whole without it. */
#include "grader/web/web_board.h"

#include "grader/report_parts.h"
#include "grader/words.h"

#include <stdio.h>
#include <string.h>

static void put_classes(struct buf *out, const struct board *board, const struct board_class *class,
                        const struct board_view *view, const struct page_head *head);
static void put_row(struct buf *out, const struct board_row *row, const struct board_view *view,
                    double most);
static void put_history(struct buf *out, const struct board_row *row);

static const char *words(const struct board_view *view, const char *code)
{
    return words_of(code, view->language);
}

/* For addresses that have a query already. */
static const char *language_too(const struct page_head *head)
{
    if (!head->has_asked)
        return "";
    return head->language == LANGUAGE_ZH ? "&lang=zh" : "&lang=en";
}

void web_board(struct buf *out, const struct board *board, const struct board_class *class,
               const struct board_view *view, const struct page_head *head)
{
    char top[16];

    (void)snprintf(top, sizeof top, "%zu", view->top);
    page_begin(out, head);
    html_put(out, "<h1>%s</h1>\n<p><a href=\"/%s/%s%s\">%s/%s</a></p>\n",
             words(view, "board_title"), view->cohort, view->assignment, page_query(head),
             view->cohort, view->assignment);
    html_put(out, "<div data-events=\"/%s/%s/board/events?class=%s&amp;top=%s%s\">\n", view->cohort,
             view->assignment, class->name, top, language_too(head));
    web_board_inside(out, board, class, view, head);
    buf_text(out, "</div>\n");
    page_end(out);
}

void web_board_inside(struct buf *out, const struct board *board, const struct board_class *class,
                      const struct board_view *view, const struct page_head *head)
{
    double most = 1;
    size_t before = 0;

    put_classes(out, board, class, view, head);
    if (class->rows_count == 0) {
        html_put(out, "<p>%s</p>\n", words(view, "board_empty"));
        return;
    }
    buf_text(out, "<p class=\"quiet\">");
    page_words(out, view->language, "board_count", (long long)class->ranked_count, class->name);
    html_put(out,
             ". %s</p>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>"
             "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">%s</th>"
             "<th scope=\"col\" class=\"number\">%s</th><th scope=\"col\">%s</th>"
             "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
             words(view, "board_rule"), words(view, "board_rank"), words(view, "board_name"),
             words(view, "page_speedup"), words(view, "page_interval"), words(view, "board_when"),
             words(view, "board_history"));
    for (size_t i = 0; i < class->rows_count; i++)
        if (class->rows[i].best.speedup > most)
            most = class->rows[i].best.speedup;
    for (size_t i = 0; i < class->rows_count; i++) {
        if (!board_shows(class, i, view))
            continue;
        if (i > before)
            buf_text(out, "<tr class=\"gap\"><td colspan=\"6\">…</td></tr>\n");
        put_row(out, &class->rows[i], view, most);
        before = i + 1;
    }
    buf_text(out, "</tbody>\n</table></div>\n");
    if (view->top < class->ranked_count)
        html_put(out, "<p><a id=\"all\" href=\"/%s/%s/board?class=%s&amp;top=%d%s\">%s</a></p>\n",
                 view->cohort, view->assignment, class->name, BOARD_TOP_MAX, language_too(head),
                 words(view, "board_more"));
}

static void put_classes(struct buf *out, const struct board *board, const struct board_class *class,
                        const struct board_view *view, const struct page_head *head)
{
    const char *classes[SPEC_CLASSES_MAX];
    size_t count = board_classes(board, classes);

    if (count < 2)
        return;
    html_put(out, "<p>%s", words(view, "board_classes"));
    for (size_t i = 0; i < count; i++)
        html_put(out, " <a href=\"/%s/%s/board?class=%s%s\" aria-current=\"%s\">%s</a>",
                 view->cohort, view->assignment, classes[i], language_too(head),
                 strcmp(classes[i], class->name) == 0 ? "page" : "false", classes[i]);
    buf_text(out, "</p>\n");
}

static void put_row(struct buf *out, const struct board_row *row, const struct board_view *view,
                    double most)
{
    char name[2 * BOARD_NAME_MAX];
    char time[64];
    char rank[24];
    bool is_own = row->best.membership_id == view->own;

    (void)snprintf(rank, sizeof rank, "%lld", (long long)row->rank);
    buf_text(out, is_own ? "<tr class=\"mine\">" : "<tr>");
    html_put(out, "<td class=\"number\">%s</td><th scope=\"row\">",
             row->rank > 0 ? rank : words(view, "board_review"));
    if (is_own || view->everything)
        html_put(out, "<a id=\"s%lld\" href=\"/s/%lld\">%s</a>", (long long)row->best.submission_id,
                 (long long)row->best.submission_id, board_name(row, view, name, sizeof name));
    else
        html_put(out, "%s", board_name(row, view, name, sizeof name));
    if (is_own)
        html_put(out, " (%s)", words(view, "board_you"));
    html_put(out,
             "</th><td class=\"number\">%.2f× <meter min=\"0\" max=\"%.4g\" value=\"%.4g\" "
             "aria-hidden=\"true\"></meter></td><td>%.2f – %.2f</td><td>%s</td>"
             "<td class=\"history\">",
             row->best.speedup, most, row->best.speedup, row->best.low, row->best.high,
             lines_time(row->best.received_at, view->zone_minutes, view->language, 'd', time,
                        sizeof time));
    put_history(out, row);
    buf_text(out, "</td></tr>\n");
}

static void put_history(struct buf *out, const struct board_row *row)
{
    if (row->history_count < 2)
        return;
    for (size_t i = 0; i < row->history_count; i++)
        html_put(out, "%s%.2f", i > 0 ? " → " : "", row->history[i].speedup);
    buf_text(out, "×");
}
