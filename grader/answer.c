/* Tables and sentences, as text and as JSON. */
#include "grader/answer.h"

#include "grader/report_parts.h"
#include "grader/zone.h"
#include "sandbox/base/err.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cell(struct answer *answer, const char *text);
static void measure(const struct answer *answer, int widths[]);
static void pad(struct buf *out, int columns);
static void put_row(const struct answer *answer, struct json_out *json, const char **at);

#define COLUMNS_MAX 24
#define CELL_BYTES_MAX 240 /* of a terminal's table; JSON has it whole */

void answer_init(struct answer *answer)
{
    *answer = (struct answer){.columns = NULL};
    buf_init(&answer->cells, ANSWER_BYTES_MAX);
    buf_init(&answer->notes, 1 << 20);
    buf_init(&answer->file, ANSWER_BYTES_MAX);
}

void answer_release(struct answer *answer)
{
    buf_release(&answer->cells);
    buf_release(&answer->notes);
    buf_release(&answer->file);
}

void answer_table(struct answer *answer, const struct answer_column *columns)
{
    answer->columns = columns;
    answer->columns_count = 0;
    while (columns[answer->columns_count].name != NULL && answer->columns_count < COLUMNS_MAX)
        answer->columns_count++;
}

void answer_text(struct answer *answer, const char *text)
{
    cell(answer, text);
}

void answer_number(struct answer *answer, int64_t value)
{
    char text[32];
    const struct answer_column *column =
        &answer->columns[answer->cells_count % answer->columns_count];
    if (column->kind == ANSWER_HUNDREDTHS)
        (void)snprintf(text, sizeof text, value % 10 != 0 ? "%s%lld.%02lld" : "%s%lld.%lld",
                       value < 0 ? "-" : "", llabs(value) / 100,
                       value % 10 != 0 ? llabs(value) % 100 : llabs(value) % 100 / 10); /* fits */
    else
        (void)snprintf(text, sizeof text, "%lld", (long long)value); /* fits */
    cell(answer, text);
}

void answer_none(struct answer *answer)
{
    cell(answer, "");
}

void answer_moment(struct answer *answer, const char *zone, int64_t at)
{
    char text[ZONE_TEXT_MAX];
    cell(answer, zone_write(zone, at, text));
}

void answer_note(struct answer *answer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&answer->notes, format, arguments);
    va_end(arguments);
    buf_text(&answer->notes, "\n");
}

void answer_print(const struct answer *answer, struct buf *out)
{
    int widths[COLUMNS_MAX] = {0};
    const char *at = answer->cells.at;
    measure(answer, widths);
    for (int i = 0; i < answer->columns_count && answer->cells_count > 0; i++) {
        buf_printf(out, "%s%s", i > 0 ? "  " : "", answer->columns[i].name);
        if (i + 1 < answer->columns_count)
            pad(out, widths[i] - lines_columns(answer->columns[i].name));
        else
            buf_text(out, "\n");
    }
    for (int64_t n = 0; n < answer->cells_count; n++) {
        int i = (int)(n % answer->columns_count);
        auto_buf struct buf clean;
        buf_init(&clean, 2 * CELL_BYTES_MAX);
        (void)text_sanitise(&clean, at, strlen(at), 1, CELL_BYTES_MAX); /* a cut shows as "..." */
        bool right = answer->columns[i].kind != ANSWER_TEXT;
        int room = widths[i] - lines_columns(clean.at);
        buf_text(out, i > 0 ? "  " : "");
        if (right)
            pad(out, room);
        buf_text(out, clean.at);
        if (i + 1 == answer->columns_count)
            buf_text(out, "\n");
        else if (!right)
            pad(out, room);
        at += strlen(at) + 1;
    }
    buf_append(out, answer->notes.at, answer->notes.size);
}

void answer_json(const struct answer *answer, bool done, struct buf *out)
{
    struct json_out json = {.out = out};
    const char *at = answer->cells.at;
    json_open(&json, NULL, '{');
    json_flag(&json, "done", done);
    if (answer->columns != NULL) {
        json_open(&json, "rows", '[');
        for (int64_t n = 0; n < answer->cells_count; n += answer->columns_count)
            put_row(answer, &json, &at);
        json_close(&json, ']');
    }
    json_open(&json, "notes", '[');
    for (const char *note = answer->notes.at; *note != 0;) {
        size_t size = strcspn(note, "\n");
        auto_buf struct buf line;
        buf_init(&line, 4096);
        buf_append(&line, note, size);
        json_text(&json, NULL, line.at);
        note += size + (note[size] == '\n');
    }
    json_close(&json, ']');
    if (answer->file_type != NULL) {
        json_open(&json, "file", '{');
        json_text(&json, "name", answer->file_name);
        json_text(&json, "text", answer->file.at);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    buf_text(out, "\n");
}

static void cell(struct answer *answer, const char *text)
{
    buf_append(&answer->cells, text, strlen(text) + 1);
    answer->cells_count++;
}

static void measure(const struct answer *answer, int widths[])
{
    const char *at = answer->cells.at;
    for (int i = 0; i < answer->columns_count; i++)
        widths[i] = lines_columns(answer->columns[i].name);
    for (int64_t n = 0; n < answer->cells_count; n++) {
        int *width = &widths[n % answer->columns_count];
        int columns = lines_columns(at);
        *width = columns > *width ? columns : *width;
        at += strlen(at) + 1;
    }
}

static void pad(struct buf *out, int columns)
{
    if (columns > 0)
        buf_printf(out, "%*s", columns, "");
}

static void put_row(const struct answer *answer, struct json_out *json, const char **at)
{
    json_open(json, NULL, '{');
    for (int i = 0; i < answer->columns_count; i++) {
        const struct answer_column *column = &answer->columns[i];
        const char *text = *at;
        *at += strlen(text) + 1;
        if (text[0] == 0)
            continue;
        if (column->kind == ANSWER_INTEGER)
            json_integer(json, column->name, strtoll(text, NULL, 10));
        else if (column->kind == ANSWER_HUNDREDTHS)
            json_real(json, column->name, strtod(text, NULL), 9);
        else
            json_text(json, column->name, text);
    }
    json_close(json, '}');
}
