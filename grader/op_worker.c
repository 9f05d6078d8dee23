/* Machines that grade: who is here, who rests, whose key opens nothing any more. */
#include "grader/auth.h"
#include "grader/operations.h"
#include "grader/store_worker.h"
#include "sandbox/base/clock.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static void add_worker(void *context, const struct worker_row *row);
static const char *state_of(const struct worker_row *row, int64_t now_at);
static struct err set_drained(struct operation_call *call, bool drained);
static struct err find(struct operation_call *call, struct worker_row *out);

#define AWAY_US ((int64_t)90 * 1000000) /* three words of it that did not come */

struct err op_worker_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"name", REPLY_TEXT},  {"class", REPLY_TEXT},         {"state", REPLY_TEXT},
        {"where", REPLY_TEXT}, {"submission", REPLY_INTEGER}, {"seen", REPLY_TEXT},
        {NULL, REPLY_TEXT}};
    reply_table(&call->reply, columns);
    return store_workers(call->db, call->now_at, add_worker, call);
}

static void add_worker(void *context, const struct worker_row *row)
{
    struct operation_call *call = context;
    struct reply *reply = &call->reply;
    reply_text(reply, row->name);
    reply_text(reply, row->class_name);
    reply_text(reply, state_of(row, call->now_at));
    reply_text(reply, row->keys > 0 ? "by key" : "local");
    if (row->submission_id != 0)
        reply_number(reply, row->submission_id);
    else
        reply_none(reply);
    reply_moment(reply, "UTC", row->seen_at);
}

static const char *state_of(const struct worker_row *row, int64_t now_at)
{
    if (row->seen_at == 0)
        return "never seen";
    if (now_at - row->seen_at > AWAY_US)
        return "away";
    if (row->drained)
        return row->submission_id != 0 ? "drains" : "drained";
    return row->submission_id != 0 ? "works" : "waits";
}

struct err op_worker_add(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"name", REPLY_TEXT}, {"key", REPLY_TEXT}, {NULL, REPLY_TEXT}};
    const char *name = call_text(call, "name");
    unsigned char hash[AUTH_HASH_SIZE];
    char token[AUTH_TOKEN_SIZE];
    struct worker_row row;
    bool found = false;
    int64_t id = 0;
    struct err err = store_worker_find(call->db, name, call->now_at, &row, &found);
    if (err_is(err))
        return err;
    if (found && !row.removed)
        return call_refuse(call, 409, "there is a worker '%s'; remove it first", name);
    auth_token_new(token, hash);
    err = store_worker_add(call->db, name, hash, call->now_at, &id);
    if (!err_is(err)) {
        reply_table(&call->reply, columns);
        reply_text(&call->reply, name);
        reply_text(&call->reply, token);
        reply_note(&call->reply,
                   "The key is shown once and opens nothing else. This version has no door for "
                   "machines over the network yet: only local workers grade.");
        err = call_audit(call, name, "add");
    }
    sodium_memzero(token, sizeof token);
    return err;
}

struct err op_worker_drain(struct operation_call *call)
{
    return set_drained(call, true);
}

struct err op_worker_resume(struct operation_call *call)
{
    return set_drained(call, false);
}

static struct err set_drained(struct operation_call *call, bool drained)
{
    struct worker_row row;
    struct err err = find(call, &row);
    if (!err_is(err))
        err = store_worker_drain(call->db, row.id, drained);
    if (err_is(err))
        return err;
    reply_note(&call->reply,
               drained ? "%s finishes what it holds and gets no further job."
                       : "%s gets jobs again.",
               row.name);
    return call_audit(call, row.name, "%s", drained ? "drain" : "resume");
}

struct err op_worker_remove(struct operation_call *call)
{
    struct worker_row row;
    struct err err = find(call, &row);
    if (err_is(err))
        return err;
    if (row.keys == 0 && row.seen_at != 0 && call->now_at - row.seen_at <= AWAY_US)
        return call_refuse(call, 409, "%s is local and here: drain it, or set worker.count",
                           row.name);
    err = store_worker_remove(call->db, row.id, call->now_at);
    if (err_is(err))
        return err;
    reply_note(&call->reply, "%s is removed; its key opens nothing any more.", row.name);
    return call_audit(call, row.name, "remove");
}

static struct err find(struct operation_call *call, struct worker_row *out)
{
    bool found = false;
    struct err err =
        store_worker_find(call->db, call_text(call, "name"), call->now_at, out, &found);
    if (!err_is(err) && (!found || out->removed))
        return call_refuse(call, 404, "no worker '%s'", call_text(call, "name"));
    return err;
}
