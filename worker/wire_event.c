/* The bodies of events but two (wire_hello.c, wire_compiled.c): their tables, and the few parts
 * that no row can say (a mismatch, the map of errors, the ratios of pairs). */
#include "worker/wire_fields.h"
#include "worker/wire_parts.h"

#include <math.h>
#include <string.h>

#define REAL_MAX 1e300
#define MS_MAX 1e12
#define BYTES_MAX 1e15
#define MHZ_MAX 100000
#define PAIRS_MAX 1e6
#define LINES_MAX 1e6

static struct err case_write(cJSON *body, const struct wire_case *one);
static struct err mismatch_write(cJSON *body, const struct wire_mismatch *mismatch);
static struct err map_write(cJSON *body, const struct wire_case *one);
static struct err timed_write(cJSON *body, const struct wire_timed *timed);
static struct err case_read(const cJSON *body, const char *place, struct wire_case *one);
static struct err mismatch_read(const cJSON *object, struct wire_mismatch *mismatch);
static struct err map_read(const cJSON *list, struct wire_case *one);
static struct err timed_read(const cJSON *body, struct wire_timed *timed);
static struct err ratios_read(const cJSON *list, struct wire_timed *timed);
static struct err attach(cJSON *object, const char *key, cJSON *item);

const char *const wire_verdict_words[VERDICT_NOT_RUN + 1] = {
    "pass",         "wrong",          "runtime_error", "time_limit", "memory_limit",
    "output_limit", "forbidden_call", "exited_early",  "not_run",
};
const char *const wire_outcome_words[OUTCOME_SYSTEM_ERROR + 1] = {
    "checked", "timed", "calibrated", "compile_error", "compiled_only", "system_error",
};
const char *const wire_event_words[EVENT_DONE + 1] = {
    "hello", "compiled", "case", "finding", "timed", "done",
};
const char *const wire_found_words[FOUND_KINDS] = {
    [FOUND_NOTHING] = "nothing",
    [FOUND_OUTSIDE_TENSOR] = "outside_tensor",
    [FOUND_INPUT_WRITTEN] = "input_written",
    [FOUND_OUTSIDE_ARRAY] = "outside_array",
    [FOUND_OUTSIDE_BLOCK] = "outside_block",
    [FOUND_FREED_BLOCK] = "freed_block",
    [FOUND_BAD_FREE] = "bad_free",
    [FOUND_NULL] = "null_pointer",
    [FOUND_WILD] = "wild_pointer",
    [FOUND_STACK_OVERFLOW] = "stack_full",
    [FOUND_UNSET_TENSOR] = "unset_tensor",
    [FOUND_UNSET_ARRAY] = "unset_array",
    [FOUND_UNSET_BLOCK] = "unset_block",
    [FOUND_INDEX] = "index",
    [FOUND_SIGNED_OVERFLOW] = "signed_overflow",
    [FOUND_DIVISION_BY_ZERO] = "division_by_zero",
    [FOUND_DIVISION_OVERFLOW] = "division_overflow",
    [FOUND_SHIFT] = "shift",
    [FOUND_LENGTH] = "length",
    [FOUND_FLOAT_TO_INTEGER] = "float_to_integer",
    [FOUND_MISALIGNED] = "misaligned",
    [FOUND_ILLEGAL_INSTRUCTION] = "illegal_instruction",
    [FOUND_SLOW] = "slow",
};

// clang-format off
#define AT(member) WIRE_AT(struct wire_case, member)
static const struct wire_field case_fields[] = {
    {"index",       WIRE_INT,     AT(index),       WIRE_ALWAYS,    0, SPEC_CASES_MAX - 1,           NULL},
    {"verdict",     WIRE_WORD,    AT(verdict),     WIRE_ALWAYS,    0, COUNT(wire_verdict_words),    wire_verdict_words},
    {"code",        WIRE_TEXT,    AT(code),        WIRE_WHEN_SET,  0, 0,                            NULL},
    {"detail",      WIRE_TEXT,    AT(detail),      WIRE_WHEN_SET,  0, 0,                            NULL},
    {"wall_ms",     WIRE_REAL,    AT(wall_ms),     WIRE_WHEN_SET,  0, MS_MAX,                       NULL},
    {"cpu_ms",      WIRE_REAL,    AT(cpu_ms),      WIRE_WHEN_SET,  0, MS_MAX,                       NULL},
    {"peak_bytes",  WIRE_INT64,   AT(peak_bytes),  WIRE_WHEN_SET,  0, BYTES_MAX,                    NULL},
    {"signal",      WIRE_INT,     AT(signal),      WIRE_WHEN_SET,  1, 64,                           NULL},
    {"syscall",     WIRE_TEXT,    AT(syscall),     WIRE_WHEN_SET,  0, 0,                            NULL},
    {"stderr",      WIRE_LINES,   AT(stderr_text), WIRE_WHEN_SET,  0, WIRE_STDERR_MAX,              NULL},
    {"error_ratio", WIRE_OBJECT,  0, 0,            WIRE_WHEN_SET,  0, 0,                            NULL},
    {"mismatch",    WIRE_OBJECT,  0, 0,            WIRE_WHEN_SET,  0, 0,                            NULL},
    {"map",         WIRE_OBJECT,  0, 0,            WIRE_WHEN_SET,  0, 0,                            NULL},
};
static const struct wire_field ratio_field[] = {
    {"error_ratio", WIRE_ANYREAL, AT(error_ratio), WIRE_ALWAYS,    0, 0,                            NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_finding, member)
static const struct wire_field finding_fields[] = {
    {"index",       WIRE_INT,     AT(index),       WIRE_ALWAYS,    0, SPEC_CASES_MAX - 1,           NULL},
    {"kind",        WIRE_WORD,    AT(kind),        WIRE_ALWAYS,    0, COUNT(wire_found_words),      wire_found_words},
    {"write",       WIRE_BOOL,    AT(is_write),    WIRE_ALWAYS,    0, 0,                            NULL},
    {"line",        WIRE_INT64,   AT(line),        WIRE_WHEN_SET,  1, LINES_MAX,                    NULL},
    {"source",      WIRE_TEXT,    AT(source),      WIRE_WHEN_SET,  0, 0,                            NULL},
    {"name",        WIRE_TEXT,    AT(name),        WIRE_WHEN_SET,  0, 0,                            NULL},
    {"place",       WIRE_TEXT,    AT(place),       WIRE_WHEN_SET,  0, 0,                            NULL},
    {"element",     WIRE_INT64,   AT(element),     WIRE_ALWAYS,    -WIRE_INTEGER_MAX, WIRE_INTEGER_MAX, NULL},
    {"of",          WIRE_INT64,   AT(of),          WIRE_ALWAYS,    0, WIRE_INTEGER_MAX,             NULL},
    {"value",       WIRE_INT64,   AT(value),       WIRE_ALWAYS,    -WIRE_INTEGER_MAX, WIRE_INTEGER_MAX, NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_mismatch, member)
static const struct wire_field mismatch_fields[] = {
    {"tensor",      WIRE_TEXT,    AT(tensor),      WIRE_ALWAYS,   0, 0,               NULL},
    {"letters",     WIRE_TEXT,    AT(letters),     WIRE_WHEN_SET, 0, 0,               NULL},
    {"index",       WIRE_OBJECT,  0, 0,            WIRE_ALWAYS,   0, 0,               NULL},
    {"expected",    WIRE_ANYREAL, AT(expected),    WIRE_ALWAYS,   0, 0,               NULL},
    {"got",         WIRE_ANYREAL, AT(got),         WIRE_ALWAYS,   0, 0,               NULL},
    {"error",       WIRE_ANYREAL, AT(error),       WIRE_ALWAYS,   0, 0,               NULL},
    {"bound",       WIRE_ANYREAL, AT(bound),       WIRE_ALWAYS,   0, 0,               NULL},
    {"unwritten",   WIRE_BOOL,    AT(unwritten),   WIRE_ALWAYS,   0, 0,               NULL},
    {"wrong_count", WIRE_INT64,   AT(wrong_count), WIRE_ALWAYS,   0, WIRE_INTEGER_MAX, NULL},
    {"of",          WIRE_INT64,   AT(of),          WIRE_ALWAYS,   0, WIRE_INTEGER_MAX, NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_timed, member)
static const struct wire_field timed_fields[] = {
    {"index",       WIRE_INT,    AT(index),       WIRE_ALWAYS,   0, SPEC_CASES_MAX - 1, NULL},
    {"measured",    WIRE_BOOL,   AT(measured),    WIRE_ALWAYS,   0, 0,                  NULL},
    {"check",       WIRE_OBJECT, 0, 0,            WIRE_ALWAYS,   0, 0,                  NULL},
    {"figures",     WIRE_OBJECT, 0, 0,            WIRE_WHEN_SET, 0, 0,                  NULL},
};
static const struct wire_field figures_fields[] = {
    {"speedup",     WIRE_REAL,   AT(speedup),     WIRE_ALWAYS,   0, REAL_MAX,  NULL},
    {"low",         WIRE_REAL,   AT(low),         WIRE_ALWAYS,   0, REAL_MAX,  NULL},
    {"high",        WIRE_REAL,   AT(high),        WIRE_ALWAYS,   0, REAL_MAX,  NULL},
    {"pairs",       WIRE_INT64,  AT(pairs),       WIRE_ALWAYS,   0, PAIRS_MAX, NULL},
    {"student_us",  WIRE_REAL,   AT(student_us),  WIRE_ALWAYS,   0, MS_MAX,    NULL},
    {"baseline_us", WIRE_REAL,   AT(baseline_us), WIRE_ALWAYS,   0, MS_MAX,    NULL},
    {"noisy",       WIRE_BOOL,   AT(noisy),       WIRE_ALWAYS,   0, 0,         NULL},
    {"uneven",      WIRE_BOOL,   AT(uneven),      WIRE_ALWAYS,   0, 0,         NULL},
    {"pooled",      WIRE_INT,    AT(pooled),      WIRE_WHEN_SET, 1, 1,         NULL},
    {"timed_share", WIRE_REAL,   AT(timed_share), WIRE_WHEN_SET, 0, 1,         NULL},
    {"floor_us",    WIRE_REAL,   AT(floor_us),    WIRE_WHEN_SET, 0, MS_MAX,    NULL},
    {"sm_mhz",      WIRE_INT64,  AT(sm_mhz),      WIRE_WHEN_SET, 1, MHZ_MAX,   NULL},
    {"memory_mhz",  WIRE_INT64,  AT(memory_mhz),  WIRE_WHEN_SET, 1, MHZ_MAX,   NULL},
    {"clock_reasons", WIRE_INT64, AT(clock_reasons), WIRE_WHEN_SET, 1, WIRE_INTEGER_MAX, NULL},
    {"dropped",     WIRE_INT64,  AT(dropped),     WIRE_WHEN_SET, 1, PAIRS_MAX, NULL},
    {"ratios",      WIRE_OBJECT, 0, 0,            WIRE_ALWAYS,   0, 0,         NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_done, member)
static const struct wire_field done_fields[] = {
    {"outcome",    WIRE_WORD,  AT(outcome),    WIRE_ALWAYS,   0, COUNT(wire_outcome_words), wire_outcome_words},
    {"message",    WIRE_TEXT,  AT(message),    WIRE_WHEN_SET, 0, 0,                         NULL},
    {"started_at", WIRE_INT64, AT(started_at), WIRE_ALWAYS,   0, WIRE_INTEGER_MAX,          NULL},
    {"took_ms",    WIRE_INT64, AT(took_ms),    WIRE_ALWAYS,   0, MS_MAX,                    NULL},
};
#undef AT
// clang-format on

struct err wire_body_write(cJSON *body, const struct event *event)
{
    switch (event->kind) {
    case EVENT_HELLO: return wire_hello_write(body, &event->hello);
    case EVENT_COMPILED: return wire_compiled_write(body, &event->compiled);
    case EVENT_CASE: return case_write(body, &event->one);
    case EVENT_FINDING:
        return wire_write(body, finding_fields, COUNT(finding_fields), &event->finding);
    case EVENT_TIMED: return timed_write(body, &event->timed);
    case EVENT_DONE: return wire_write(body, done_fields, COUNT(done_fields), &event->done);
    }
    return err_make(ERR_INTERNAL, "event of kind %d", (int)event->kind);
}

struct err wire_body_read(const cJSON *body, struct event *event)
{
    switch (event->kind) {
    case EVENT_HELLO: return wire_hello_read(body, &event->hello);
    case EVENT_COMPILED: return wire_compiled_read(body, &event->compiled);
    case EVENT_CASE: return case_read(body, "case", &event->one);
    case EVENT_FINDING:
        return wire_read(body, "finding", finding_fields, COUNT(finding_fields), &event->finding);
    case EVENT_TIMED: return timed_read(body, &event->timed);
    case EVENT_DONE: return wire_read(body, "done", done_fields, COUNT(done_fields), &event->done);
    }
    return err_make(ERR_INTERNAL, "event of kind %d", (int)event->kind);
}

static struct err case_write(cJSON *body, const struct wire_case *one)
{
    struct err err = wire_write(body, case_fields, COUNT(case_fields), one);

    if (!err_is(err) && one->has_error_ratio)
        err = wire_write(body, ratio_field, COUNT(ratio_field), one);
    if (!err_is(err) && one->has_mismatch)
        err = mismatch_write(body, &one->mismatch);
    if (!err_is(err) && one->map_rows > 0)
        err = map_write(body, one);
    return err;
}

static struct err mismatch_write(cJSON *body, const struct wire_mismatch *mismatch)
{
    cJSON *object = cJSON_CreateObject();
    struct err err = attach(body, "mismatch", object);
    if (err_is(err))
        return err;
    err = wire_write(object, mismatch_fields, COUNT(mismatch_fields), mismatch);
    if (err_is(err))
        return err;

    if (mismatch->rank < 0 || mismatch->rank > SPEC_RANK_MAX)
        return err_make(ERR_INTERNAL, "mismatch of rank %d", mismatch->rank);
    cJSON *index = cJSON_CreateArray();
    err = attach(object, "index", index);
    for (int i = 0; i < mismatch->rank && !err_is(err); i++)
        if (!cJSON_AddItemToArray(index, cJSON_CreateNumber((double)mismatch->index[i])))
            err = err_make(ERR_SYSTEM, "memory for a message");
    return err;
}

/* One text of digits per row. */
static struct err map_write(cJSON *body, const struct wire_case *one)
{
    if (one->map_rows > WIRE_MAP_MAX || one->map_columns < 1 || one->map_columns > WIRE_MAP_MAX)
        return err_make(ERR_INTERNAL, "map of %d x %d", one->map_rows, one->map_columns);
    cJSON *rows = cJSON_CreateArray();
    struct err err = attach(body, "map", rows);

    for (int row = 0; row < one->map_rows && !err_is(err); row++) {
        char digits[WIRE_MAP_MAX + 1] = "";
        for (int column = 0; column < one->map_columns; column++) {
            if (one->map[row][column] > 9)
                return err_make(ERR_INTERNAL, "map cell of %d", one->map[row][column]);
            digits[column] = (char)('0' + one->map[row][column]);
        }
        if (!cJSON_AddItemToArray(rows, cJSON_CreateString(digits)))
            err = err_make(ERR_SYSTEM, "memory for a message");
    }
    return err;
}

static struct err timed_write(cJSON *body, const struct wire_timed *timed)
{
    struct err err = wire_write(body, timed_fields, COUNT(timed_fields), timed);
    cJSON *check = cJSON_CreateObject();

    if (!err_is(err))
        err = attach(body, "check", check);
    if (!err_is(err))
        err = case_write(check, &timed->check);
    if (err_is(err) || !timed->measured)
        return err;

    cJSON *figures = cJSON_CreateObject();
    err = attach(body, "figures", figures);
    if (!err_is(err))
        err = wire_write(figures, figures_fields, COUNT(figures_fields), timed);
    if (err_is(err))
        return err;
    if (timed->ratios_count < 0 || timed->ratios_count > WIRE_RATIOS_MAX)
        return err_make(ERR_INTERNAL, "%d ratios", timed->ratios_count);
    return attach(figures, "ratios", cJSON_CreateDoubleArray(timed->ratios, timed->ratios_count));
}

static struct err case_read(const cJSON *body, const char *place, struct wire_case *one)
{
    struct err err = wire_read(body, place, case_fields, COUNT(case_fields), one);
    if (err_is(err))
        return err;

    const cJSON *ratio = cJSON_GetObjectItemCaseSensitive(body, "error_ratio");
    const cJSON *mismatch = cJSON_GetObjectItemCaseSensitive(body, "mismatch");
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(body, "map");
    if (ratio != NULL) {
        cJSON only = {.type = cJSON_Object};
        cJSON copy = *ratio;
        copy.next = copy.prev = NULL;
        only.child = &copy;
        err = wire_read(&only, place, ratio_field, COUNT(ratio_field), one);
        one->has_error_ratio = !err_is(err);
    }
    if (mismatch != NULL && !err_is(err)) {
        err = mismatch_read(mismatch, &one->mismatch);
        one->has_mismatch = !err_is(err);
    }
    if (map != NULL && !err_is(err))
        err = map_read(map, one);
    return err;
}

static struct err mismatch_read(const cJSON *object, struct wire_mismatch *mismatch)
{
    struct err err =
        wire_read(object, "mismatch", mismatch_fields, COUNT(mismatch_fields), mismatch);
    if (err_is(err))
        return err;

    const cJSON *index = cJSON_GetObjectItemCaseSensitive(object, "index");
    int rank = cJSON_IsArray(index) ? cJSON_GetArraySize(index) : -1;
    if (rank < 0 || rank > SPEC_RANK_MAX || strlen(mismatch->letters) > (size_t)rank)
        return wire_refuse("mismatch", "index", "wants one number per letter");
    mismatch->rank = rank;
    for (int i = 0; i < rank; i++) {
        const cJSON *item = cJSON_GetArrayItem(index, i);
        if (!cJSON_IsNumber(item) ||
            !(item->valuedouble >= 0 && item->valuedouble <= WIRE_INTEGER_MAX) ||
            item->valuedouble != trunc(item->valuedouble))
            return wire_refuse("mismatch", "index", "wants whole numbers from 0");
        mismatch->index[i] = (int64_t)item->valuedouble;
    }
    return err_none();
}

static struct err map_read(const cJSON *list, struct wire_case *one)
{
    int rows = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (rows < 1 || rows > WIRE_MAP_MAX)
        return wire_refuse("case", "map", "wants 1 to 32 rows");

    size_t columns = 0;
    int row = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        size_t length = cJSON_IsString(item) ? strlen(item->valuestring) : 0;
        if (row == 0)
            columns = length;
        if (length < 1 || length > WIRE_MAP_MAX || length != columns ||
            strspn(item->valuestring, "0123456789") != length)
            return wire_refuse("case", "map", "wants equally long rows of 1 to 32 digits");
        for (size_t i = 0; i < length; i++)
            one->map[row][i] = (unsigned char)(item->valuestring[i] - '0');
        row++;
    }
    one->map_rows = rows;
    one->map_columns = (int)columns;
    return err_none();
}

static struct err timed_read(const cJSON *body, struct wire_timed *timed)
{
    struct err err = wire_read(body, "timed", timed_fields, COUNT(timed_fields), timed);
    if (err_is(err))
        return err;

    const cJSON *check = cJSON_GetObjectItemCaseSensitive(body, "check");
    const cJSON *figures = cJSON_GetObjectItemCaseSensitive(body, "figures");
    if (check == NULL)
        return wire_refuse("timed", "check", "is missing");
    err = case_read(check, "timed.check", &timed->check);
    if (err_is(err))
        return err;
    if (timed->check.index != timed->index)
        return wire_refuse("timed.check", "index", "differs from the timed one");
    if ((figures != NULL) != timed->measured)
        return wire_refuse("timed", "figures", "goes with measured, and only with it");
    if (!timed->measured)
        return err_none();

    err = wire_read(figures, "timed.figures", figures_fields, COUNT(figures_fields), timed);
    if (err_is(err))
        return err;
    if (!(timed->low <= timed->speedup && timed->speedup <= timed->high))
        return wire_refuse("timed.figures", "low", "to high does not hold the speedup");
    return ratios_read(cJSON_GetObjectItemCaseSensitive(figures, "ratios"), timed);
}

static struct err ratios_read(const cJSON *list, struct wire_timed *timed)
{
    const cJSON *item;
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;
    if (count < 0 || count > WIRE_RATIOS_MAX)
        return wire_refuse("timed.figures", "ratios", "wants a list of at most 256");

    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsNumber(item) || !(item->valuedouble > 0 && item->valuedouble <= REAL_MAX))
            return wire_refuse("timed.figures", "ratios", "wants numbers above 0");
        timed->ratios[timed->ratios_count++] = item->valuedouble;
    }
    return err_none();
}

/* Adds an item, which may be NULL for want of memory, to an object that then owns it. */
static struct err attach(cJSON *object, const char *key, cJSON *item)
{
    if (item == NULL || !cJSON_AddItemToObject(object, key, item)) {
        cJSON_Delete(item);
        return err_make(ERR_SYSTEM, "memory for a message");
    }
    return err_none();
}
