/* Frames, the heads of both kinds of message, and jobs. The bodies of events are in wire_event.c,
 * the reading and writing of fields in wire_fields.c. */
#include "worker/wire.h"

#include "sandbox/base/text.h"
#include "worker/wire_fields.h"
#include "worker/wire_parts.h"

#include <stdlib.h>
#include <string.h>

#define JSON_DEPTH_MAX 8 /* the deepest is event, timed, check, mismatch, index */

static struct err event_object(cJSON *head, const struct event *event);
static struct err put_frame(struct buf *out, const cJSON *object, const void *tail,
                            size_t tail_size);
static struct err parse_json(const char *text, size_t size, cJSON **out);
static bool depth_is_fine(const char *text, size_t size);
static int word_index(const char *const *words, size_t count, const char *word);

static const char *const job_words[] = {"check", "time", "calibrate"};
static const char *const device_words[] = {"cpu", "gpu"};

/* What every message begins with. */
struct head {
    int format;
    int kind;
    int64_t job;
    int64_t source_bytes;
};

// clang-format off
#define HEAD(member) WIRE_AT(struct head, member)
#define JOB(member) WIRE_AT(struct job, member)
static const struct wire_field event_head[] = {
    {"format", WIRE_INT,   HEAD(format), WIRE_ALWAYS, WIRE_FORMAT, WIRE_FORMAT,      NULL},
    {"kind",   WIRE_WORD,  HEAD(kind),   WIRE_ALWAYS, 0, COUNT(wire_event_words),    wire_event_words},
    {"job",    WIRE_INT64, HEAD(job),    WIRE_ALWAYS, 0, WIRE_INTEGER_MAX,           NULL},
    {"body",   WIRE_OBJECT, 0, 0,        WIRE_ALWAYS, 0, 0,                          NULL},
};
static const struct wire_field job_head[] = {
    {"format",       WIRE_INT,   HEAD(format),       WIRE_ALWAYS, WIRE_FORMAT, WIRE_FORMAT, NULL},
    {"job",          WIRE_OBJECT, 0, 0,              WIRE_ALWAYS, 0, 0,                     NULL},
    {"source_bytes", WIRE_INT64, HEAD(source_bytes), WIRE_ALWAYS, 0, WIRE_FRAME_MAX,        NULL},
};
static const struct wire_field job_fields[] = {
    {"id",         WIRE_INT64, JOB(id),         WIRE_ALWAYS,   0, WIRE_INTEGER_MAX,    NULL},
    {"kind",       WIRE_WORD,  JOB(kind),       WIRE_ALWAYS,   0, COUNT(job_words),    job_words},
    {"device",     WIRE_WORD,  JOB(device),     WIRE_ALWAYS,   0, COUNT(device_words), device_words},
    {"assignment", WIRE_TEXT,  JOB(assignment), WIRE_ALWAYS,   0, 0,                   NULL},
    {"spec_hash",  WIRE_TEXT,  JOB(spec_hash),  WIRE_WHEN_SET, 0, 0,                   NULL},
    {"file_name",  WIRE_TEXT,  JOB(file_name),  WIRE_ALWAYS,   0, 0,                   NULL},
    {"key",        WIRE_HEX,   JOB(key),        WIRE_ALWAYS,   0, 0,                   NULL},
    {"practice",   WIRE_BOOL,  JOB(practice),   WIRE_ALWAYS,   0, 0,                   NULL},
    {"only_case",  WIRE_TEXT,  JOB(only_case),  WIRE_WHEN_SET, 0, 0,                   NULL},
    {"patterns_only", WIRE_INT, JOB(patterns_only), WIRE_WHEN_SET, 1, 1,               NULL},
};
// clang-format on

struct err wire_put_job(struct buf *out, const struct job *job)
{
    cJSON *head = cJSON_CreateObject(), *body = cJSON_CreateObject();
    struct head values = {.format = WIRE_FORMAT, .source_bytes = (int64_t)job->source_size};
    struct err err = err_none();

    if (job->source_size > WIRE_FRAME_MAX)
        err = err_make(ERR_LIMIT, "a source of %zu bytes is too long to send", job->source_size);
    if (!err_is(err))
        err = wire_write(head, job_head, COUNT(job_head), &values);
    if (!err_is(err))
        err = wire_write(body, job_fields, COUNT(job_fields), job);
    if (!err_is(err) && !cJSON_AddItemToObject(head, "job", body))
        err = err_make(ERR_SYSTEM, "memory for a message");
    if (err_is(err))
        cJSON_Delete(body);
    else
        err = put_frame(out, head, job->source != NULL ? job->source : "", job->source_size);
    cJSON_Delete(head);
    return err;
}

struct err wire_put_event(struct buf *out, const struct event *event)
{
    cJSON *head = cJSON_CreateObject();
    struct err err = event_object(head, event);

    if (!err_is(err))
        err = put_frame(out, head, NULL, 0);
    cJSON_Delete(head);
    return err;
}

struct err wire_event_json(struct buf *out, const struct event *event)
{
    cJSON *head = cJSON_CreateObject();
    struct err err = event_object(head, event);
    auto_free char *text = err_is(err) ? NULL : cJSON_PrintUnformatted(head);

    cJSON_Delete(head);
    if (err_is(err))
        return err;
    if (text == NULL)
        return err_make(ERR_SYSTEM, "memory for a message");
    buf_text(out, text);
    return out->failed ? err_make(ERR_LIMIT, "an event is too long for its buffer") : err_none();
}

struct err wire_frame(const void *bytes, size_t size, bool *out_whole, size_t *out_payload_size)
{
    const unsigned char *at = bytes;

    *out_whole = false;
    if (size < 4)
        return err_none();
    size_t payload = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | (size_t)at[3];
    if (payload == 0 || payload > WIRE_FRAME_MAX)
        return err_make(ERR_LIMIT, "a frame of %zu bytes; 1 to %zu are allowed", payload,
                        WIRE_FRAME_MAX);
    *out_payload_size = payload;
    *out_whole = size - 4 >= payload;
    return err_none();
}

struct err wire_get_job(struct job *out, const void *payload, size_t size)
{
    const char *text = payload;
    const char *end = memchr(text, 0, size);
    struct head head = {0};
    cJSON *object = NULL;

    memset(out, 0, sizeof *out);
    if (end == NULL)
        return err_make(ERR_INPUT, "job: no 0 byte between the object and the source");
    const char *source = end + 1;
    size_t source_size = size - (size_t)(source - text);

    struct err err = parse_json(text, (size_t)(end - text), &object);
    if (!err_is(err))
        err = wire_read(object, "job", job_head, COUNT(job_head), &head);
    if (!err_is(err))
        err = wire_read(cJSON_GetObjectItemCaseSensitive(object, "job"), "job", job_fields,
                        COUNT(job_fields), out);
    cJSON_Delete(object);
    if (err_is(err))
        return err;
    if ((size_t)head.source_bytes != source_size)
        return wire_refuse("job", "source_bytes", "differs from what follows");

    out->source = malloc(source_size + 1);
    if (out->source == NULL)
        return err_make(ERR_SYSTEM, "memory for a source of %zu bytes", source_size);
    memcpy(out->source, source, source_size);
    out->source[source_size] = '\0';
    out->source_size = source_size;
    return err_none();
}

struct err wire_get_event(struct event *out, const void *payload, size_t size)
{
    struct head head = {0};
    cJSON *object = NULL;

    memset(out, 0, sizeof *out);
    struct err err = parse_json(payload, size, &object);
    if (!err_is(err))
        err = wire_read(object, "event", event_head, COUNT(event_head), &head);
    if (!err_is(err)) {
        out->kind = (enum event_kind)head.kind;
        out->job = head.job;
        err = wire_body_read(cJSON_GetObjectItemCaseSensitive(object, "body"), out);
    }
    cJSON_Delete(object);
    return err;
}

void job_release(struct job *job)
{
    free(job->source);
    memset(job, 0, sizeof *job);
}

void event_release(struct event *event)
{
    if (event->kind == EVENT_COMPILED)
        wire_compiled_release(&event->compiled);
    else if (event->kind == EVENT_CASE)
        free(event->one.stderr_text);
    else if (event->kind == EVENT_TIMED)
        free(event->timed.check.stderr_text);
    memset(event, 0, sizeof *event);
}

const char *verdict_word(enum verdict verdict)
{
    return wire_verdict_words[verdict];
}

bool verdict_from_word(enum verdict *out, const char *word)
{
    int index = word_index(wire_verdict_words, COUNT(wire_verdict_words), word);
    if (index >= 0)
        *out = (enum verdict)index;
    return index >= 0;
}

const char *outcome_word(enum outcome outcome)
{
    return wire_outcome_words[outcome];
}

const char *found_word(enum found kind)
{
    return wire_found_words[kind];
}

const char *device_word(enum device device)
{
    return device_words[device];
}

bool device_from_word(enum device *out, const char *word)
{
    int index = word_index(device_words, COUNT(device_words), word);
    if (index >= 0)
        *out = (enum device)index;
    return index >= 0;
}

static struct err event_object(cJSON *head, const struct event *event)
{
    struct head values = {.format = WIRE_FORMAT, .kind = (int)event->kind, .job = event->job};
    cJSON *body = cJSON_CreateObject();
    struct err err = wire_write(head, event_head, COUNT(event_head), &values);

    if (!err_is(err))
        err = wire_body_write(body, event);
    if (!err_is(err) && !cJSON_AddItemToObject(head, "body", body))
        err = err_make(ERR_SYSTEM, "memory for a message");
    if (err_is(err))
        cJSON_Delete(body);
    return err;
}

/* Length, object and, unless tail is NULL, a 0 byte and the tail. Nothing at all if it is too long.
 */
static struct err put_frame(struct buf *out, const cJSON *object, const void *tail,
                            size_t tail_size)
{
    auto_free char *text = cJSON_PrintUnformatted(object);
    if (text == NULL)
        return err_make(ERR_SYSTEM, "memory for a message");

    size_t size = strlen(text) + (tail != NULL ? 1 + tail_size : 0);
    if (size > WIRE_FRAME_MAX)
        return err_make(ERR_LIMIT, "a message of %zu bytes passes %zu", size, WIRE_FRAME_MAX);
    const unsigned char length[4] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                     (unsigned char)(size >> 8), (unsigned char)size};
    buf_append(out, length, sizeof length);
    buf_append(out, text, strlen(text) + (tail != NULL ? 1 : 0));
    if (tail != NULL)
        buf_append(out, tail, tail_size);
    return out->failed ? err_make(ERR_LIMIT, "a message does not fit its buffer") : err_none();
}

static struct err parse_json(const char *text, size_t size, cJSON **out)
{
    const char *end = NULL;

    if (memchr(text, 0, size) != NULL || text_utf8_bad(text, size) != size)
        return err_make(ERR_INPUT, "message: not UTF-8 text");
    if (!depth_is_fine(text, size))
        return err_make(ERR_INPUT, "message: nested too deep");
    *out = cJSON_ParseWithLengthOpts(text, size, &end, false);
    if (*out == NULL)
        return err_make(ERR_INPUT, "message: not JSON");
    if (end != text + size)
        return err_make(ERR_INPUT, "message: something follows the object");
    return err_none();
}

/* cJSON recurses up to 1,000 levels; ours have five. Quotes are tracked, so brackets in texts do
 * not count. */
static bool depth_is_fine(const char *text, size_t size)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < size; i++) {
        if (quoted && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '{' || text[i] == '['))
            depth++;
        else if (!quoted && (text[i] == '}' || text[i] == ']'))
            depth--;
        if (depth > JSON_DEPTH_MAX)
            return false;
    }
    return true;
}

static int word_index(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}
