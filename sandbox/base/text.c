/* UTF-8 checking, sanitising, quoting, hex, edit distance. Pure. */
#include "sandbox/base/text.h"

#include "sandbox/base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static size_t decode(const char *text, size_t size, uint32_t *out_point);
static bool is_invisible(uint32_t point);
static size_t edit_distance(const char *left, const char *right);

/* Ranges that can hide or reorder text: bidirectional controls, zero-width characters, tags. */
static const struct {
    uint32_t first;
    uint32_t last;
} invisible[] = {
    {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},
    {0x17B4, 0x17B5}, {0x180B, 0x180E}, {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

size_t text_utf8_bad(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint32_t point;
        size_t length = decode(text + at, size - at, &point);
        if (length == 0)
            return at;
        at += length;
    }
    return size;
}

bool text_sanitise(struct buf *out, const char *text, size_t size, size_t lines_max,
                   size_t line_max)
{
    bool whole = true;
    size_t lines = 0;
    size_t column = 0;

    for (size_t at = 0; at < size;) {
        if (lines == lines_max) {
            buf_text(out, "...\n");
            return false;
        }
        uint32_t point = '?';
        size_t length = decode(text + at, size - at, &point);
        const char *from = length > 0 ? text + at : "?";
        size_t wide = length > 0 ? length : 1;
        at += wide;

        if (point == '\n') {
            buf_append(out, "\n", 1);
            lines++;
            column = 0;
        } else if ((point < 0x20 && point != '\t') || (point >= 0x7f && point < 0xa0) ||
                   is_invisible(point)) {
            continue;
        } else if (column > line_max) {
            continue;
        } else if (column + wide > line_max) {
            buf_text(out, "...");
            column = line_max + 1;
            whole = false;
        } else {
            buf_append(out, from, wide);
            column += wide;
        }
    }
    return whole;
}

void text_quote(const char *text, size_t size, char *out, size_t out_size)
{
    static const char tail[] = "...\"";
    if (out_size < sizeof tail + 2) {
        if (out_size > 0)
            out[0] = 0;
        return;
    }
    size_t limit = out_size - sizeof tail;
    size_t used = 0;
    out[used++] = '"';
    for (size_t at = 0; at < size; at++) {
        unsigned char byte = (unsigned char)text[at];
        char piece[5];
        if (byte == '"' || byte == '\\')
            (void)snprintf(piece, sizeof piece, "\\%c", byte);
        else if (byte < 0x20 || byte >= 0x7f)
            (void)snprintf(piece, sizeof piece, "\\x%02x", byte);
        else
            (void)snprintf(piece, sizeof piece, "%c", byte);
        size_t length = strlen(piece);
        if (used + length > limit) {
            memcpy(out + used, tail, sizeof tail);
            return;
        }
        memcpy(out + used, piece, length);
        used += length;
    }
    out[used++] = '"';
    out[used] = 0;
}

const char *text_nearest(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t least = strlen(word) / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);
        if (distance <= least && (nearest == NULL || distance < least)) {
            nearest = names[i];
            least = distance;
        }
    }
    return nearest;
}

void text_hex(const unsigned char *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = 0;
}

bool text_unhex(const char *hex, unsigned char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    if (strnlen(hex, 2 * size + 1) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const char *high = strchr(digits, hex[2 * i]);
        const char *low = strchr(digits, hex[2 * i + 1]);
        if (high == NULL || low == NULL)
            return false;
        out[i] = (unsigned char)((high - digits) * 16 + (low - digits));
    }
    return true;
}

bool text_is_name(const char *word)
{
    size_t length = strnlen(word, 33);
    if (length < 2 || length > 32 || word[0] < 'a' || word[0] > 'z')
        return false;
    return strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

bool text_copy(char *out, size_t out_size, const char *text)
{
    size_t length = strlen(text);
    bool whole = length < out_size;
    if (!whole) {
        length = out_size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(out, text, length);
    out[length] = 0;
    return whole;
}

/* Length in bytes of the character at text, 0 if it is not valid UTF-8. Unicode 15, table 3-7. */
static size_t decode(const char *text, size_t size, uint32_t *out_point)
{
    const unsigned char *byte = (const unsigned char *)text;
    static const struct {
        unsigned char mask;
        unsigned char lead;
        size_t length;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 1, 0},
                 {0xe0, 0xc0, 2, 0x80},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    for (size_t form = 0; form < COUNT(forms); form++) {
        if ((byte[0] & forms[form].mask) != forms[form].lead)
            continue;
        if (forms[form].length > size)
            return 0;
        uint32_t point = byte[0] & (unsigned char)~forms[form].mask;
        for (size_t i = 1; i < forms[form].length; i++) {
            if ((byte[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (byte[i] & 0x3f);
        }
        if (point < forms[form].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return 0;
        *out_point = point;
        return forms[form].length;
    }
    return 0;
}

static bool is_invisible(uint32_t point)
{
    for (size_t i = 0; i < COUNT(invisible); i++) {
        if (point >= invisible[i].first && point <= invisible[i].last)
            return true;
    }
    return false;
}

/* Levenshtein distance with one row; words past 63 bytes are infinitely far apart. */
static size_t edit_distance(const char *left, const char *right)
{
    size_t row[64];
    size_t left_size = strlen(left);
    size_t right_size = strlen(right);
    if (left_size >= COUNT(row) || right_size >= COUNT(row))
        return SIZE_MAX;

    for (size_t j = 0; j <= right_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= left_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= right_size; j++) {
            size_t change = diagonal + (left[i - 1] != right[j - 1]);
            size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[right_size];
}
