/* Course runs: make, list, close. */
#include "grader/operations.h"
#include "grader/routes.h"
#include "sandbox/base/text.h"

#include <string.h>

static void add_cohort(void *context, const struct cohort_row *row);

struct err op_cohort_create(struct operation_call *call)
{
    struct cohort_row row = {0};
    const char *name = call_text(call, "cohort");
    const char *zone = call_has(call, "zone") ? call_text(call, "zone") : "UTC";
    bool found = false;
    int64_t id = 0;
    if (routes_has_first(name))
        return call_refuse(call, 409, "'%s' is the first word of an address; choose another", name);
    if (!zone_is_known(zone))
        return call_refuse(call, 422, "zone: no time zone '%.47s'; write it as Asia/Shanghai",
                           zone);
    struct err err = store_cohort_find(call->db, name, &row, &found);
    if (err_is(err))
        return err;
    if (found)
        return call_refuse(call, 409, "cohort '%s' is there already", name);
    const char *title = call_has(call, "title") ? call_text(call, "title") : name;
    err = store_cohort_put(call->db, name, title, call->now_at, &id);
    row = (struct cohort_row){.id = id, .grace_days = call_number(call, "grace-days", -1)};
    (void)text_copy(row.title, sizeof row.title, title); /* bounds are those of the arguments */
    (void)text_copy(row.zone, sizeof row.zone, zone);
    if (!err_is(err))
        err = store_cohort_set(call->db, &row);
    if (!err_is(err))
        err = call_audit(call, name, "zone %s", zone);
    reply_note(&call->reply, "Cohort %s, time zone %s. Next: grader roster import %s FILE.csv",
               name, zone, name);
    return err;
}

struct err op_cohort_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"cohort", REPLY_TEXT},    {"title", REPLY_TEXT},        {"zone", REPLY_TEXT},
        {"people", REPLY_INTEGER}, {"offerings", REPLY_INTEGER}, {"closed", REPLY_TEXT},
        {NULL, REPLY_TEXT}};
    reply_table(&call->reply, columns);
    return store_cohorts(call->db, add_cohort, call);
}

struct err op_cohort_close(struct operation_call *call)
{
    struct cohort_row row = {0};
    bool reopen = call_flag(call, "reopen");
    struct err err = call_cohort(call, &row);
    if (err_is(err))
        return err;
    if ((row.closed_at != 0) == !reopen)
        return call_refuse(call, 409, "%s is %s already", row.name, reopen ? "open" : "closed");
    row.closed_at = reopen ? 0 : call->now_at;
    reply_note(&call->reply, "%s with %lld people %s.", row.name, (long long)row.people,
               reopen ? "is open again" : "ends now: their tokens read, but submit no more");
    err = store_cohort_set(call->db, &row);
    return err_is(err) ? err : call_audit(call, row.name, "%s", reopen ? "reopened" : "closed");
}

static void add_cohort(void *context, const struct cohort_row *row)
{
    struct operation_call *call = context;
    if (!call_is_admin(call) && strcmp(row->name, call->who->cohort) != 0)
        return;
    reply_text(&call->reply, row->name);
    reply_text(&call->reply, row->title);
    reply_text(&call->reply, row->zone);
    reply_number(&call->reply, row->people);
    reply_number(&call->reply, row->offerings);
    reply_moment(&call->reply, row->zone, row->closed_at);
}
