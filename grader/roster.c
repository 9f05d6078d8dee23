/* From CSV to people. */
#include "grader/roster.h"

#include "sandbox/base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct column;
static struct err read_header(struct csv *csv, int places[], struct roster *roster);
static struct err read_row(struct csv *csv, const int places[], struct roster_row *row);
static struct err check_twice(const struct roster *roster);
static int by_text(const void *one, const void *other);
static struct err fault(int64_t line, int64_t column, const char *what, const char *text);

#define AT(field) offsetof(struct roster_row, field), sizeof((struct roster_row *)0)->field
#define PLACE(field) offsetof(struct roster_row, field##_column)

static const struct column {
    const char *name;
    size_t offset, size;
    bool needed;  /* the column and a text in each row */
    size_t place; /* offset of the row's note of where it stands; 0: it may come twice */
    size_t has;   /* offset of the flag in struct roster; 0: always there */
} columns[] = {
    {"login", AT(login), true, PLACE(login), 0},
    {"name", AT(name), true, 0, 0},
    {"email", AT(email), false, 0, offsetof(struct roster, has_email)},
    {"section", AT(section), false, 0, offsetof(struct roster, has_section)},
    {"student_id", AT(student_id), false, PLACE(student_id),
     offsetof(struct roster, has_student_id)},
    {"alias", AT(alias), false, PLACE(alias), offsetof(struct roster, has_alias)},
};

struct err roster_read(struct roster *out, const char *bytes, size_t size)
{
    struct csv csv;
    int places[COUNT(columns)] = {0};
    size_t room = 0;
    bool more = true;
    *out = (struct roster){.rows = NULL};
    struct err err = csv_init(&csv, bytes, size);
    if (!err_is(err))
        err = read_header(&csv, places, out);
    while (!err_is(err)) {
        err = csv_next(&csv, &more);
        if (err_is(err) || !more)
            break;
        if (out->count == ROSTER_ROWS_MAX) {
            err = err_make(ERR_LIMIT, "more than %d rows", ROSTER_ROWS_MAX);
            break;
        }
        if (out->count == room) {
            room = room == 0 ? 256 : 2 * room;
            struct roster_row *rows = realloc(out->rows, room * sizeof *rows);
            if (rows == NULL) {
                err = err_make(ERR_SYSTEM, "no memory for %zu people", room);
                break;
            }
            out->rows = rows;
        }
        err = read_row(&csv, places, &out->rows[out->count++]);
    }
    csv_release(&csv);
    if (err_is(err))
        return err;
    return out->count > 0 ? check_twice(out) : err_make(ERR_INPUT, "nobody is in the file");
}

void roster_release(struct roster *roster)
{
    free(roster->rows);
    *roster = (struct roster){.rows = NULL};
}

bool roster_is_login(const char *word)
{
    size_t size = strlen(word);
    return size > 0 && size < 33 && word[0] != '_' && word[0] != '-' &&
           strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == size;
}

bool roster_is_reserved(const char *login)
{
    static const char prefix[] = "erased-";
    const char *digits = login + sizeof prefix - 1;
    return strncmp(login, prefix, sizeof prefix - 1) == 0 && digits[0] != 0 &&
           digits[strspn(digits, "0123456789")] == 0;
}

static struct err read_header(struct csv *csv, int places[], struct roster *roster)
{
    const char *names[COUNT(columns)];
    bool more = false;
    struct err err = csv_next(csv, &more);
    if (err_is(err))
        return err;
    if (!more)
        return err_make(ERR_INPUT,
                        "the file is empty; the first line names the columns: login,name");
    for (size_t c = 0; c < COUNT(columns); c++) {
        names[c] = columns[c].name;
        places[c] = csv_find(csv, columns[c].name);
        if (places[c] < 0 && columns[c].needed)
            return err_make(ERR_INPUT, "line %lld, column 1: no column '%s' in the first line",
                            (long long)csv->line, columns[c].name);
        if (places[c] >= 0 && columns[c].has != 0)
            *(bool *)((char *)roster + columns[c].has) = true;
    }
    for (int i = 0; i < csv->fields_count; i++) {
        bool known = false;
        for (size_t c = 0; c < COUNT(columns); c++)
            known = known || places[c] == i;
        if (known)
            continue;
        const char *nearest = text_nearest(csv->fields[i].text, names, COUNT(columns));
        char hint[64] = "no such column (or twice)";
        if (nearest != NULL)
            (void)snprintf(hint, sizeof hint, "no such column (or twice); '%s'?", nearest);
        return fault(csv->line, csv->fields[i].column, hint, csv->fields[i].text);
    }
    return err_none();
}

static struct err read_row(struct csv *csv, const int places[], struct roster_row *row)
{
    *row = (struct roster_row){.line = csv->line};
    int expected = 0;
    for (size_t c = 0; c < COUNT(columns); c++)
        expected += places[c] >= 0;
    if (csv->fields_count != expected)
        return err_make(ERR_INPUT, "line %lld, column %lld: %d fields; the first line has %d",
                        (long long)csv->line, (long long)csv->fields[csv->fields_count - 1].column,
                        csv->fields_count, expected);
    for (size_t c = 0; c < COUNT(columns); c++) {
        if (places[c] < 0)
            continue;
        const struct csv_field *field = &csv->fields[places[c]];
        const char *text = field->text + strspn(field->text, " \t");
        char *out = (char *)row + columns[c].offset;
        size_t size = strlen(text);
        while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
            size--;
        if (size >= columns[c].size)
            return fault(csv->line, field->column, "too long for its column", columns[c].name);
        memcpy(out, text, size);
        out[size] = 0;
        if (columns[c].place != 0)
            *(int64_t *)(void *)((char *)row + columns[c].place) = field->column;
        auto_buf struct buf clean = buf_of((size_t)4 * ROSTER_TEXT_MAX);
        (void)text_sanitise(&clean, out, size, 1, ROSTER_TEXT_MAX); /* compared below */
        if (strcmp(clean.at, out) != 0 || strpbrk(out, "\t\n") != NULL)
            return fault(csv->line, field->column, "control characters in", columns[c].name);
        if (columns[c].needed && size == 0)
            return fault(csv->line, field->column, "nothing stands in", columns[c].name);
    }
    if (!roster_is_login(row->login))
        return fault(csv->line, csv->fields[places[0]].column,
                     "a login is up to 32 of a-z 0-9 _ -, not", row->login);
    if (roster_is_reserved(row->login))
        return fault(csv->line, csv->fields[places[0]].column,
                     "what an erased person is called is nobody's login:", row->login);
    return err_none();
}

/* A column of texts and where they stand, sorted: equal neighbours are a fault. */
struct pointer {
    const char *text;
    int64_t line, column;
};

static struct err check_twice(const struct roster *roster)
{
    auto_free struct pointer *all = malloc(roster->count * sizeof *all);
    if (all == NULL)
        return err_make(ERR_SYSTEM, "no memory for %zu people", roster->count);
    for (size_t c = 0; c < COUNT(columns); c++) {
        if (columns[c].place == 0)
            continue;
        for (size_t i = 0; i < roster->count; i++) {
            const char *row = (const char *)&roster->rows[i];
            all[i] = (struct pointer){row + columns[c].offset, roster->rows[i].line,
                                      *(const int64_t *)(const void *)(row + columns[c].place)};
        }
        qsort(all, roster->count, sizeof *all, by_text);
        for (size_t i = 1; i < roster->count; i++)
            if (all[i].text[0] != 0 && strcmp(all[i].text, all[i - 1].text) == 0)
                return err_make(ERR_INPUT,
                                "line %lld, column %lld: %s '%s' stands in line %lld too",
                                (long long)all[i].line, (long long)all[i].column, columns[c].name,
                                all[i].text, (long long)all[i - 1].line);
    }
    return err_none();
}

static int by_text(const void *one, const void *other)
{
    const struct pointer *a = one;
    const struct pointer *b = other;
    int order = strcmp(a->text, b->text);
    return order != 0 ? order : (a->line > b->line) - (a->line < b->line);
}

static struct err fault(int64_t line, int64_t column, const char *what, const char *text)
{
    char quoted[60];
    text_quote(text, strlen(text), quoted, sizeof quoted);
    return err_make(ERR_INPUT, "line %lld, column %lld: %s %s", (long long)line, (long long)column,
                    what, quoted);
}
