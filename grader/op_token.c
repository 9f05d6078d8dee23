/* Tokens: whoever has one acts as its owner, so they are shown once and can be taken back. */
#include "grader/auth.h"
#include "grader/operations.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>

static struct err make(struct operation_call *call, struct token_row *row, const char *owner);
static void add_token(void *context, const struct token_row *row);

#define DAY ((int64_t)86400 * 1000000)

struct err op_token_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"id", REPLY_INTEGER}, {"owner", REPLY_TEXT},   {"role", REPLY_TEXT},
        {"label", REPLY_TEXT}, {"made", REPLY_TEXT},    {"last_used", REPLY_TEXT},
        {"ends", REPLY_TEXT},  {"revoked", REPLY_TEXT}, {NULL, REPLY_TEXT}};
    struct cohort_row cohort = {0};
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    return store_tokens(call->db, cohort.id, add_token, call);
}

struct err op_token_make(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct person_row person = {0};
    struct token_row row = {.id = 0};
    int64_t days = call_number(call, "days", 0);
    bool hook = call_flag(call, "hook");
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    if (hook == call_has(call, "login"))
        return call_refuse(call, 422, "either a login, or hook for a git server");
    if (!hook)
        err = call_person(call, &cohort, &person);
    if (err_is(err))
        return err;
    if (!hook && person.role > ROLE_STUDENT && !call_is_admin(call) &&
        person.membership_id != call->who->id)
        return call_refuse(call, 403, "a token of another %s takes an admin",
                           role_word(person.role));
    row.membership_id = hook ? 0 : person.membership_id;
    row.cohort_id = hook ? cohort.id : 0;
    row.expires_at = days > 0 ? call->now_at + days * DAY : 0;
    return make(call, &row, hook ? "hook" : person.login);
}

struct err op_token_revoke(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    char object[32];
    int64_t id = call_number(call, "id", 0);
    bool changed = false;
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = store_token_revoke(call->db, id, cohort.id, call_is_admin(call) ? 0 : call->who->id,
                                 call->now_at, &changed);
    if (err_is(err))
        return err;
    if (!changed)
        return call_refuse(call, 404, "no working token %lld in %s", (long long)id, cohort.name);
    reply_note(&call->reply, "Token %lld works no more.", (long long)id);
    (void)snprintf(object, sizeof object, "token %lld", (long long)id); /* fits */
    return call_audit(call, object, "%s", cohort.name);
}

struct err op_token_renew(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct person_row person = {0};
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = call_person(call, &cohort, &person);
    if (err_is(err))
        return err;
    if (person.role > ROLE_STUDENT && !call_is_admin(call) && person.membership_id != call->who->id)
        return call_refuse(call, 403, "a token of another %s takes an admin",
                           role_word(person.role));
    err = store_token_revoke_all(call->db, person.membership_id, call->now_at);
    if (err_is(err))
        return err;
    reply_note(&call->reply, "%lld tokens of %s work no more.", (long long)person.tokens,
               person.login);
    struct token_row row = {.membership_id = person.membership_id};
    return make(call, &row, person.login);
}

static struct err make(struct operation_call *call, struct token_row *row, const char *owner)
{
    static const struct reply_column columns[] = {
        {"id", REPLY_INTEGER}, {"owner", REPLY_TEXT}, {"token", REPLY_TEXT}, {NULL, REPLY_TEXT}};
    unsigned char hash[STORE_TOKEN_HASH];
    char token[AUTH_TOKEN_SIZE];
    (void)text_copy(row->label, sizeof row->label, call_text(call, "label")); /* bounded */
    auth_token_new(token, hash);
    struct err err = store_token_put(call->db, row, hash, call->now_at, &row->id);
    reply_table(&call->reply, columns);
    reply_number(&call->reply, row->id);
    reply_text(&call->reply, owner);
    reply_text(&call->reply, token);
    sodium_memzero(token, sizeof token);
    reply_note(&call->reply, "This is the only time that the token is shown.");
    return err_is(err) ? err : call_audit(call, owner, "token %lld", (long long)row->id);
}

static void add_token(void *context, const struct token_row *row)
{
    struct operation_call *call = context;
    reply_number(&call->reply, row->id);
    reply_text(&call->reply, row->owner);
    reply_text(&call->reply, role_word(row->role));
    reply_text(&call->reply, row->label);
    reply_moment(&call->reply, "UTC", row->created_at);
    reply_moment(&call->reply, "UTC", row->last_used_at);
    reply_moment(&call->reply, "UTC", row->expires_at);
    reply_moment(&call->reply, "UTC", row->revoked_at);
}
