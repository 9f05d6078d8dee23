/* Columns, wrapping and numbers of the text report. */
#include "grader/report_parts.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t character(const char *text, int *out_columns);
static size_t word(const char *text, int *out_columns);
static bool is_compilers(const char *line, size_t length);

int lines_columns(const char *text)
{
    int sum = 0;
    while (*text != 0) {
        int columns;
        text += character(text, &columns);
        sum += columns;
    }
    return sum;
}

/* Bytes and columns of the UTF-8 character at text: wide from Hangul and CJK punctuation on, which
 * is what this program itself writes. */
static size_t character(const char *text, int *out_columns)
{
    unsigned char lead = (unsigned char)*text;
    size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    size_t there = strnlen(text, size);
    *out_columns = lead >= 0xe3 ? 2 : 1;
    return there;
}

int lines_wrap(struct buf *out, int column, int indent, const char *text)
{
    while (*text != 0) {
        int columns;
        if (*text == '\n') {
            buf_printf(out, "\n%*s", indent, "");
            column = indent;
            text++;
            continue;
        }
        size_t blanks = strspn(text, " ");
        size_t size = word(text + blanks, &columns);
        if (column > indent && column + (int)blanks + columns > REPORT_COLUMNS) {
            buf_printf(out, "\n%*s", indent, "");
            column = indent;
        } else {
            buf_append(out, text, blanks);
            column += (int)blanks;
        }
        buf_append(out, text + blanks, size);
        column += columns;
        text += blanks + size;
    }
    return column;
}

/* What must stay on one line: Latin letters up to a blank; one Chinese character with the closing
 * punctuation behind it. */
static size_t word(const char *text, int *out_columns)
{
    static const char *const closing[] = {"，", "。", "；", "：", "、", "）", "？", "！"};
    size_t size = 0;
    *out_columns = 0;
    while (text[size] != 0 && text[size] != ' ' && text[size] != '\n') {
        int columns;
        size_t more = character(text + size, &columns);
        bool closes = false;
        for (size_t i = 0; columns == 2 && i < COUNT(closing); i++)
            closes = closes || strncmp(text + size, closing[i], more) == 0;
        if (columns == 2 && size > 0 && !closes)
            break;
        size += more;
        *out_columns += columns;
        if (columns == 2 && text[size] != 0) {
            int next;
            (void)character(text + size, &next);
            if (next == 1)
                break;
        }
    }
    return size;
}

void lines_pad(struct buf *out, const char *text, int columns)
{
    int gap = columns - lines_columns(text);
    buf_printf(out, "%s%*s", text, gap > 0 ? gap : 0, "");
}

void lines_cell(struct buf *out, const char *text, int columns)
{
    auto_buf struct buf clean = buf_of(4096);
    int column = 0;
    (void)text_sanitise(&clean, text, strlen(text), 1, 1024); /* cut is fine */
    for (const char *at = clean.at; *at != 0 && *at != '\n';) {
        int wide;
        size_t size = character(at, &wide);
        if (column + wide > columns - 1)
            break;
        buf_append(out, at, size);
        column += wide;
        at += size;
    }
    buf_printf(out, "%*s", columns - column, "");
}

int lines_foreign(struct buf *out, int indent, const char *text, int lines_max)
{
    auto_buf struct buf clean = buf_of((size_t)64 * 1024);
    int written = 0;
    (void)text_sanitise(&clean, text, strlen(text), 200, 400); /* cut is fine */
    for (const char *at = clean.at; *at != 0 && written < lines_max; written++) {
        size_t length = strcspn(at, "\n");
        const char *bar = indent == 0 || is_compilers(at, length) ? "" : "| ";
        int column = indent + (int)strlen(bar);
        buf_printf(out, "%*s%s", indent, "", bar);
        for (size_t i = 0; i < length;) {
            int columns;
            size_t size = character(at + i, &columns);
            if (column + columns > REPORT_COLUMNS)
                break;
            if (at[i] == '\t')
                buf_text(out, " ");
            else
                buf_append(out, at + i, size);
            column += columns;
            i += size;
        }
        buf_text(out, "\n");
        at += length + (at[length] == '\n');
    }
    return written;
}

/* A place, "attention.c:23:31:" or "attention.c:", or an excerpt, "   23 | …" and "      |     ^".
 * No line of a report begins so. */
static bool is_compilers(const char *line, size_t length)
{
    const size_t first = strcspn(line, " \t\n");
    if (first > 2 && line[first - 1] == ':' && memchr(line, '.', first) != NULL)
        return true;

    size_t at = strspn(line, " ");
    at += strspn(line + at, "0123456789");
    at += strspn(line + at, " ");
    return at < length && line[at] == '|';
}

const char *lines_points(int64_t hundredths, bool whole, char *out, size_t size)
{
    if (whole && hundredths % 100 == 0)
        (void)snprintf(out, size, "%lld", (long long)(hundredths / 100)); /* fits */
    else
        (void)snprintf(out, size, "%.1f", (double)hundredths / 100); /* fits */
    return out;
}

const char *lines_small(double value, char *out, size_t size)
{
    (void)snprintf(out, size, "%.1e", value); /* fits */
    char *exponent = strchr(out, 'e');
    if (exponent != NULL && exponent[2] == '0')
        memmove(exponent + 2, exponent + 3, strlen(exponent + 3) + 1);
    return out;
}

const char *lines_time(int64_t at, int zone_minutes, enum language language, char parts, char *out,
                       size_t size)
{
    time_t seconds = (time_t)(at / 1000000) + (time_t)zone_minutes * 60;
    struct tm local;
    char zone[16] = "";
    if (gmtime_r(&seconds, &local) == NULL)
        return text_copy(out, size, "?") ? out : "";
    if (parts == 'l')
        (void)snprintf(zone, sizeof zone, " %c%02d:%02d", zone_minutes < 0 ? '-' : '+',
                       abs(zone_minutes) / 60 % 100, abs(zone_minutes) % 60); /* fits */
    size_t used = 0;
    bool chinese = language == LANGUAGE_ZH;
    switch (parts) {
    case 'h': used = strftime(out, size, "%H:%M", &local); break;
    case 'd':
        used = chinese ? strftime(out, size, "%m-%d %H:%M", &local)
                       : strftime(out, size, "%a %d %b %H:%M", &local);
        break;
    case 'm':
        used = chinese ? strftime(out, size, "%Y-%m-%d %H:%M", &local)
                       : strftime(out, size, "%a %d %b %Y %H:%M", &local);
        break;
    default:
        used = chinese ? strftime(out, size, "%Y-%m-%d %H:%M:%S", &local)
                       : strftime(out, size, "%a %d %b %Y %H:%M:%S", &local);
        break;
    }
    (void)snprintf(out + used, size - used, "%s", zone); /* a cut zone still reads */
    return out;
}
