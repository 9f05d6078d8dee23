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
    static const struct answer_column columns[] = {
        {"id", ANSWER_INTEGER}, {"owner", ANSWER_TEXT},   {"role", ANSWER_TEXT},
        {"label", ANSWER_TEXT}, {"made", ANSWER_TEXT},    {"last_used", ANSWER_TEXT},
        {"ends", ANSWER_TEXT},  {"revoked", ANSWER_TEXT}, {NULL, ANSWER_TEXT}};
    struct cohort_row cohort;
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    answer_table(&call->answer, columns);
    return store_tokens(call->db, cohort.id, add_token, call);
}

struct err op_token_make(struct operation_call *call)
{
    struct cohort_row cohort;
    struct person_row person;
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
    struct cohort_row cohort;
    char object[32];
    int64_t id = call_number(call, "id", 0);
    bool changed = false;
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = store_token_revoke(call->db, id, cohort.id, call->now_at, &changed);
    if (err_is(err))
        return err;
    if (!changed)
        return call_refuse(call, 404, "no working token %lld in %s", (long long)id, cohort.name);
    answer_note(&call->answer, "Token %lld works no more.", (long long)id);
    (void)snprintf(object, sizeof object, "token %lld", (long long)id); /* fits */
    return call_audit(call, object, "%s", cohort.name);
}

struct err op_token_renew(struct operation_call *call)
{
    struct cohort_row cohort;
    struct person_row person;
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
    answer_note(&call->answer, "%lld tokens of %s work no more.", (long long)person.tokens,
                person.login);
    struct token_row row = {.membership_id = person.membership_id};
    return make(call, &row, person.login);
}

static struct err make(struct operation_call *call, struct token_row *row, const char *owner)
{
    static const struct answer_column columns[] = {{"id", ANSWER_INTEGER},
                                                   {"owner", ANSWER_TEXT},
                                                   {"token", ANSWER_TEXT},
                                                   {NULL, ANSWER_TEXT}};
    unsigned char hash[STORE_TOKEN_HASH];
    char token[AUTH_TOKEN_SIZE];
    (void)text_copy(row->label, sizeof row->label, call_text(call, "label")); /* bounded */
    auth_token_new(token, hash);
    struct err err = store_token_put(call->db, row, hash, call->now_at, &row->id);
    answer_table(&call->answer, columns);
    answer_number(&call->answer, row->id);
    answer_text(&call->answer, owner);
    answer_text(&call->answer, token);
    sodium_memzero(token, sizeof token);
    answer_note(&call->answer, "This is the only time that the token is shown.");
    return err_is(err) ? err : call_audit(call, owner, "token %lld", (long long)row->id);
}

static void add_token(void *context, const struct token_row *row)
{
    struct operation_call *call = context;
    answer_number(&call->answer, row->id);
    answer_text(&call->answer, row->owner);
    answer_text(&call->answer, role_word(row->role));
    answer_text(&call->answer, row->label);
    answer_moment(&call->answer, "UTC", row->created_at);
    answer_moment(&call->answer, "UTC", row->last_used_at);
    answer_moment(&call->answer, "UTC", row->expires_at);
    answer_moment(&call->answer, "UTC", row->revoked_at);
}
