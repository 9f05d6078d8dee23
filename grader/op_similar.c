/* What a comparison found: the pairs, and one pair side by side. A TA judges; a share proves
 * nothing. */
#include "grader/operations.h"
#include "grader/store_similar.h"

#include <stdio.h>
#include <string.h>

static void add_pair(void *context, const struct similar_line *line);
static void add_run(void *context, const struct similar_run *run);
static void put_lines(struct buf *out, const struct buf *source, int from, int to);

#define PAIRS_DEFAULT 50
#define LEAST_DEFAULT 30
#define SOURCE_MAX ((size_t)2 << 20)

struct err op_similar_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"one", REPLY_INTEGER},     {"one_login", REPLY_TEXT},   {"share", REPLY_INTEGER},
        {"other", REPLY_INTEGER},   {"other_login", REPLY_TEXT}, {"other_share", REPLY_INTEGER},
        {"same_bytes", REPLY_TEXT}, {"compared", REPLY_TEXT},    {NULL, REPLY_TEXT}};
    struct cohort_row cohort = {0};
    struct offering offering = {0};
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_offering(call, &cohort, &offering);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    err = store_similar_list(call->db, offering.id, call_number(call, "least", LEAST_DEFAULT),
                             call_number(call, "limit", PAIRS_DEFAULT), add_pair, call);
    if (!err_is(err) && call->reply.cells_count == 0)
        reply_note(&call->reply, "No pair: `grader similar run %s %s` compares them.", cohort.name,
                   offering.assignment);
    return err;
}

static void add_pair(void *context, const struct similar_line *line)
{
    struct reply *reply = &((struct operation_call *)context)->reply;
    reply_number(reply, line->one_id);
    reply_text(reply, line->one_login);
    reply_number(reply, line->one_share);
    reply_number(reply, line->other_id);
    reply_text(reply, line->other_login);
    reply_number(reply, line->other_share);
    reply_text(reply, line->same_bytes ? "yes" : "");
    reply_moment(reply, "UTC", line->made_at);
}

/* What add_run needs. */
struct sides {
    struct operation_call *call;
    struct buf one, other;
};

struct err op_similar_pair(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"one_from", REPLY_INTEGER}, {"one_to", REPLY_INTEGER}, {"other_from", REPLY_INTEGER},
        {"other_to", REPLY_INTEGER}, {"tokens", REPLY_INTEGER}, {"one_text", REPLY_TEXT},
        {"other_text", REPLY_TEXT},  {NULL, REPLY_TEXT}};
    struct submission_row one;
    struct submission_row other;
    struct sides sides = {.call = call};
    bool found = false;
    struct err err = call_submission(call, &one);
    if (!err_is(err))
        err = store_submission_get(call->db, call_number(call, "other", 0), &other, &found);
    if (err_is(err))
        return err;
    if (!found || other.cohort_id != one.cohort_id || one.id >= other.id)
        return call_refuse(call, 404, "no such pair: the smaller number first, as in the list");
    buf_init(&sides.one, SOURCE_MAX);
    buf_init(&sides.other, SOURCE_MAX);
    err = store_source(call->db, one.source_hash, &sides.one);
    if (!err_is(err))
        err = store_source(call->db, other.source_hash, &sides.other);
    reply_table(&call->reply, columns);
    if (!err_is(err))
        err = store_similar_runs(call->db, one.id, other.id, add_run, &sides);
    buf_release(&sides.one);
    buf_release(&sides.other);
    if (!err_is(err))
        reply_note(&call->reply, "#%lld is %s's, #%lld is %s's.", (long long)one.id, one.login,
                   (long long)other.id, other.login);
    return err;
}

static void add_run(void *context, const struct similar_run *run)
{
    struct sides *sides = context;
    struct reply *reply = &sides->call->reply;
    auto_buf struct buf one = buf_of(SOURCE_MAX);
    auto_buf struct buf other = buf_of(SOURCE_MAX);
    put_lines(&one, &sides->one, run->one_from, run->one_to);
    put_lines(&other, &sides->other, run->other_from, run->other_to);
    reply_number(reply, run->one_from);
    reply_number(reply, run->one_to);
    reply_number(reply, run->other_from);
    reply_number(reply, run->other_to);
    reply_number(reply, run->tokens);
    reply_text(reply, one.at);
    reply_text(reply, other.at);
}

/* Lines, both ends included, from 1. */
static void put_lines(struct buf *out, const struct buf *source, int from, int to)
{
    int line = 1;
    for (size_t at = 0; at < source->size && line <= to;) {
        const char *end = memchr(source->at + at, '\n', source->size - at);
        size_t length = end != NULL ? (size_t)(end - (source->at + at)) + 1 : source->size - at;
        if (line >= from)
            buf_append(out, source->at + at, length);
        at += length;
        line++;
    }
}
