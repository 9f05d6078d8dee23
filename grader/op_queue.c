/* The queue as a TA works with it: look, release, cancel, mark for review. */
#include "grader/operations.h"
#include "grader/report.h"
#include "grader/retime.h"
#include "grader/store_queue.h"

#include <stdio.h>
#include <string.h>

static void add_line(void *context, const struct queue_line *line);
static struct err release(struct operation_call *call, const struct submission_row *row);
static struct err time_again(struct operation_call *call, const struct submission_row *row);
static struct err note_act(struct operation_call *call, const struct submission_row *row,
                           const char *what);

const char *const queue_what_words[] = {"waiting", "parked", "review", "all", NULL};

#define LINES_DEFAULT 200

struct err op_queue_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"submission", REPLY_INTEGER}, {"login", REPLY_TEXT},    {"assignment", REPLY_TEXT},
        {"state", REPLY_TEXT},         {"kind", REPLY_TEXT},     {"lane", REPLY_TEXT},
        {"generation", REPLY_INTEGER}, {"tries", REPLY_INTEGER}, {"since", REPLY_TEXT},
        {"worker", REPLY_TEXT},        {"why", REPLY_TEXT},      {NULL, REPLY_TEXT}};
    struct cohort_row cohort = {0};
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    enum queue_what what = (enum queue_what)call_word(call, "what", QUEUE_EVERYTHING);
    return store_queue_list(call->db, cohort.id, what, call_number(call, "limit", LINES_DEFAULT),
                            add_line, call);
}

static void add_line(void *context, const struct queue_line *line)
{
    struct reply *reply = &((struct operation_call *)context)->reply;
    reply_number(reply, line->submission_id);
    reply_text(reply, line->login);
    reply_text(reply, line->assignment);
    reply_text(reply, line->state);
    reply_text(reply, line->kind);
    reply_text(reply, line->lane);
    reply_number(reply, line->generation);
    reply_number(reply, line->tries);
    reply_moment(reply, "UTC", line->since_at);
    reply_text(reply, line->worker);
    reply_text(reply, line->why);
}

struct err op_queue_release(struct operation_call *call)
{
    struct submission_row row;
    struct err err = call_submission(call, &row);
    if (!err_is(err))
        err = release(call, &row);
    return err_is(err) ? err : note_act(call, &row, "release");
}

/* Parked: once more. Without its speed by our fault: the clock once more. Under review or held: no
 * longer. */
static struct err release(struct operation_call *call, const struct submission_row *row)
{
    struct grading_row grading = {.stage = row->stage};
    auto_buf struct buf events = buf_of(STORE_EVENTS_MAX);
    bool found = false;
    int64_t twin = 0;
    struct err err =
        store_grading_get(call->db, row->id, row->generation, &grading, &events, &found);
    if (err_is(err))
        return err;
    if (row->practice && !row->review)
        return call_refuse(call, 409, "#%lld is a practice run: its student repeats it at will",
                           (long long)row->id);
    if (!row->practice && row->stage == STAGE_SYSTEM_ERROR) {
        err = store_release(call->db, row->id, call->actor, call->now_at, &twin);
        if (!err_is(err) && twin != 0)
            return call_refuse(call, 409, "the same file is there again as #%lld", (long long)twin);
        reply_note(&call->reply, "#%lld runs once more, as live work.", (long long)row->id);
        return err;
    }
    if (!row->practice && row->stage == STAGE_GRADED &&
        strcmp(grading.code, REPORT_TIMING_FAILED) == 0)
        return time_again(call, row);
    if (!row->review)
        return call_refuse(call, 409, "#%lld is neither parked nor under review",
                           (long long)row->id);
    reply_note(&call->reply, "#%lld is no longer under review.", (long long)row->id);
    return store_review_set(call->db, row->id, NULL);
}

static struct err time_again(struct operation_call *call, const struct submission_row *row)
{
    const struct spec *spec = spec_find(call->specs, call->specs_count, row->assignment);
    const struct retime_wish wish = {.submission_id = row->id,
                                     .spec_hash = spec != NULL ? spec->hash : "",
                                     .most = INT64_MAX,
                                     .actor = call->actor,
                                     .now_at = call->now_at};
    const char *code = NULL;
    struct err err = retime_ask(call->db, &wish, &code);
    if (err_is(err))
        return err;
    if (code != NULL && strcmp(code, "http_409_retime_version") == 0)
        return call_refuse(call, 409, "%s has changed since: regrade it", row->assignment);
    if (code != NULL)
        return call_refuse(call, 409,
                           "#%lld is being graded or timed already, or its regrade waits",
                           (long long)row->id);
    reply_note(&call->reply, "#%lld is timed once more, behind live work.", (long long)row->id);
    return err_none();
}

struct err op_queue_cancel(struct operation_call *call)
{
    struct submission_row row;
    int64_t count = 0;
    bool timing = false;
    struct err err = call_submission(call, &row);
    if (!err_is(err))
        err = store_cancel(call->db, row.id, &count, &timing);
    if (err_is(err))
        return err;
    if (timing)
        return call_refuse(call, 409,
                           "#%lld is checked and has its points; only its timing is left",
                           (long long)row.id);
    if (count == 0)
        return call_refuse(call, 409, "#%lld neither waits nor runs", (long long)row.id);
    reply_note(&call->reply, "#%lld is cancelled; what a worker still measures is dropped.",
               (long long)row.id);
    return note_act(call, &row, call_text(call, "reason"));
}

struct err op_queue_review(struct operation_call *call)
{
    struct submission_row row;
    struct err err = call_submission(call, &row);
    if (!err_is(err))
        err = store_review_set(call->db, row.id, call_text(call, "reason"));
    if (err_is(err))
        return err;
    reply_note(&call->reply, "#%lld waits for a TA: it has no rank until it is released.",
               (long long)row.id);
    return note_act(call, &row, call_text(call, "reason"));
}

static struct err note_act(struct operation_call *call, const struct submission_row *row,
                           const char *what)
{
    char object[3 * SPEC_NAME_MAX + 32];
    (void)snprintf(object, sizeof object, "%s/%s/#%lld/%s", row->cohort, row->assignment,
                   (long long)row->id, row->login); /* fits */
    struct err err = store_changes_count(call->db);
    return err_is(err) ? err : call_audit(call, object, "%s", what);
}
