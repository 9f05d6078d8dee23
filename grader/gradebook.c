/* Reading grades, and writing them as CSV. */
#include "grader/gradebook.h"

#include "grader/csv.h"
#include "grader/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading;
static void add_person(void *context, const struct person_row *row);
static void add_entry(void *context, const struct graded_row *row);
static struct err decide_person(struct loading *loading, struct gradebook_person *person);
static struct err decide_one(struct loading *loading, struct gradebook_person *person,
                             size_t offering, int64_t *budget);
static int by_owner(const void *one, const void *other);
static void put_points(struct buf *out, int64_t hundredths);

#define GROW(array, count, room)                                                                   \
    ((count) < (room) ? (array) : realloc((array), ((room) = 2 * (room) + 64) * sizeof *(array)))

struct loading {
    struct gradebook *book;
    struct db *db;
    const struct cohort_row *cohort;
    size_t people_room;
    struct graded_row *rows; /* by membership and offering */
    size_t rows_count, rows_room;
    size_t order[GRADEBOOK_OFFERINGS_MAX]; /* of deadlines */
    bool failed;
};

struct err gradebook_load(struct gradebook *out, struct db *db, const struct cohort_row *cohort,
                          int64_t now_at)
{
    struct loading loading = {.book = out, .db = db, .cohort = cohort};
    *out = (struct gradebook){.people = NULL};
    if (cohort->offerings > GRADEBOOK_OFFERINGS_MAX) /* of a time when more could be offered */
        return err_make(ERR_LIMIT, "%s has %lld offerings; a gradebook holds %d", cohort->name,
                        (long long)cohort->offerings, GRADEBOOK_OFFERINGS_MAX);
    struct err err = store_offerings(db, cohort->id, 0, out->offerings, GRADEBOOK_OFFERINGS_MAX,
                                     &out->offerings_count);
    if (!err_is(err))
        err = store_people(db, cohort->id, now_at, add_person, &loading);
    if (!err_is(err))
        err = store_graded(db, cohort->id, add_entry, &loading);
    if (!err_is(err) && loading.failed)
        err = err_make(ERR_SYSTEM, "no memory for the gradebook of %s", cohort->name);
    for (size_t i = 0; i < out->offerings_count; i++) {
        size_t at = i;
        while (at > 0 && out->offerings[loading.order[at - 1]].due_at > out->offerings[i].due_at) {
            loading.order[at] = loading.order[at - 1];
            at--;
        }
        loading.order[at] = i;
    }
    for (size_t i = 0; i < out->people_count && !err_is(err); i++)
        err = decide_person(&loading, &out->people[i]);
    free(loading.rows);
    return err;
}

void gradebook_release(struct gradebook *gradebook)
{
    free(gradebook->people);
    gradebook->people = NULL;
}

struct err gradebook_counting(struct db *db, const struct cohort_row *cohort, int64_t offering_id,
                              int64_t now_at, struct buf *out)
{
    struct gradebook book;
    const char *comma = "";
    struct err err = gradebook_load(&book, db, cohort, now_at);
    buf_text(out, "[");
    for (size_t o = 0; o < book.offerings_count && !err_is(err); o++)
        for (size_t i = 0; i < book.people_count && book.offerings[o].id == offering_id; i++) {
            int64_t counts = book.people[i].grades[o].counts;
            if (counts == 0)
                continue;
            buf_printf(out, "%s%lld", comma, (long long)counts);
            comma = ",";
        }
    buf_text(out, "]");
    gradebook_release(&book);
    if (!err_is(err) && out->failed)
        err = err_make(ERR_LIMIT, "too many submissions of %s count", cohort->name);
    return err;
}

void gradebook_csv(const struct gradebook *gradebook, struct buf *out)
{
    buf_text(out, "login,name,student_id,section,email");
    for (size_t o = 0; o < gradebook->offerings_count; o++) {
        const char *name = gradebook->offerings[o].assignment;
        buf_printf(out, ",%s,%s:submission,%s:score,%s:days_late,%s:note", name, name, name, name,
                   name);
    }
    buf_text(out, ",total\n");
    for (size_t i = 0; i < gradebook->people_count; i++) {
        const struct gradebook_person *person = &gradebook->people[i];
        csv_put(out, person->who.login, true);
        csv_put(out, person->who.name, false);
        csv_put(out, person->who.student_id, false);
        csv_put(out, person->who.section, false);
        csv_put(out, person->who.email, false);
        for (size_t o = 0; o < gradebook->offerings_count; o++) {
            const struct grade_result *grade = &person->grades[o];
            buf_text(out, ",");
            if (grade->grade >= 0 && !grade->held)
                put_points(out, grade->grade);
            if (grade->counts != 0) {
                buf_printf(out, ",%lld,", (long long)grade->counts);
                put_points(out, grade->score);
                buf_printf(out, ",%lld", (long long)grade->late_days);
            } else {
                buf_text(out, ",,,");
            }
            buf_printf(out, ",%s", grade->held ? "held" : grade->overridden ? "by hand" : "");
        }
        buf_text(out, ",");
        put_points(out, person->total);
        buf_text(out, "\n");
    }
}

static void add_person(void *context, const struct person_row *row)
{
    struct loading *loading = context;
    struct gradebook *book = loading->book;
    if (row->role != ROLE_STUDENT || loading->failed)
        return;
    struct gradebook_person *people = GROW(book->people, book->people_count, loading->people_room);
    if (people == NULL) {
        loading->failed = true;
        return;
    }
    book->people = people;
    book->people[book->people_count++] = (struct gradebook_person){.who = *row};
}

static void add_entry(void *context, const struct graded_row *row)
{
    struct loading *loading = context;
    struct graded_row *rows =
        loading->failed ? NULL : GROW(loading->rows, loading->rows_count, loading->rows_room);
    if (rows == NULL) {
        loading->failed = true;
        return;
    }
    loading->rows = rows;
    loading->rows[loading->rows_count++] = *row;
}

static struct err decide_person(struct loading *loading, struct gradebook_person *person)
{
    const struct gradebook *book = loading->book;
    int64_t budget = loading->cohort->grace_days;
    int64_t weight = 0;
    int64_t sum = 0;
    struct err err = err_none();
    for (size_t i = 0; i < book->offerings_count && !err_is(err); i++)
        err = decide_one(loading, person, loading->order[i], &budget);
    for (size_t o = 0; o < book->offerings_count; o++) {
        const struct grade_result *grade = &person->grades[o];
        weight += book->offerings[o].weight;
        if (grade->grade > 0 && !grade->held)
            sum += grade->grade * book->offerings[o].weight;
    }
    person->total = weight > 0 ? (sum + weight / 2) / weight : 0;
    return err;
}

static struct err decide_one(struct loading *loading, struct gradebook_person *person,
                             size_t offering, int64_t *budget)
{
    const struct offering *rules_of = &loading->book->offerings[offering];
    struct grade_override override = {.is_set = false};
    struct grade_rules rules = {rules_of->late_policy, rules_of->late_percent, rules_of->grace_days,
                                rules_of->pick,        rules_of->due_at,       0};
    struct err err = store_grade_rules(loading->db, rules_of->id, person->who.membership_id,
                                       &rules.due_at, &override);
    if (err_is(err))
        return err;
    rules.due_zone_minutes = zone_minutes(rules_of->zone, rules.due_at);
    if (*budget >= 0 && rules.grace_days > *budget)
        rules.grace_days = *budget;

    const struct graded_row key = {person->who.membership_id, rules_of->id, {0}};
    const struct graded_row *mine =
        loading->rows_count == 0
            ? NULL
            : bsearch(&key, loading->rows, loading->rows_count, sizeof key, by_owner);
    while (mine != NULL && mine > loading->rows && by_owner(mine - 1, &key) == 0)
        mine--;
    size_t count = 0;
    while (mine != NULL && mine + count < loading->rows + loading->rows_count &&
           by_owner(mine + count, &key) == 0)
        count++;
    auto_free struct grade_entry *entries = calloc(count + 1, sizeof *entries);
    if (entries == NULL)
        return err_make(ERR_SYSTEM, "no memory for %zu scores", count);
    for (size_t i = 0; i < count; i++) {
        entries[i] = mine[i].entry;
        entries[i].zone_minutes = zone_minutes(rules_of->zone, entries[i].received_at);
    }
    grade_decide(&rules, entries, count, &override, &person->grades[offering]);
    if (*budget >= 0)
        *budget -= person->grades[offering].grace_used;
    return err;
}

static int by_owner(const void *one, const void *other)
{
    const struct graded_row *a = one;
    const struct graded_row *b = other;
    if (a->membership_id != b->membership_id)
        return a->membership_id < b->membership_id ? -1 : 1;
    return (a->offering_id > b->offering_id) - (a->offering_id < b->offering_id);
}

static void put_points(struct buf *out, int64_t hundredths)
{
    buf_printf(out, "%lld.%02lld", (long long)hundredths / 100, (long long)hundredths % 100);
}
