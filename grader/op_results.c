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
    bool hold = call_flag(call, "hold");
    bool clear = call_flag(call, "clear");
    int64_t grade = call_number(call, "grade", -1);
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_offering(call, &cohort, &offering);
    if (!err_is(err))
        err = call_person(call, &cohort, &person);
    if (err_is(err))
        return err;
    if ((grade >= 0) + hold + clear != 1)
        return call_refuse(call, 422, "one of: a grade, hold, clear");
    const struct override_row row = {offering.id, person.membership_id,      grade,
                                     hold,        call_text(call, "reason"), call->actor};
    err = store_override_put(call->db, &row, call->now_at);
    if (err_is(err))
        return err;
    if (grade >= 0)
        reply_note(&call->reply, "%s has %lld.%02lld for %s, whatever was measured.", person.login,
                   (long long)grade / 100, (long long)grade % 100, offering.assignment);
    else
        reply_note(&call->reply, "%s: the grade for %s %s.", person.login, offering.assignment,
                   hold ? "is held back" : "is what was measured again");
    (void)snprintf(object, sizeof object, "%s/%s/%s", cohort.name, offering.assignment,
                   person.login); /* fits */
    return call_audit(call, object, "%s %lld: %s",
                      hold    ? "hold"
                      : clear ? "clear"
                              : "set",
                      (long long)grade, call_text(call, "reason"));
}
