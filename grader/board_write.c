/* The leaderboard as JSON and as text of 80 columns. */
#include "grader/board.h"
#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/json_out.h"

#include <stdio.h>

static void put_row(struct json_out *json, const struct board_row *row,
                    const struct board_view *view);
static void text_row(struct buf *out, const struct board_row *row, const struct board_view *view);

#define NAME_COLUMNS 28

void board_json(struct buf *out, const struct board *board, const struct board_class *class,
                const struct board_view *view)
{
    struct json_out json = {.out = out};
    const char *classes[SPEC_CLASSES_MAX];
    size_t count = board_classes(board, classes);

    json_open(&json, NULL, '{');
    json_integer(&json, "format", 1);
    json_text(&json, "cohort", view->cohort);
    json_text(&json, "assignment", view->assignment);
    json_text(&json, "class", class->name);
    json_open(&json, "classes", '[');
    for (size_t i = 0; i < count; i++)
        json_text(&json, NULL, classes[i]);
    json_close(&json, ']');
    json_integer(&json, "ranked", (int64_t) class->ranked_count);
    json_text(&json, "names", board_names_words[view->everything ? NAMES_REAL : view->names]);
    json_open(&json, "entries", '[');
    for (size_t i = 0; i < class->rows_count; i++)
        if (board_shows(class, i, view))
            put_row(&json, &class->rows[i], view);
    json_close(&json, ']');
    json_close(&json, '}');
    buf_text(out, "\n");
}

static void put_row(struct json_out *json, const struct board_row *row,
                    const struct board_view *view)
{
    char name[2 * BOARD_NAME_MAX];
    bool is_own = row->best.membership_id == view->own;

    json_open(json, NULL, '{');
    if (row->rank > 0) {
        json_integer(json, "rank", row->rank);
        json_integer(json, "shared", row->shared);
    } else {
        json_flag(json, "review", true);
    }
    json_text(json, "name", board_name(row, view, name, sizeof name));
    if (is_own)
        json_flag(json, "own", true);
    if (is_own || view->everything)
        json_integer(json, "submission", row->best.submission_id);
    json_real(json, "speedup", row->best.speedup, 6);
    json_real(json, "low", row->best.low, 6);
    json_real(json, "high", row->best.high, 6);
    json_integer(json, "received_at", row->best.received_at);
    json_open(json, "history", '[');
    for (size_t i = 0; i < row->history_count; i++) {
        json_open(json, NULL, '{');
        json_integer(json, "received_at", row->history[i].received_at);
        json_real(json, "speedup", row->history[i].speedup, 6);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* -- text -------------------------------------------------------------------------------------- */

void board_text(struct buf *out, const struct board_class *class, const struct board_view *view)
{
    size_t before = 0;

    buf_printf(out, "%s/%s  %s\n", view->cohort, view->assignment, class->name);
    if (class->rows_count == 0) {
        buf_printf(out, "%s\n", words_of("board_empty", view->language));
        return;
    }
    lines_pad(out, words_of("board_rank", view->language), 6);
    lines_pad(out, words_of("board_name", view->language), NAME_COLUMNS);
    lines_pad(out, words_of("page_speedup", view->language), 11);
    lines_pad(out, words_of("page_interval", view->language), 18);
    buf_printf(out, "%s\n", words_of("board_when", view->language));
    for (size_t i = 0; i < class->rows_count; i++) {
        if (!board_shows(class, i, view))
            continue;
        if (i > before)
            buf_text(out, "   …\n");
        text_row(out, &class->rows[i], view);
        before = i + 1;
    }
    buf_text(out, words_of("board_rule", view->language));
    buf_text(out, "\n");
}

static void text_row(struct buf *out, const struct board_row *row, const struct board_view *view)
{
    char name[2 * BOARD_NAME_MAX];
    char time[64];
    char cell[64];
    bool is_own = row->best.membership_id == view->own;

    if (row->rank > 0)
        (void)snprintf(cell, sizeof cell, "%s%4lld ", is_own ? ">" : " ", (long long)row->rank);
    else
        (void)snprintf(cell, sizeof cell, "%s   ? ", is_own ? ">" : " ");
    buf_text(out, cell);
    lines_cell(out, board_name(row, view, name, sizeof name), NAME_COLUMNS);
    (void)snprintf(cell, sizeof cell, "%.2fx", row->best.speedup);
    lines_pad(out, cell, 11);
    (void)snprintf(cell, sizeof cell, "%.2f .. %.2f", row->best.low, row->best.high);
    lines_pad(out, cell, 18);
    buf_printf(out, "%s\n",
               lines_time(row->best.received_at, view->zone_minutes, view->language, 'd', time,
                          sizeof time));
}
