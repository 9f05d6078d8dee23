/* One person: add, list, erase; and the record of who did what. */
#include "grader/operations.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <string.h>

static void add_person(void *context, const struct person_row *row);
static void take(const struct operation_call *call, const char *name, char *out, size_t size);
static void add_act(void *context, const struct audit_row *row);

struct err op_user_list(struct operation_call *call)
{
    static const struct answer_column columns[] = {
        {"login", ANSWER_TEXT},   {"name", ANSWER_TEXT},      {"role", ANSWER_TEXT},
        {"section", ANSWER_TEXT}, {"email", ANSWER_TEXT},     {"student_id", ANSWER_TEXT},
        {"alias", ANSWER_TEXT},   {"tokens", ANSWER_INTEGER}, {"last_used", ANSWER_TEXT},
        {NULL, ANSWER_TEXT}};
    struct cohort_row cohort;
    struct err err = call_cohort(call, &cohort);
    if (err_is(err))
        return err;
    answer_table(&call->answer, columns);
    return store_people(call->db, cohort.id, call->now_at, add_person, call);
}

struct err op_user_add(struct operation_call *call)
{
    struct cohort_row cohort;
    struct person_row person;
    const char *login = call_text(call, "login");
    bool found = false;
    int64_t id = 0;
    struct err err = call_cohort(call, &cohort);
    if (!err_is(err))
        err = store_person_find(call->db, cohort.id, login, call->now_at, &person, &found);
    if (err_is(err))
        return err;
    if (!found) {
        person = (struct person_row){.role = ROLE_STUDENT};
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
    answer_note(&call->answer, "%s is %s of %s.", login, role_word(person.role), cohort.name);
    return err_is(err) ? err
                       : call_audit(call, login, "%s of %s", role_word(person.role), cohort.name);
}

struct err op_user_erase(struct operation_call *call)
{
    const char *login = call_text(call, "login");
    struct erased erased;
    int64_t id = 0;
    bool found = false;
    struct err err = store_user_find(call->db, login, &id, &found);
    if (err_is(err))
        return err;
    if (!found)
        return call_refuse(call, 404, "nobody has the login '%s'", login);
    err = store_user_erase(call->db, id, &erased);
    if (err_is(err))
        return err;
    answer_note(&call->answer,
                "%s becomes erased-%lld: name, email, student_id and alias in %lld cohorts, %lld "
                "tokens, %lld sources, files and diagnostics of %lld submissions go.",
                login, (long long)id, (long long)erased.memberships, (long long)erased.tokens,
                (long long)erased.sources, (long long)erased.submissions);
    answer_note(&call->answer,
                "What stays: scores and verdicts as numbers, without a name. Backups "
                "keep what they hold: delete those yourself.");
    char object[32];
    (void)snprintf(object, sizeof object, "erased-%lld", (long long)id); /* fits */
    err = store_changes_count(call->db);
    return err_is(err) ? err : call_audit(call, object, "%s", call_text(call, "reason"));
}

struct err op_audit(struct operation_call *call)
{
    static const struct answer_column columns[] = {{"when", ANSWER_TEXT},   {"actor", ANSWER_TEXT},
                                                   {"action", ANSWER_TEXT}, {"object", ANSWER_TEXT},
                                                   {"reason", ANSWER_TEXT}, {NULL, ANSWER_TEXT}};
    answer_table(&call->answer, columns);
    return store_audit_list(call->db, call_number(call, "limit", 50), add_act, call);
}

static void add_person(void *context, const struct person_row *row)
{
    struct operation_call *call = context;
    answer_text(&call->answer, row->login);
    answer_text(&call->answer, row->name);
    answer_text(&call->answer, role_word(row->role));
    answer_text(&call->answer, row->section);
    answer_text(&call->answer, row->email);
    answer_text(&call->answer, row->student_id);
    answer_text(&call->answer, row->alias);
    answer_number(&call->answer, row->tokens);
    answer_moment(&call->answer, "UTC", row->last_used_at);
}

static void take(const struct operation_call *call, const char *name, char *out, size_t size)
{
    if (call_has(call, name))
        (void)text_copy(out, size, call_text(call, name)); /* within the argument's bound */
}

static void add_act(void *context, const struct audit_row *row)
{
    struct operation_call *call = context;
    answer_moment(&call->answer, "UTC", row->done_at);
    answer_text(&call->answer, row->actor);
    answer_text(&call->answer, row->action);
    answer_text(&call->answer, row->object);
    answer_text(&call->answer, row->reason);
}
