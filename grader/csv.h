/* Comma-separated values as spreadsheets and learning platforms write them: RFC 4180, UTF-8 with or
 * without BOM, LF or CRLF, separated by comma, semicolon or tab (whichever comes first in the first
 * line). Pure.
 *
 * Life: 1. csv_init  2. csv_next until it says there is no more  3. csv_release. */
#ifndef GRADER_CSV_H
#define GRADER_CSV_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdint.h>

#define CSV_BYTES_MAX ((size_t)8 << 20) /* of one file */
#define CSV_FIELDS_MAX 256              /* of one row: a gradebook of a big course */
#define CSV_FIELD_BYTES_MAX 16384

struct csv_field {
    const char *text;       /* without quotes; valid until the next row */
    size_t raw_at, raw_end; /* where it stands in the file, quotes included */
    int64_t column;         /* of its first character, from 1, in characters */
};

struct csv {
    /* private */
    const char *bytes;
    size_t size, at;
    struct buf texts;
    size_t offsets[CSV_FIELDS_MAX];
    size_t counted_at;
    int64_t counted_line, counted_column;
    /* public */
    char separator;
    int64_t line; /* of the row's first character, from 1 */
    struct csv_field fields[CSV_FIELDS_MAX];
    int fields_count;
    size_t row_end; /* behind the row's last field: where its line end stands */
};

/* `bytes` is borrowed. ERR_INPUT for what is no UTF-8 (line and column named), ERR_LIMIT past the
 * bound. */
struct err csv_init(struct csv *csv, const char *bytes, size_t size);
void csv_release(struct csv *csv);

/* The next row; blank lines are passed over. ERR_INPUT "line 3, column 7: …" for a quote that is
 * never closed, text behind a closing quote, a quote inside a bare field, a NUL byte. */
struct err csv_next(struct csv *csv, bool *out_row);

/* Index of the field that has this text (case and surrounding blanks aside), or -1. */
int csv_find(const struct csv *csv, const char *text);

/* Appends one field, quoted where needed. A text that a spreadsheet would take for a formula (it
 * begins with = + - @, a tab or a carriage return) gets an apostrophe in front. */
void csv_put(struct buf *out, const char *text, bool first);

#endif
