/* Our column in somebody else's file: only its cells change. */
#include "grader/csv.h"
#include "grader/gradebook.h"
#include "sandbox/base/text.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct filling;
static struct err find_columns(struct filling *filling, const char *wanted);
static int find_fitting(const struct csv *csv, const char *name, int from);
static bool is_points_row(const struct filling *filling);
static const struct gradebook_person *find_person(const struct filling *filling);
static void put_grade(struct filling *filling, int64_t grade);

/* Which column says who somebody is, and what of ours it is compared with. */
static const struct {
    const char *name;
    size_t offset;
} identities[] = {
    {"login", offsetof(struct person_row, login)},
    {"SIS Login ID", offsetof(struct person_row, login)},
    {"Username", offsetof(struct person_row, login)},
    {"SIS User ID", offsetof(struct person_row, student_id)},
    {"ID number", offsetof(struct person_row, student_id)},
    {"Email address", offsetof(struct person_row, email)},
    {"Email", offsetof(struct person_row, email)},
};

struct filling {
    const struct gradebook *book;
    size_t offering;
    struct csv csv;
    const char *bytes;
    struct buf *out;
    size_t copied; /* bytes of the file that are out */
    int column, maximum;
    int who[COUNT(identities)]; /* -1: no such column */
    double possible;            /* of the row "Points Possible"; 0: none seen */
    struct gradebook_fill counts;
};

struct err gradebook_fill(const struct gradebook *gradebook, size_t offering, const char *column,
                          const char *bytes, size_t size, struct buf *out,
                          struct gradebook_fill *out_counts)
{
    auto_free struct filling *filling = calloc(1, sizeof *filling);
    bool more = false;
    if (filling == NULL)
        return err_make(ERR_SYSTEM, "no memory to fill a file");
    filling->book = gradebook;
    filling->offering = offering;
    filling->bytes = bytes;
    filling->out = out;
    struct err err = csv_init(&filling->csv, bytes, size);
    if (!err_is(err))
        err = csv_next(&filling->csv, &more);
    if (!err_is(err) && !more)
        err = err_make(ERR_INPUT, "the file is empty");
    if (!err_is(err))
        err = find_columns(filling, column);
    while (!err_is(err) && more) {
        err = csv_next(&filling->csv, &more);
        if (err_is(err) || !more)
            break;
        if (is_points_row(filling)) {
            filling->possible = strtod(filling->csv.fields[filling->column].text, NULL);
            continue;
        }
        const struct gradebook_person *person = find_person(filling);
        if (person == NULL) {
            filling->counts.unknown++;
        } else if (person->grades[offering].grade < 0 || person->grades[offering].held) {
            filling->counts.without++;
        } else if (filling->column >= filling->csv.fields_count) {
            err = err_make(ERR_INPUT, "line %lld, column 1: this row has no field '%.60s'",
                           (long long)filling->csv.line, column);
        } else {
            put_grade(filling, person->grades[offering].grade);
        }
    }
    buf_append(out, bytes + filling->copied, size - filling->copied);
    *out_counts = filling->counts;
    csv_release(&filling->csv);
    return err;
}

static struct err find_columns(struct filling *filling, const char *wanted)
{
    const struct csv *csv = &filling->csv;
    const char *name = filling->book->offerings[filling->offering].assignment;
    bool any = false;
    filling->column = wanted[0] != 0 ? csv_find(csv, wanted) : find_fitting(csv, name, 0);
    int second = filling->column >= 0 ? find_fitting(csv, name, filling->column + 1) : -1;
    if (wanted[0] == 0 && second >= 0)
        return err_make(ERR_INPUT,
                        "line 1, column %lld: another column for '%s', '%.40s'; name one with "
                        "--column",
                        (long long)csv->fields[second].column, name, csv->fields[second].text);
    if (filling->column < 0 && wanted[0] == 0)
        filling->column = csv_find(csv, "Grade");
    if (filling->column < 0)
        return err_make(ERR_INPUT, "line 1, column 1: no column '%.60s'; name one with --column",
                        wanted[0] != 0 ? wanted : name);
    filling->maximum = csv_find(csv, "Maximum Grade");
    for (size_t i = 0; i < COUNT(identities); i++) {
        filling->who[i] = csv_find(csv, identities[i].name);
        any = any || filling->who[i] >= 0;
    }
    if (!any)
        return err_make(ERR_INPUT, "line 1, column 1: no column says who it is: SIS Login ID, "
                                   "Username, SIS User ID, ID number or Email address");
    return err_none();
}

/* "attention", "attention (12345)" of Canvas, "Assignment: attention (Real)" of Moodle. */
static int find_fitting(const struct csv *csv, const char *name, int from)
{
    size_t size = strlen(name);
    for (int i = from; i < csv->fields_count; i++) {
        const char *text = csv->fields[i].text + strspn(csv->fields[i].text, " \t");
        if (strncasecmp(text, "Assignment: ", 12) == 0)
            text += 12;
        if (strncasecmp(text, name, size) != 0)
            continue;
        const char *rest = text + size;
        if (rest[strspn(rest, " \t")] == 0 || strncmp(rest, " (", 2) == 0)
            return i;
    }
    return -1;
}

static bool is_points_row(const struct filling *filling)
{
    const char *first = filling->csv.fields[0].text;
    return strncasecmp(first + strspn(first, " "), "Points Possible", 15) == 0 &&
           filling->column < filling->csv.fields_count;
}

static const struct gradebook_person *find_person(const struct filling *filling)
{
    const struct gradebook *book = filling->book;
    for (size_t w = 0; w < COUNT(identities); w++) {
        int at = filling->who[w];
        if (at < 0 || at >= filling->csv.fields_count || filling->csv.fields[at].text[0] == 0)
            continue;
        for (size_t i = 0; i < book->people_count; i++)
            if (strcasecmp((const char *)&book->people[i].who + identities[w].offset,
                           filling->csv.fields[at].text) == 0)
                return &book->people[i];
    }
    return NULL;
}

static void put_grade(struct filling *filling, int64_t grade)
{
    const struct csv_field *field = &filling->csv.fields[filling->column];
    double most = filling->possible;
    if (filling->maximum >= 0 && filling->maximum < filling->csv.fields_count)
        most = strtod(filling->csv.fields[filling->maximum].text, NULL);
    double points = (double)grade / 100;
    if (most > 0)
        points = points * most / 100;
    buf_append(filling->out, filling->bytes + filling->copied, field->raw_at - filling->copied);
    buf_printf(filling->out, "%.2f", points);
    filling->copied = field->raw_end;
    filling->counts.filled++;
}
