/* Lines of text into pairs of submissions. */
#include "grader/similar.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_wall(struct buf *out, size_t index);
static int lines_of(const struct similar_source *source);
static const char *read_number(const char *at, const char *word, int *out);
static const char *read_place(const char *at, char name[16], int *from, int *to);
static size_t source_at(const struct similar_source *sources, size_t count, int line);
static int by_place(const void *a, const void *b);
static int by_tokens(const void *a, const void *b);
static int share(const struct similar_source *source, const unsigned char *lines);

#define WALL_BITS 20
#define LINES_MAX 65536 /* a source is at most 1 MiB; longer ones are cut here */
#define IS_SHARED 1
#define IS_GIVEN 2

void similar_join(struct similar_source *sources, size_t count, struct buf *out)
{
    int line = 1;
    for (size_t i = 0; i < count; i++) {
        sources[i].first_line = line;
        sources[i].lines = lines_of(&sources[i]);
        buf_append(out, sources[i].text, sources[i].size);
        if (sources[i].size > 0 && sources[i].text[sources[i].size - 1] != '\n')
            buf_text(out, "\n");
        buf_text(out, "*/\n"); /* ends a comment that nobody ended */
        put_wall(out, i);
        line += sources[i].lines + 2;
    }
}

/* Its number in two kinds of tokens: no two are the same, so no run gets over one. */
static void put_wall(struct buf *out, size_t index)
{
    for (int bit = 0; bit < WALL_BITS; bit++)
        buf_text(out, (index >> bit & 1) != 0 ? "if " : "for ");
    buf_text(out, "\n");
}

static int lines_of(const struct similar_source *source)
{
    int lines = 0;
    for (size_t i = 0; i < source->size; i++)
        lines += source->text[i] == '\n';
    return lines + (source->size > 0 && source->text[source->size - 1] != '\n');
}

/* What stands behind the word and its number, or NULL. */
static const char *read_number(const char *at, const char *word, int *out)
{
    char *end = NULL;
    size_t size = strlen(word);
    if (strncmp(at, word, size) != 0 || !isdigit((unsigned char)at[size]))
        return NULL;
    long number = strtol(at + size, &end, 10);
    if (number > INT_MAX)
        return NULL;
    *out = (int)number;
    return end;
}

/* "NAME: line 26-47" */
static const char *read_place(const char *at, char name[16], int *from, int *to)
{
    size_t size = strcspn(at, ":|");
    if (size == 0 || size > 15)
        return NULL;
    memcpy(name, at, size);
    name[size] = 0;
    at = read_number(at + size, ": line ", from);
    return at != NULL ? read_number(at, "-", to) : NULL;
}

/* "NAME: line 26-47   |NAME: line 73-94   [245]" */
bool similar_parse(const char *line, struct similar_run *out)
{
    struct similar_run run;
    const char *bar = strchr(line, '|');
    if (bar == NULL || read_place(line, run.one, &run.one_from, &run.one_to) == NULL)
        return false;
    const char *end = read_place(bar + 1, run.other, &run.other_from, &run.other_to);
    if (end == NULL || read_number(end + strspn(end, " "), "[", &run.tokens) == NULL ||
        run.one_from < 1 || run.other_from < 1 || run.one_to < run.one_from ||
        run.other_to < run.other_from)
        return false;
    *out = run;
    return true;
}

struct err similar_candidates(const struct similar_source *sources, size_t count,
                              const char *output, size_t max, struct similar_pair **out,
                              size_t *out_count)
{
    size_t found = 0;
    size_t room = 0;
    struct similar_pair *pairs = NULL;
    for (const char *at = output; *at != 0; at += strcspn(at, "\n"), at += *at == '\n') {
        struct similar_run run;
        if (!similar_parse(at, &run))
            continue;
        /* Its ends may lie on the walls, whose last tokens may be the same. */
        size_t one = source_at(sources, count, (run.one_from + run.one_to) / 2);
        size_t other = source_at(sources, count, (run.other_from + run.other_to) / 2);
        if (one == other || one == count || other == count)
            continue;
        if (found == room) {
            room = room * 2 + 64;
            struct similar_pair *more = realloc(pairs, room * sizeof *more);
            if (more == NULL) {
                free(pairs);
                return err_make(ERR_SYSTEM, "no memory for %zu pairs", room);
            }
            pairs = more;
        }
        pairs[found++] = (struct similar_pair){.one = one < other ? one : other,
                                               .other = one < other ? other : one,
                                               .tokens = run.tokens};
    }
    if (found > 0)
        qsort(pairs, found, sizeof *pairs, by_place);
    size_t merged = 0;
    for (size_t i = 0; i < found; i++) {
        if (merged > 0 && by_place(&pairs[merged - 1], &pairs[i]) == 0)
            pairs[merged - 1].tokens += pairs[i].tokens;
        else
            pairs[merged++] = pairs[i];
    }
    if (merged > 0)
        qsort(pairs, merged, sizeof *pairs, by_tokens);
    *out = pairs;
    *out_count = merged < max ? merged : max;
    return err_none();
}

static size_t source_at(const struct similar_source *sources, size_t count, int line)
{
    for (size_t i = 0; i < count; i++)
        if (line >= sources[i].first_line && line < sources[i].first_line + sources[i].lines)
            return i;
    return count;
}

static int by_place(const void *a, const void *b)
{
    const struct similar_pair *one = a;
    const struct similar_pair *other = b;
    if (one->one != other->one)
        return one->one < other->one ? -1 : 1;
    return one->other == other->other ? 0 : one->other < other->other ? -1 : 1;
}

static int by_tokens(const void *a, const void *b)
{
    const struct similar_pair *one = a;
    const struct similar_pair *other = b;
    if (one->tokens != other->tokens)
        return one->tokens > other->tokens ? -1 : 1;
    return by_place(a, b);
}

static void mark(unsigned char *lines, int from, int to, unsigned char what)
{
    for (int line = from; line <= to && line < LINES_MAX; line++)
        lines[line] |= what;
}

void similar_compare(const struct similar_source *one, const struct similar_source *other,
                     const char *output, struct similar_pair *pair)
{
    unsigned char *lines[2] = {calloc(LINES_MAX, 1), calloc(LINES_MAX, 1)};
    pair->runs_count = 0;
    pair->one_share = pair->other_share = 0;
    for (const char *at = output; lines[0] != NULL && lines[1] != NULL && *at != 0;
         at += strcspn(at, "\n"), at += *at == '\n') {
        struct similar_run run;
        if (!similar_parse(at, &run))
            continue;
        bool given = strcmp(run.other, "given") == 0;
        if (given) {
            mark(lines[strcmp(run.one, "other") == 0], run.one_from, run.one_to, IS_GIVEN);
        } else if (strcmp(run.one, "one") == 0 && strcmp(run.other, "other") == 0) {
            mark(lines[0], run.one_from, run.one_to, IS_SHARED);
            mark(lines[1], run.other_from, run.other_to, IS_SHARED);
            if (pair->runs_count < SIMILAR_RUNS_MAX)
                pair->runs[pair->runs_count++] = run;
        }
    }
    if (lines[0] != NULL && lines[1] != NULL) {
        pair->one_share = share(one, lines[0]);
        pair->other_share = share(other, lines[1]);
    }
    free(lines[0]);
    free(lines[1]);
}

/* Of the lines that hold something and were not given. */
static int share(const struct similar_source *source, const unsigned char *lines)
{
    int line = 1;
    int own = 0;
    int shared = 0;
    bool blank = true;
    for (size_t i = 0; i <= source->size; i++) {
        bool end = i == source->size || source->text[i] == '\n';
        blank = blank && (end || isspace((unsigned char)source->text[i]));
        if (!end)
            continue;
        unsigned char what = line < LINES_MAX ? lines[line] : 0;
        if (!blank && (what & IS_GIVEN) == 0) {
            own++;
            shared += (what & IS_SHARED) != 0;
        }
        line++;
        blank = true;
    }
    return own > 0 ? 100 * shared / own : 0;
}
