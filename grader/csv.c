/* Reading and writing comma-separated values. */
#include "grader/csv.h"

#include "sandbox/base/text.h"

#include <string.h>
#include <strings.h>

static char first_separator(const char *bytes, size_t size);
static struct err read_field(struct csv *csv);
static struct err read_quoted(struct csv *csv, size_t start);
static struct err fault(const struct csv *csv, size_t at, const char *what);
static void count_on(struct csv *csv, size_t at);
static bool is_end(const struct csv *csv, size_t at);

struct err csv_init(struct csv *csv, const char *bytes, size_t size)
{
    *csv = (struct csv){.bytes = bytes, .size = size, .counted_line = 1, .counted_column = 1};
    buf_init(&csv->texts, CSV_BYTES_MAX);
    if (size > CSV_BYTES_MAX)
        return err_make(ERR_LIMIT, "%zu bytes; a file may have %zu", size, CSV_BYTES_MAX);
    size_t bad = text_utf8_bad(bytes, size);
    if (bad < size)
        return fault(csv, bad, "this is no UTF-8; save the file as CSV UTF-8");
    const char *nul = memchr(bytes, 0, size);
    if (nul != NULL)
        return fault(csv, (size_t)(nul - bytes), "a NUL byte; save the file as CSV UTF-8");
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv->at = csv->counted_at = 3;
    csv->separator = first_separator(bytes + csv->at, size - csv->at);
    return err_none();
}

void csv_release(struct csv *csv)
{
    buf_release(&csv->texts);
}

struct err csv_next(struct csv *csv, bool *out_row)
{
    while (csv->at < csv->size && (csv->bytes[csv->at] == '\n' || csv->bytes[csv->at] == '\r'))
        csv->at++;
    *out_row = csv->at < csv->size;
    csv->fields_count = 0;
    buf_clear(&csv->texts);
    if (!*out_row)
        return err_none();
    count_on(csv, csv->at);
    csv->line = csv->counted_line;
    for (;;) {
        struct err err = read_field(csv);
        if (err_is(err))
            return err;
        if (is_end(csv, csv->at))
            break;
        csv->at++; /* the separator */
    }
    csv->row_end = csv->at;
    for (int i = 0; i < csv->fields_count; i++)
        csv->fields[i].text = csv->texts.at + csv->offsets[i];
    return err_none();
}

int csv_find(const struct csv *csv, const char *text)
{
    size_t length = strlen(text);
    for (int i = 0; i < csv->fields_count; i++) {
        const char *field = csv->fields[i].text + strspn(csv->fields[i].text, " \t");
        size_t size = strlen(field);
        while (size > 0 && strchr(" \t", field[size - 1]) != NULL)
            size--;
        if (size == length && strncasecmp(field, text, size) == 0)
            return i;
    }
    return -1;
}

void csv_put(struct buf *out, const char *text, bool first)
{
    bool is_formula = text[0] != 0 && strchr("=+-@\t\r", text[0]) != NULL;
    if (!first)
        buf_text(out, ",");
    if (!is_formula && strpbrk(text, ",;\t\"\r\n") == NULL && text[0] != ' ') {
        buf_text(out, text);
        return;
    }
    buf_text(out, is_formula ? "\"'" : "\"");
    for (const char *at = text; *at != 0; at++)
        buf_append(out, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
    buf_text(out, "\"");
}

static char first_separator(const char *bytes, size_t size)
{
    bool quoted = false;
    for (size_t i = 0; i < size && (quoted || bytes[i] != '\n'); i++) {
        if (bytes[i] == '"')
            quoted = !quoted;
        else if (!quoted && (bytes[i] == ',' || bytes[i] == ';' || bytes[i] == '\t'))
            return bytes[i];
    }
    return ',';
}

static struct err read_field(struct csv *csv)
{
    if (csv->fields_count == CSV_FIELDS_MAX)
        return fault(csv, csv->at, "too many fields in this row");
    struct csv_field *field = &csv->fields[csv->fields_count];
    size_t start = csv->at;
    csv->offsets[csv->fields_count] = csv->texts.size;
    field->raw_at = start;
    count_on(csv, start);
    field->column = csv->counted_column;

    if (start < csv->size && csv->bytes[start] == '"') {
        struct err err = read_quoted(csv, start);
        if (err_is(err))
            return err;
    } else {
        while (!is_end(csv, csv->at) && csv->bytes[csv->at] != csv->separator) {
            if (csv->bytes[csv->at] == '"')
                return fault(csv, csv->at, "a quote inside a field that does not begin with one");
            csv->at++;
        }
        buf_append(&csv->texts, csv->bytes + start, csv->at - start);
    }
    if (csv->at - start > CSV_FIELD_BYTES_MAX)
        return fault(csv, start, "this field is too long");
    buf_append(&csv->texts, "", 1);
    if (csv->texts.failed)
        return err_make(ERR_SYSTEM, "no memory for a row");
    field->raw_end = csv->at;
    csv->fields_count++;
    return err_none();
}

static struct err read_quoted(struct csv *csv, size_t start)
{
    csv->at = start + 1;
    for (;;) {
        const char *from = csv->bytes + csv->at;
        const char *quote = memchr(from, '"', csv->size - csv->at);
        if (quote == NULL)
            return fault(csv, start, "this quote is never closed");
        buf_append(&csv->texts, from, (size_t)(quote - from));
        csv->at += (size_t)(quote - from) + 1;
        if (csv->at >= csv->size || csv->bytes[csv->at] != '"')
            break;
        buf_append(&csv->texts, "\"", 1);
        csv->at++;
    }
    if (!is_end(csv, csv->at) && csv->bytes[csv->at] != csv->separator)
        return fault(csv, csv->at, "text behind a closing quote");
    return err_none();
}

static struct err fault(const struct csv *csv, size_t at, const char *what)
{
    struct csv from_start = {.bytes = csv->bytes, .counted_line = 1, .counted_column = 1};
    if (at >= 3 && memcmp(csv->bytes, "\xef\xbb\xbf", 3) == 0)
        from_start.counted_at = 3;
    count_on(&from_start, at);
    return err_make(ERR_INPUT, "line %lld, column %lld: %s", (long long)from_start.counted_line,
                    (long long)from_start.counted_column, what);
}

/* Moves the count of lines and columns on; columns count characters, a BOM is none. */
static void count_on(struct csv *csv, size_t at)
{
    for (; csv->counted_at < at; csv->counted_at++) {
        if (csv->bytes[csv->counted_at] == '\n') {
            csv->counted_line++;
            csv->counted_column = 1;
        } else {
            csv->counted_column += ((unsigned char)csv->bytes[csv->counted_at] & 0xc0) != 0x80;
        }
    }
}

static bool is_end(const struct csv *csv, size_t at)
{
    return at >= csv->size || csv->bytes[at] == '\n' ||
           (csv->bytes[at] == '\r' && (at + 1 == csv->size || csv->bytes[at + 1] == '\n'));
}
