/* A class list into a cohort: what is new, what changed, and tokens for those who have none. */
#include "grader/auth.h"
#include "grader/csv.h"
#include "grader/operations.h"
#include "grader/roster.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import;
static struct err import_rows(struct import *import);
static struct err compare(struct import *import, const struct roster_row *row);
static void merge(struct import *import, const struct roster_row *row, struct person_row *person,
                  struct buf *out_changes);
static void take(bool has, const char *word, const char *from, char *to, size_t size,
                 struct buf *changes);
static struct err put_all(struct import *import);
static struct err refuse_taken(struct operation_call *call, const struct roster_row *row,
                               bool is_alias);
static struct err give_token(struct import *import, const struct person_row *person,
                             int64_t membership_id);
static void count_absent(void *context, const struct person_row *row);
static int by_login(const void *one, const void *other);

struct import {
    struct operation_call *call;
    struct cohort_row cohort;
    struct roster roster;
    struct person_row *people; /* as they are to be, by row of the roster */
    bool *touched;
    size_t count, added, changed, tokens, absent;
    size_t kept; /* names of people in other cohorts, which only an admin may change */
};

struct err op_roster_import(struct operation_call *call)
{
    static const struct reply_column columns[] = {{"change", REPLY_TEXT}, {"login", REPLY_TEXT},
                                                  {"name", REPLY_TEXT},   {"section", REPLY_TEXT},
                                                  {"fields", REPLY_TEXT}, {NULL, REPLY_TEXT}};
    struct import import = {.call = call};
    const struct buf *file = call_file(call, "file");
    struct err err = call_cohort(call, &import.cohort);
    if (err_is(err))
        return err;
    err = roster_read(&import.roster, file->at, file->size);
    if (err_is(err)) {
        roster_release(&import.roster);
        return call_refuse(call, 422, "%s. Nothing was imported", err.text);
    }
    reply_table(&call->reply, columns);
    import.people = calloc(import.roster.count, sizeof *import.people);
    import.touched = calloc(import.roster.count, sizeof *import.touched);
    if (import.people != NULL && import.touched != NULL)
        err = import_rows(&import);
    else
        err = err_make(ERR_SYSTEM, "no memory for %zu people", import.roster.count);
    size_t same = import.roster.count - import.added - import.changed;
    reply_note(&call->reply, "%s: %zu new, %zu changed, %zu unchanged.", import.cohort.name,
               import.added, import.changed, same);
    if (import.absent > 0)
        reply_note(&call->reply, "%zu of its students are not in the file; they stay.",
                   import.absent);
    if (import.kept > 0)
        reply_note(&call->reply,
                   "%zu are in other cohorts too: their names and emails stay as they are; an "
                   "admin may change them.",
                   import.kept);
    if (import.tokens > 0)
        reply_note(&call->reply, "%zu tokens%s.", import.tokens,
                   call->yes ? ": they are shown this once" : " would be made");
    if (!err_is(err) && import.added + import.changed + import.tokens > 0)
        err = call_audit(call, import.cohort.name, "%zu new, %zu changed, %zu tokens", import.added,
                         import.changed, import.tokens);
    free(import.people);
    free(import.touched);
    roster_release(&import.roster);
    return err;
}

/* The rows in the order of the file, then those of the cohort who are not among them. */
static struct err import_rows(struct import *import)
{
    struct operation_call *call = import->call;
    struct roster *roster = &import->roster;
    struct err err = err_none();
    for (size_t i = 0; i < roster->count && !err_is(err); i++)
        err = compare(import, &roster->rows[i]);
    if (!err_is(err))
        err = put_all(import);
    if (err_is(err))
        return err;
    qsort(roster->rows, roster->count, sizeof *roster->rows, by_login);
    return store_people(call->db, import->cohort.id, call->now_at, count_absent, import);
}

static struct err compare(struct import *import, const struct roster_row *row)
{
    struct operation_call *call = import->call;
    struct person_row *person = &import->people[import->count];
    auto_buf struct buf changes = buf_of(512);
    bool found = false;
    struct err err =
        store_person_find(call->db, import->cohort.id, row->login, call->now_at, person, &found);
    if (err_is(err))
        return err;
    bool known = false;
    if (!found)
        err = store_user_known(call->db, row->login, person, &known);
    if (err_is(err))
        return err;
    merge(import, row, person, &changes);
    import->touched[import->count++] = !found || changes.size > 0;
    import->added += !found;
    import->changed += found && changes.size > 0;
    if (found && changes.size == 0)
        return err;
    reply_text(&call->reply, found ? "changed" : "new");
    reply_text(&call->reply, person->login);
    reply_text(&call->reply, person->name);
    reply_text(&call->reply, person->section);
    reply_text(&call->reply, found ? changes.at : "");
    return err;
}

/* Only columns that the file has say anything. Name and email are one and the same in every cohort:
 * of somebody who is in another one too they are not for this one's TA to change. */
static void merge(struct import *import, const struct roster_row *row, struct person_row *person,
                  struct buf *out_changes)
{
    const struct roster *roster = &import->roster;
    bool mine = !person->is_elsewhere || call_is_admin(import->call);
    bool differs = strcmp(row->name, person->name) != 0 ||
                   (roster->has_email && strcmp(row->email, person->email) != 0);
    import->kept += !mine && differs;
    (void)text_copy(person->login, sizeof person->login, row->login); /* as wide */
    take(mine, "name", row->name, person->name, sizeof person->name, out_changes);
    take(mine && roster->has_email, "email", row->email, person->email, sizeof person->email,
         out_changes);
    take(roster->has_section, "section", row->section, person->section, sizeof person->section,
         out_changes);
    take(roster->has_student_id, "student_id", row->student_id, person->student_id,
         sizeof person->student_id, out_changes);
    take(roster->has_alias, "alias", row->alias, person->alias, sizeof person->alias, out_changes);
}

static void take(bool has, const char *word, const char *from, char *to, size_t size,
                 struct buf *changes)
{
    if (!has || strcmp(from, to) == 0)
        return;
    buf_printf(changes, "%s%s", changes->size > 0 ? " " : "", word);
    (void)text_copy(to, size, from); /* as wide */
}

/* Numbers and aliases may change hands within the file: all are let go before any is taken. */
static struct err put_all(struct import *import)
{
    struct operation_call *call = import->call;
    struct err err = err_none();
    for (size_t i = 0; i < import->count && !err_is(err); i++) {
        struct person_row bare = import->people[i];
        bare.student_id[0] = bare.alias[0] = 0;
        if (import->touched[i] && bare.membership_id != 0)
            err = store_person_put(call->db, import->cohort.id, &bare, call->now_at,
                                   &bare.membership_id);
    }
    for (size_t i = 0; i < import->count && !err_is(err); i++) {
        const struct person_row *person = &import->people[i];
        int64_t id = person->membership_id;
        if (import->touched[i])
            err = store_person_put(call->db, import->cohort.id, person, call->now_at, &id);
        if (err_is(err) && strstr(err.text, "UNIQUE") != NULL)
            return refuse_taken(call, &import->roster.rows[i], strstr(err.text, "alias") != NULL);
        /* As in op_token.c: a token of staff takes an admin. */
        bool may_have = person->role == ROLE_STUDENT || call_is_admin(call);
        if (!err_is(err) && call_flag(call, "tokens") && person->tokens == 0 && may_have)
            err = give_token(import, person, id);
    }
    return err;
}

static struct err refuse_taken(struct operation_call *call, const struct roster_row *row,
                               bool is_alias)
{
    return call_refuse(call, 409,
                       "line %lld, column %lld: %s '%s' is somebody's who is not in the file. "
                       "Nothing was imported",
                       (long long)row->line,
                       (long long)(is_alias ? row->alias_column : row->student_id_column),
                       is_alias ? "alias" : "student_id", is_alias ? row->alias : row->student_id);
}

static struct err give_token(struct import *import, const struct person_row *person,
                             int64_t membership_id)
{
    struct reply *reply = &import->call->reply;
    struct token_row row = {.membership_id = membership_id, .label = "roster"};
    unsigned char hash[STORE_TOKEN_HASH];
    char token[AUTH_TOKEN_SIZE];
    auth_token_new(token, hash);
    struct err err = store_token_put(import->call->db, &row, hash, import->call->now_at, &row.id);
    if (import->tokens++ == 0) {
        reply->file_type = "text/csv; charset=utf-8";
        reply->secret = true;
        (void)snprintf(reply->file_name, sizeof reply->file_name, "%s-tokens.csv",
                       import->cohort.name); /* fits */
        buf_text(&reply->file, "login,name,email,token\n");
    }
    csv_put(&reply->file, person->login, true);
    csv_put(&reply->file, person->name, false);
    csv_put(&reply->file, person->email, false);
    buf_printf(&reply->file, ",%s\n", token);
    sodium_memzero(token, sizeof token);
    return err;
}

static void count_absent(void *context, const struct person_row *row)
{
    struct import *import = context;
    struct roster_row key = {0};
    (void)text_copy(key.login, sizeof key.login, row->login); /* as wide */
    import->absent +=
        row->role == ROLE_STUDENT &&
        bsearch(&key, import->roster.rows, import->roster.count, sizeof key, by_login) == NULL;
}

static int by_login(const void *one, const void *other)
{
    return strcmp(((const struct roster_row *)one)->login,
                  ((const struct roster_row *)other)->login);
}
