/* Lines are of two kinds: reports ("attention.c:23:31: error: …"), where paths are shortened, and
 * excerpts of the source ("   23 | …"), which stay as the student wrote them. */
#include "worker/diagnostics.h"

#include "sandbox/base/err.h"
#include "sandbox/base/text.h"

#include <stdbool.h>
#include <string.h>

#define CHAIN_INDENT 8 /* gcc's is 17 */
#define CHAIN_MAX 4    /* of the steps by which a header was reached; a recursion has thousands */

struct line {
    const char *at;
    size_t size;
};

static void line_clean(struct buf *out, struct line line, const char *file_name);
static bool is_excerpt(struct line line);
static bool is_chain(struct line line);
static void count_line(struct diagnostics_count *count, struct line line);
static bool says(struct line line, const char *word);
static const struct place *place_at(struct line line);
static size_t header_length(struct line line);
static void cut_to(struct buf *out, const char *text, size_t size, size_t max);

/* Beginnings of paths, longest first where one is part of another. */
static const struct place {
    const char *path;
    enum { PLACE_HEADER, PLACE_GCC, PLACE_GONE, PLACE_SOURCE } kind;
} places[] = {
    {"/usr/include/x86_64-linux-gnu/", PLACE_HEADER},
    {"/usr/include/", PLACE_HEADER},
    {"/usr/lib/gcc/", PLACE_GCC}, /* …/12/include/immintrin.h */
    {"/work/", PLACE_GONE},
    {"/usr/bin/", PLACE_GONE},
    {"{standard input}", PLACE_SOURCE},
};

struct diagnostics_count diagnostics_clean(struct buf *out, const char *text, size_t size,
                                           const char *file_name, size_t max)
{
    struct diagnostics_count count = {0};
    auto_buf struct buf lines = buf_of((size_t)1 << 20);
    auto_buf struct buf sane = buf_of((size_t)1 << 20);
    size_t kept = 0, chained = 0;

    /* Enough for all lines that can be kept, at the length they can have. */
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const struct line line = {text + at, end == NULL ? size - at : (size_t)(end - text) - at};
        const struct line start = {line.at, line.size < 4096 ? line.size : 4096};
        at += line.size + 1;
        const bool crashed = !is_excerpt(start) && says(start, ": internal compiler error: ");
        if (!is_excerpt(start))
            count_line(&count, start);
        chained = is_chain(start) ? chained + 1 : 0;
        if (chained > CHAIN_MAX)
            continue;
        if (kept++ <= DIAGNOSTICS_LINES_MAX) /* one more, so that the cut is seen */
            line_clean(&lines, start, file_name);
        if (crashed)
            break; /* what follows are addresses in the compiler and a plea for a bug report */
    }
    (void)text_sanitise(&sane, lines.at, lines.size, DIAGNOSTICS_LINES_MAX, DIAGNOSTICS_LINE_MAX);
    cut_to(out, sane.at, sane.size, max);
    return count;
}

static void line_clean(struct buf *out, struct line line, const char *file_name)
{
    if (is_excerpt(line)) {
        buf_append(out, line.at, line.size);
        buf_append(out, "\n", 1);
        return;
    }
    while (line.size > 0) {
        const struct place *place = place_at(line);
        if (place == NULL) {
            buf_append(out, line.at, 1);
            line = (struct line){line.at + 1, line.size - 1};
            continue;
        }
        size_t length = strlen(place->path);
        line = (struct line){line.at + length, line.size - length};
        if (place->kind == PLACE_SOURCE)
            buf_printf(out, "%s (assembly)", file_name);
        if (place->kind != PLACE_HEADER && place->kind != PLACE_GCC)
            continue;
        length = header_length(line);
        const char *name = line.at;
        if (place->kind == PLACE_GCC) { /* its own folders say nothing: the last part is enough */
            const char *slash = memrchr(line.at, '/', length);
            name = slash == NULL ? line.at : slash + 1;
        }
        buf_printf(out, "<%.*s>", (int)(line.at + length - name), name);
        line = (struct line){line.at + length, line.size - length};
    }
    buf_append(out, "\n", 1);
}

/* "   23 |     float m" and "      |        ^". */
static bool is_excerpt(struct line line)
{
    size_t i = 0;

    while (i < line.size && line.at[i] == ' ')
        i++;
    while (i < line.size && line.at[i] >= '0' && line.at[i] <= '9')
        i++;
    return i + 1 < line.size && line.at[i] == ' ' ? line.at[i + 1] == '|'
                                                  : i > 0 && i < line.size && line.at[i] == '|';
}

/* "                 from attention.c:1,": where an error was included from, one line per step. */
static bool is_chain(struct line line)
{
    size_t i = 0;

    while (i < line.size && line.at[i] == ' ')
        i++;
    return i >= CHAIN_INDENT && line.size - i > 5 && memcmp(line.at + i, "from ", 5) == 0;
}

static void count_line(struct diagnostics_count *count, struct line line)
{
    if (says(line, ": error: ") || says(line, ": fatal error: ") || says(line, ": Error: ") ||
        says(line, ": internal compiler error: "))
        count->errors++;
    else if (says(line, ": warning: ") || says(line, ": Warning: "))
        count->warnings++;
}

static bool says(struct line line, const char *word)
{
    return memmem(line.at, line.size, word, strlen(word)) != NULL;
}

static const struct place *place_at(struct line line)
{
    if (*line.at != '/' && *line.at != '{')
        return NULL;
    for (size_t i = 0; i < COUNT(places); i++) {
        const size_t length = strlen(places[i].path);
        if (line.size >= length && memcmp(line.at, places[i].path, length) == 0)
            return &places[i];
    }
    return NULL;
}

static size_t header_length(struct line line)
{
    size_t length = 0;

    while (length < line.size && strchr(":, '\"`>)", line.at[length]) == NULL)
        length++;
    return length;
}

/* Whole lines up to max bytes, the mark of the cut included. */
static void cut_to(struct buf *out, const char *text, size_t size, size_t max)
{
    static const char mark[] = "...\n";

    if (size > max) {
        if (max < strlen(mark))
            return;
        const char *end = memrchr(text, '\n', max - strlen(mark));
        buf_append(out, text, end == NULL ? 0 : (size_t)(end - text) + 1);
        buf_text(out, mark);
        return;
    }
    buf_append(out, text, size);
}
