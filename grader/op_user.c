/* One person: add, list, erase; and the record of who did what. */
#include "grader/git_place.h"
#include "grader/operations.h"
#include "grader/roster.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

static void erase_repository(void *context, int64_t membership_id, int64_t created_at);
static struct err end_repositories(struct operation_call *call, bool is_done);
static void add_person(void *context, const struct person_row *row);
static void take(const struct operation_call *call, const char *name, char *out, size_t size);
static void add_act(void *context, const struct audit_row *row);

/* Of somebody whose data go. */
struct repositories {
    struct operation_call *call;
    size_t count;
    struct err err;
};

struct err op_user_list(struct operation_call *call)
{
    static const struct reply_column columns[] = {
        {"login", REPLY_TEXT},   {"name", REPLY_TEXT},      {"role", REPLY_TEXT},
        {"section", REPLY_TEXT}, {"email", REPLY_TEXT},     {"student_id", REPLY_TEXT},
        {"alias", REPLY_TEXT},   {"tokens", REPLY_INTEGER}, {"last_used", REPLY_TEXT},
        {NULL, REPLY_TEXT}};
    struct cohort_row cohort = {0};
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    reply_table(&call->reply, columns);
    return store_people(call->db, cohort.id, call->now_at, add_person, call);
}

struct err op_user_add(struct operation_call *call)
{
    struct cohort_row cohort = {0};
    struct person_row person = {0};
    const char *login = call_text(call, "login");
    bool found = false;
    int64_t id = 0;
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = store_person_find(call->db, cohort.id, login, call->now_at, &person, &found);
    bool known = found;
    if (!err_is(err) && !found)
        err = store_user_known(call->db, login, &person, &known);
    if (err_is(err))
        return err;
    if (!known && roster_is_reserved(login))
        return call_refuse(call, 422, "login: '%s' is what an erased person is called", login);
    if (!known) {
        (void)text_copy(person.login, sizeof person.login, login); /* checked */
        (void)text_copy(person.name, sizeof person.name, login);
    }
    take(call, "name", person.name, sizeof person.name);
    take(call, "email", person.email, sizeof person.email);
    take(call, "section", person.section, sizeof person.section);
    take(call, "student_id", person.student_id, sizeof person.student_id);
    take(call, "alias", person.alias, sizeof person.alias);
    person.role = (enum role)call_word(call, "role", (int)person.role);
    err = store_person_put(call->db, cohort.id, &person, call->now_at, &id);
    if (err_is(err) && strstr(err.text, "UNIQUE") != NULL)
        return call_refuse(call, 409, "student_id '%s' or alias '%s' is somebody else's",
                           person.student_id, person.alias);
    reply_note(&call->reply, "%s is %s of %s.", login, role_word(person.role), cohort.name);
    return err_is(err) ? err
                       : call_audit(call, login, "%s of %s", role_word(person.role), cohort.name);
}

struct err op_user_erase(struct operation_call *call)
{
    const char *login = call_text(call, "login");
    struct erased erased = {.submissions = 0};
    int64_t id = 0;
    bool found = false;
    struct err err = store_user_find(call->db, login, &id, &found);
    if (err_is(err))
        return err;
    if (!found)
        return call_refuse(call, 404, "nobody has the login '%s'", login);
    struct repositories repositories = {.call = call};
    call->over = call->yes ? end_repositories : NULL;
    err = store_user_memberships(call->db, id, erase_repository, &repositories);
    if (!err_is(err))
        err = repositories.err;
    if (!err_is(err))
        err = store_user_erase(call->db, id, &erased);
    if (err_is(err))
        return err;
    reply_note(&call->reply,
               "%s becomes erased-%lld: name, email, student_id and alias in %lld cohorts, %lld "
               "tokens, %lld sources, files and diagnostics of %lld submissions go.",
               login, (long long)id, (long long)erased.memberships, (long long)erased.tokens,
               (long long)erased.sources, (long long)erased.submissions);
    reply_note(&call->reply, "Of what was pushed with git, %zu repositories below %.200s go.",
               repositories.count, call->git_path);
    reply_note(&call->reply, "What stays: scores and verdicts as numbers, without a name. Backups "
                             "keep what they hold: delete those yourself.");
    char object[32];
    (void)snprintf(object, sizeof object, "erased-%lld", (long long)id); /* fits */
    err = store_changes_count(call->db);
    return err_is(err) ? err : call_audit(call, object, "%s", call_text(call, "reason"));
}

/* Out of every push's way, before the rest is done. */
static void erase_repository(void *context, int64_t membership_id, int64_t created_at)
{
    const struct git_owner owner = {membership_id, created_at};
    struct repositories *repositories = context;
    struct operation_call *call = repositories->call;
    bool found = false;
    if (!call->yes) {
        found = git_repository_is(call->git_path, owner);
    } else if (!err_is(repositories->err)) {
        buf_append(&call->kept, &owner, sizeof owner);
        repositories->err = call->kept.failed
                                ? err_make(ERR_SYSTEM, "note whose repositories go")
                                : git_repository_put_away(call->git_path, owner, &found);
    }
    repositories->count += found;
}

/* All of them, whatever becomes of one. */
static struct err end_repositories(struct operation_call *call, bool is_done)
{
    struct err err = err_none();
    for (size_t i = 0; (i + 1) * sizeof(struct git_owner) <= call->kept.size; i++) {
        struct git_owner owner;
        memcpy(&owner, call->kept.at + i * sizeof owner, sizeof owner);
        bool found = false; /* put away again: it may have been put back by a call that failed */
        struct err one = is_done ? git_repository_put_away(call->git_path, owner, &found)
                                 : git_repository_put_back(call->git_path, owner);
        if (is_done && !err_is(one))
            one = git_repository_remove(call->git_path, owner);
        err = err_is(err) ? err : one;
    }
    return err;
}

struct err op_audit(struct operation_call *call)
{
    static const struct reply_column columns[] = {{"when", REPLY_TEXT},   {"actor", REPLY_TEXT},
                                                  {"action", REPLY_TEXT}, {"object", REPLY_TEXT},
                                                  {"reason", REPLY_TEXT}, {NULL, REPLY_TEXT}};
    reply_table(&call->reply, columns);
    return store_audit_list(call->db, call_number(call, "limit", 50), add_act, call);
}

static void add_person(void *context, const struct person_row *row)
{
    struct operation_call *call = context;
    reply_text(&call->reply, row->login);
    reply_text(&call->reply, row->name);
    reply_text(&call->reply, role_word(row->role));
    reply_text(&call->reply, row->section);
    reply_text(&call->reply, row->email);
    reply_text(&call->reply, row->student_id);
    reply_text(&call->reply, row->alias);
    reply_number(&call->reply, row->tokens);
    reply_moment(&call->reply, "UTC", row->last_used_at);
}

static void take(const struct operation_call *call, const char *name, char *out, size_t size)
{
    if (call_has(call, name))
        (void)text_copy(out, size, call_text(call, name)); /* within the argument's bound */
}

static void add_act(void *context, const struct audit_row *row)
{
    struct operation_call *call = context;
    reply_moment(&call->reply, "UTC", row->done_at);
    reply_text(&call->reply, row->actor);
    reply_text(&call->reply, row->action);
    reply_text(&call->reply, row->object);
    reply_text(&call->reply, row->reason);
}
