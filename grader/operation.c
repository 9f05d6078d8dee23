/* Arguments of an operation: found, checked, asked for; and the things that they name. */
#include "grader/operation.h"

#include "grader/roster.h"
#include "sandbox/base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err check_one(struct operation_call *call, int at);
static struct err check_text(const struct argument *argument, const struct buf *value);
static struct err check_number(const struct argument *argument, const char *text, int64_t *out);
static struct err check_word(const struct argument *argument, const char *text, int64_t *out);
static void note_name(void *context, const struct person_row *row);
static int place_of(const struct operation_call *call, const char *name);

#define NAMES_MAX 4096
#define KEPT_MAX 65536

const struct operation *operation_find(const char *first, const char *second)
{
    size_t count = 0;
    const struct operation *all = operation_all(&count);
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(all[i].command, " ");
        if (strlen(first) != size || strncmp(all[i].command, first, size) != 0)
            continue;
        if (all[i].command[size] == 0 ||
            (second != NULL && strcmp(all[i].command + size + 1, second) == 0))
            return &all[i];
    }
    return NULL;
}

const struct operation *operation_by_route(const char *method, const char *pattern)
{
    size_t count = 0;
    const struct operation *all = operation_all(&count);
    for (size_t i = 0; i < count; i++)
        if (all[i].method != NULL && strcmp(all[i].method, method) == 0 &&
            strcmp(all[i].pattern, pattern) == 0)
            return &all[i];
    return NULL;
}

void operation_begin(struct operation_call *call, const struct operation *operation)
{
    call->operation = operation;
    call->http_code = 0;
    call->over = NULL;
    buf_init(&call->kept, KEPT_MAX);
    reply_init(&call->reply);
    for (int i = 0; i < OPERATION_ARGUMENTS_MAX; i++) {
        buf_init(&call->values[i], OPERATION_FILE_MAX);
        call->given[i] = false;
        call->numbers[i] = 0;
    }
}

void operation_end(struct operation_call *call)
{
    reply_release(&call->reply);
    buf_release(&call->kept);
    for (int i = 0; i < OPERATION_ARGUMENTS_MAX; i++)
        buf_release(&call->values[i]);
}

struct err operation_over(struct operation_call *call, bool is_done)
{
    return call->over != NULL ? call->over(call, is_done) : err_none();
}

int operation_argument(const struct operation *operation, const char *name)
{
    for (int i = 0; i < OPERATION_ARGUMENTS_MAX && operation->arguments[i].name != NULL; i++)
        if (strcmp(operation->arguments[i].name, name) == 0)
            return i;
    return -1;
}

struct err operation_set(struct operation_call *call, int argument, const char *text, size_t size)
{
    struct buf *value = &call->values[argument];
    buf_clear(value);
    buf_append(value, text, size);
    call->given[argument] = true;
    if (value->failed)
        return err_make(ERR_LIMIT, "%s: more than %zu MiB",
                        call->operation->arguments[argument].name, OPERATION_FILE_MAX >> 20);
    return err_none();
}

struct err operation_check(struct operation_call *call)
{
    const struct argument *arguments = call->operation->arguments;
    for (int i = 0; i < OPERATION_ARGUMENTS_MAX && arguments[i].name != NULL; i++) {
        struct err err = err_none();
        if (call->given[i])
            err = check_one(call, i);
        else if (arguments[i].needed)
            err = err_make(ERR_INPUT, "%s is needed: %s", arguments[i].name, arguments[i].help);
        if (err_is(err))
            return err;
    }
    return err_none();
}

static struct err check_one(struct operation_call *call, int at)
{
    const struct argument *argument = &call->operation->arguments[at];
    const char *text = call->values[at].at;
    switch (argument->kind) {
    case ARG_FILE: return err_none();
    case ARG_NAME:
        if (text_is_name(text))
            return err_none();
        return err_make(ERR_INPUT,
                        "%s: a name is 2 to 32 of a-z 0-9 _ -, a letter first, not "
                        "'%.40s'",
                        argument->name, text);
    case ARG_LOGIN:
        if (roster_is_login(text))
            return err_none();
        return err_make(ERR_INPUT, "%s: a login is up to 32 of a-z 0-9 _ -, not '%.40s'",
                        argument->name, text);
    case ARG_NUMBER:
    case ARG_POINTS: return check_number(argument, text, &call->numbers[at]);
    case ARG_FLAG:
        call->numbers[at] = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
        if (call->numbers[at] || strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
            return err_none();
        return err_make(ERR_INPUT, "%s: true or false, not '%.40s'", argument->name, text);
    case ARG_WORD: return check_word(argument, text, &call->numbers[at]);
    case ARG_TEXT:
    default: return check_text(argument, &call->values[at]);
    }
}

/* One line of clean text. */
static struct err check_text(const struct argument *argument, const struct buf *value)
{
    auto_buf struct buf clean = buf_of(2 * (size_t)argument->max + 16);
    if (value->size > (size_t)argument->max)
        return err_make(ERR_INPUT, "%s: %zu bytes; it may have %lld", argument->name, value->size,
                        (long long)argument->max);
    if ((int64_t)value->size < argument->min)
        return err_make(ERR_INPUT, "%s: empty; %s", argument->name, argument->help);
    (void)text_sanitise(&clean, value->at, value->size, 1, (size_t)argument->max); /* compared */
    if (clean.size != value->size || memcmp(clean.at, value->at, clean.size) != 0)
        return err_make(ERR_INPUT, "%s: one line of UTF-8 without control characters",
                        argument->name);
    return err_none();
}

static struct err check_number(const struct argument *argument, const char *text, int64_t *out)
{
    bool points = argument->kind == ARG_POINTS;
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    size_t whole = strspn(digits, "0123456789");
    size_t part = digits[whole] == '.' && points ? strspn(digits + whole + 1, "0123456789") : 0;
    size_t size = whole + (part > 0 ? part + 1 : 0);
    int64_t value = 0;
    if (whole > 0 && whole < 16 && part <= 2 && digits[size] == 0) {
        value = strtoll(digits, NULL, 10) * (points ? 100 : 1);
        if (part > 0)
            value += (digits[whole + 1] - '0') * 10 + (part == 2 ? digits[whole + 2] - '0' : 0);
        value = negative ? -value : value;
        if (value >= argument->min && value <= argument->max) {
            *out = value;
            return err_none();
        }
    }
    return err_make(ERR_INPUT, "%s: %s from %lld to %lld, not '%.40s'", argument->name,
                    points ? "points" : "a whole number",
                    (long long)argument->min / (points ? 100 : 1),
                    (long long)argument->max / (points ? 100 : 1), text);
}

static struct err check_word(const struct argument *argument, const char *text, int64_t *out)
{
    auto_buf struct buf list = buf_of(256);
    for (int i = 0; argument->words[i] != NULL; i++) {
        if (strcmp(argument->words[i], text) == 0) {
            *out = i;
            return err_none();
        }
    }
    for (int i = 0; argument->words[i] != NULL; i++)
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", argument->words[i]);
    return err_make(ERR_INPUT, "%s: one of %.80s, not '%.40s'", argument->name, list.at, text);
}

bool call_has(const struct operation_call *call, const char *name)
{
    return call->given[place_of(call, name)];
}

const char *call_text(const struct operation_call *call, const char *name)
{
    return call->values[place_of(call, name)].at;
}

const struct buf *call_file(const struct operation_call *call, const char *name)
{
    return &call->values[place_of(call, name)];
}

bool call_flag(const struct operation_call *call, const char *name)
{
    return call->numbers[place_of(call, name)] != 0;
}

int64_t call_number(const struct operation_call *call, const char *name, int64_t absent)
{
    int at = place_of(call, name);
    return call->given[at] ? call->numbers[at] : absent;
}

int call_word(const struct operation_call *call, const char *name, int absent)
{
    return (int)call_number(call, name, absent);
}

struct err call_refuse(struct operation_call *call, int http_code, const char *format, ...)
{
    struct err err = {.code = ERR_INPUT};
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(err.text, sizeof err.text, format, arguments); /* a cut one still tells */
    va_end(arguments);
    call->http_code = http_code;
    return err;
}

bool call_is_admin(const struct operation_call *call)
{
    return call->who == NULL || call->who->role == ROLE_ADMIN;
}

struct err call_cohort(struct operation_call *call, struct cohort_row *out)
{
    const char *name = call_text(call, "cohort");
    bool found = false;
    struct err err = err_none();
    if (call_is_admin(call) || strcmp(name, call->who->cohort) == 0)
        err = store_cohort_find(call->db, name, out, &found);
    if (err_is(err) || found)
        return err;
    return call_refuse(call, 404, "no cohort '%s'%s", name,
                       call->who == NULL ? ". `grader cohort list` has them" : " of yours");
}

struct err call_offering(struct operation_call *call, const struct cohort_row *cohort,
                         struct offering *out)
{
    const char *name = call_text(call, "assignment");
    struct offering all[STORE_OFFERINGS_MAX];
    const char *names[STORE_OFFERINGS_MAX];
    size_t count = 0;
    bool found = false;
    struct err err = store_offering_find(call->db, cohort->id, 0, name, out, &found);
    if (err_is(err) || found)
        return err;
    err = store_offerings(call->db, cohort->id, 0, all, COUNT(all), &count);
    if (err_is(err))
        return err;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i].assignment;
    const char *nearest = text_nearest(name, names, count);
    return call_refuse(call, 404, "%s offers no '%s'%s%s%s", cohort->name, name,
                       nearest != NULL ? ". Did you mean " : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "?" : "");
}

struct names {
    size_t count;
    char logins[NAMES_MAX][SPEC_NAME_MAX];
    const char *pointers[NAMES_MAX];
};

struct err call_person(struct operation_call *call, const struct cohort_row *cohort,
                       struct person_row *out)
{
    const char *login = call_text(call, "login");
    bool found = false;
    struct err err = store_person_find(call->db, cohort->id, login, call->now_at, out, &found);
    if (err_is(err) || found)
        return err;
    auto_free struct names *names = calloc(1, sizeof *names);
    if (names == NULL)
        return err_make(ERR_SYSTEM, "no memory for names");
    err = store_people(call->db, cohort->id, call->now_at, note_name, names);
    if (err_is(err))
        return err;
    const char *nearest = text_nearest(login, names->pointers, names->count);
    return call_refuse(call, 404, "nobody in %s has the login '%s'%s%s%s", cohort->name, login,
                       nearest != NULL ? ". Did you mean " : "", nearest != NULL ? nearest : "",
                       nearest != NULL ? "?" : "");
}

struct err call_submission(struct operation_call *call, struct submission_row *out)
{
    int64_t id = call_number(call, "id", 0);
    bool found = false;
    struct err err = store_submission_get(call->db, id, out, &found);
    if (err_is(err))
        return err;
    if (found && (call_is_admin(call) || out->cohort_id == call->who->cohort_id))
        return err_none();
    return call_refuse(call, 404, "no submission #%lld%s", (long long)id,
                       call_is_admin(call) ? "" : " in your cohort");
}

struct err call_audit(struct operation_call *call, const char *object, const char *format, ...)
{
    char reason[512];
    char action[64];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments); /* a cut one still tells */
    va_end(arguments);
    (void)text_copy(action, sizeof action, call->operation->command); /* short */
    for (char *at = action; *at != 0; at++)
        if (*at == ' ')
            *at = '.';
    return store_audit(call->db, call->actor, action, object, reason, call->now_at);
}

static void note_name(void *context, const struct person_row *row)
{
    struct names *names = context;
    if (names->count == NAMES_MAX)
        return;
    (void)text_copy(names->logins[names->count], SPEC_NAME_MAX, row->login); /* fits */
    names->pointers[names->count] = names->logins[names->count];
    names->count++;
}

static int place_of(const struct operation_call *call, const char *name)
{
    int at = operation_argument(call->operation, name);
    assert(at >= 0);
    return at;
}
