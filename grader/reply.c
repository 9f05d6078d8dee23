/* Tables and sentences, as text and as JSON. */
#include "grader/reply.h"

#include "grader/report_parts.h"
#include "grader/zone.h"
#include "sandbox/base/err.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void cell(struct reply *reply, const char *text);
static void measure(const struct reply *reply, int widths[]);
static void pad(struct buf *out, int columns);
static void put_row(const struct reply *reply, struct json_out *json, const char **at);

#define COLUMNS_MAX 24
#define CELL_BYTES_MAX 240 /* of a terminal's table; JSON has it whole */

void reply_init(struct reply *reply)
{
    *reply = (struct reply){.columns = NULL};
    buf_init(&reply->cells, REPLY_BYTES_MAX);
    buf_init(&reply->notes, 1 << 20);
    buf_init(&reply->file, REPLY_BYTES_MAX);
}

void reply_release(struct reply *reply)
{
    buf_release(&reply->cells);
    buf_release(&reply->notes);
    buf_release(&reply->file);
}

void reply_table(struct reply *reply, const struct reply_column *columns)
{
    reply->columns = columns;
    reply->columns_count = 0;
    while (columns[reply->columns_count].name != NULL && reply->columns_count < COLUMNS_MAX)
        reply->columns_count++;
}

void reply_text(struct reply *reply, const char *text)
{
    cell(reply, text);
}

void reply_number(struct reply *reply, int64_t value)
{
    char text[32];
    const struct reply_column *column = &reply->columns[reply->cells_count % reply->columns_count];
    if (column->kind == REPLY_HUNDREDTHS)
        (void)snprintf(text, sizeof text, value % 10 != 0 ? "%s%lld.%02lld" : "%s%lld.%lld",
                       value < 0 ? "-" : "", llabs(value) / 100,
                       value % 10 != 0 ? llabs(value) % 100 : llabs(value) % 100 / 10); /* fits */
    else
        (void)snprintf(text, sizeof text, "%lld", (long long)value); /* fits */
    cell(reply, text);
}

void reply_none(struct reply *reply)
{
    cell(reply, "");
}

void reply_moment(struct reply *reply, const char *zone, int64_t at)
{
    char text[ZONE_TEXT_MAX];
    cell(reply, zone_write(zone, at, text));
}

void reply_note(struct reply *reply, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&reply->notes, format, arguments);
    va_end(arguments);
    buf_text(&reply->notes, "\n");
}

void reply_print(const struct reply *reply, struct buf *out)
{
    int widths[COLUMNS_MAX] = {0};
    const char *at = reply->cells.at;
    measure(reply, widths);
    for (int i = 0; i < reply->columns_count && reply->cells_count > 0; i++) {
        buf_printf(out, "%s%s", i > 0 ? "  " : "", reply->columns[i].name);
        if (i + 1 < reply->columns_count)
            pad(out, widths[i] - lines_columns(reply->columns[i].name));
        else
            buf_text(out, "\n");
    }
    for (int64_t n = 0; n < reply->cells_count; n++) {
        int i = (int)(n % reply->columns_count);
        auto_buf struct buf clean = buf_of((size_t)2 * CELL_BYTES_MAX);
        (void)text_sanitise(&clean, at, strlen(at), 1, CELL_BYTES_MAX); /* a cut shows as "..." */
        bool right = reply->columns[i].kind != REPLY_TEXT;
        int room = widths[i] - lines_columns(clean.at);
        buf_text(out, i > 0 ? "  " : "");
        if (right)
            pad(out, room);
        buf_text(out, clean.at);
        if (i + 1 == reply->columns_count)
            buf_text(out, "\n");
        else if (!right)
            pad(out, room);
        at += strlen(at) + 1;
    }
    buf_append(out, reply->notes.at, reply->notes.size);
}

void reply_json(const struct reply *reply, bool done, struct buf *out)
{
    struct json_out json = {.out = out};
    const char *at = reply->cells.at;
    json_open(&json, NULL, '{');
    json_flag(&json, "done", done);
    if (reply->columns != NULL) {
        json_open(&json, "rows", '[');
        for (int64_t n = 0; n < reply->cells_count; n += reply->columns_count)
            put_row(reply, &json, &at);
        json_close(&json, ']');
    }
    json_open(&json, "notes", '[');
    for (const char *note = reply->notes.at; *note != 0;) {
        size_t size = strcspn(note, "\n");
        auto_buf struct buf line = buf_of(4096);
        buf_append(&line, note, size);
        json_text(&json, NULL, line.at);
        note += size + (note[size] == '\n');
    }
    json_close(&json, ']');
    if (reply->file_type != NULL) {
        json_open(&json, "file", '{');
        json_text(&json, "name", reply->file_name);
        json_text(&json, "text", reply->file.at);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    buf_text(out, "\n");
}

static void cell(struct reply *reply, const char *text)
{
    buf_append(&reply->cells, text, strlen(text) + 1);
    reply->cells_count++;
}

static void measure(const struct reply *reply, int widths[])
{
    const char *at = reply->cells.at;
    for (int i = 0; i < reply->columns_count; i++)
        widths[i] = lines_columns(reply->columns[i].name);
    for (int64_t n = 0; n < reply->cells_count; n++) {
        int *width = &widths[n % reply->columns_count];
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

static void put_row(const struct reply *reply, struct json_out *json, const char **at)
{
    json_open(json, NULL, '{');
    for (int i = 0; i < reply->columns_count; i++) {
        const struct reply_column *column = &reply->columns[i];
        const char *text = *at;
        *at += strlen(text) + 1;
        if (text[0] == 0)
            continue;
        if (column->kind == REPLY_INTEGER)
            json_integer(json, column->name, strtoll(text, NULL, 10));
        else if (column->kind == REPLY_HUNDREDTHS)
            json_real(json, column->name, strtod(text, NULL), 9);
        else
            json_text(json, column->name, text);
    }
    json_close(json, '}');
}
