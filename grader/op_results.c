/* Grades: by hand, and out to the learning platform. */
#include "grader/gradebook.h"
#include "grader/operations.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

static struct err fill(struct operation_call *call, const struct gradebook *book);

struct err op_gradebook(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct gradebook book = {.people = NULL};
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = gradebook_load(&book, call->db, &cohort, call->now_at);
    call->reply.file_type = "text/csv; charset=utf-8";
    (void)snprintf(call->reply.file_name, sizeof call->reply.file_name, "%s-gradebook.csv",
                   cohort.name); /* fits */
    if (!err_is(err) && call_has(call, "fill"))
        err = fill(call, &book);
    else if (!err_is(err))
        gradebook_csv(&book, &call->reply.file);
    if (!err_is(err) && call->reply.file.failed)
        err = err_make(ERR_LIMIT, "the gradebook outgrew its buffer");
    gradebook_release(&book);
    return err;
}

static struct err fill(struct operation_call *call, const struct gradebook *book)
{
    const struct buf *file = call_file(call, "fill");
    const char *name = call_text(call, "assignment");
    struct gradebook_fill counts;
    size_t offering = 0;
    while (offering < book->offerings_count &&
           strcmp(book->offerings[offering].assignment, name) != 0)
        offering++;
    if (offering == book->offerings_count)
        return call_refuse(call, 422, "assignment: which of the offered ones fills the column?");
    struct err err = gradebook_fill(book, offering, call_text(call, "column"), file->at, file->size,
                                    &call->reply.file, &counts);
    if (err.code == ERR_INPUT)
        return call_refuse(call, 422, "%s. Nothing was filled", err.text);
    reply_note(&call->reply, "%zu filled, %zu without a grade, %zu nobody of ours.", counts.filled,
               counts.without, counts.unknown);
    return err;
}

struct err op_grade(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct offering offering = {0};
    struct person_row person = {0};
    char object[128];
    struct grade_override now = {.is_set = false};
    int64_t due_at = 0;
    bool hold = call_flag(call, "hold");
    bool clear = call_flag(call, "clear");
    bool release = call_flag(call, "release");
    int64_t grade = call_number(call, "grade", -1);
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_offering(call, &cohort, &offering);
    if (!err_is(err))
        err = call_person(call, &cohort, &person);
    if (err_is(err))
        return err;
    if ((grade >= 0) + hold + clear + release != 1)
        return call_refuse(call, 422, "one of: a grade, hold, release, clear");
    err = store_grade_rules(call->db, offering.id, person.membership_id, &due_at, &now);
    if (err_is(err))
        return err;
    if (release && !now.hold)
        return call_refuse(call, 409, "%s's grade for %s is not held back", person.login,
                           offering.assignment);
    /* A grade and a hold are two things: neither takes the other away. */
    struct override_row row = {.offering_id = offering.id,
                               .membership_id = person.membership_id,
                               .grade = grade >= 0             ? grade
                                        : now.is_set && !clear ? now.grade
                                                               : -1,
                               .hold = hold || (now.hold && !release && !clear),
                               .reason = call_text(call, "reason"),
                               .actor = call->actor};
    err = store_override_put(call->db, &row, call->now_at);
    if (err_is(err))
        return err;
    if (row.grade >= 0)
        reply_note(&call->reply, "%s has %lld.%02lld for %s, whatever was measured.", person.login,
                   (long long)row.grade / 100, (long long)row.grade % 100, offering.assignment);
    else
        reply_note(&call->reply, "%s: the grade for %s is what was measured.", person.login,
                   offering.assignment);
    if (row.hold)
        reply_note(&call->reply, "It is held back, as waiting for a TA, until --release.");
    (void)snprintf(object, sizeof object, "%s/%s/%s", cohort.name, offering.assignment,
                   person.login); /* fits */
    if (grade >= 0)
        return call_audit(call, object, "set %lld: %s", (long long)grade, row.reason);
    return call_audit(call, object, "%s: %s",
                      hold    ? "hold"
                      : clear ? "clear"
                              : "release",
                      row.reason);
}
