/* What a worker says of itself, and what it measured of itself: in its hello, and as the one line
 * that its calibration file holds. */
#include "sandbox/base/text.h"
#include "worker/wire_fields.h"
#include "worker/wire_parts.h"

#include <string.h>

#define REAL_MAX 1e12

// clang-format off
#define AT(member) WIRE_AT(struct wire_hello, member)
static const struct wire_field hello_fields[] = {
    {"worker",       WIRE_TEXT,   AT(worker),       WIRE_ALWAYS,   0, 0,      NULL},
    {"class",        WIRE_TEXT,   AT(class_name),   WIRE_ALWAYS,   0, 0,      NULL},
    {"compiler",     WIRE_TEXT,   AT(compiler),     WIRE_ALWAYS,   0, 0,      NULL},
    {"flags",        WIRE_TEXT,   AT(flags),        WIRE_ALWAYS,   0, 0,      NULL},
    {"backend",      WIRE_TEXT,   AT(backend),      WIRE_ALWAYS,   0, 0,      NULL},
    {"ranked",       WIRE_BOOL,   AT(ranked),       WIRE_ALWAYS,   0, 0,      NULL},
    {"unranked_why", WIRE_TEXT,   AT(unranked_why), WIRE_WHEN_SET, 0, 0,      NULL},
    {"processors",   WIRE_INT64,  AT(processors),   WIRE_ALWAYS,   1, 65536,  NULL},
    {"priority",     WIRE_INT,    AT(priority),     WIRE_WHEN_SET, 1, 2,      NULL},
    {"cuda",         WIRE_TEXT,   AT(cuda),         WIRE_WHEN_SET, 0, 0,      NULL},
    {"gpu",          WIRE_TEXT,   AT(gpu),          WIRE_WHEN_SET, 0, 0,      NULL},
    {"gpu_name",     WIRE_TEXT,   AT(gpu_name),     WIRE_WHEN_SET, 0, 0,      NULL},
    {"gpu_memory_bytes", WIRE_INT64, AT(gpu_memory_bytes), WIRE_WHEN_SET, 1, WIRE_INTEGER_MAX, NULL},
    {"gpu_why",      WIRE_TEXT,   AT(gpu_why),      WIRE_WHEN_SET, 0, 0,      NULL},
    {"gpu_quarantined", WIRE_INT, AT(gpu_quarantined), WIRE_WHEN_SET, 1, 1,  NULL},
    {"calibration",  WIRE_OBJECT, 0, 0,             WIRE_WHEN_SET, 0, 0,      NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_calibration, member)
static const struct wire_field calibration_fields[] = {
    {"made_at",   WIRE_INT64, AT(made_at),   WIRE_ALWAYS,   1, WIRE_INTEGER_MAX, NULL},
    {"key",       WIRE_TEXT,  AT(key),       WIRE_ALWAYS,   0, 0,                NULL},
    {"error",     WIRE_REAL,  AT(error),     WIRE_ALWAYS,   0, REAL_MAX,         NULL},
    {"trials",    WIRE_INT64, AT(trials),    WIRE_ALWAYS,   0, 1000,             NULL},
    {"floor_us",  WIRE_REAL,  AT(floor_us),  WIRE_ALWAYS,   0, REAL_MAX,         NULL},
    {"gigaflops", WIRE_REAL,  AT(gigaflops), WIRE_ALWAYS,   0, REAL_MAX,         NULL},
    {"gigaops",   WIRE_REAL,  AT(gigaops),   WIRE_ALWAYS,   0, REAL_MAX,         NULL},
    {"gigabytes", WIRE_REAL,  AT(gigabytes), WIRE_ALWAYS,   0, REAL_MAX,         NULL},
    {"complaint", WIRE_TEXT,  AT(complaint), WIRE_WHEN_SET, 0, 0,                NULL},
};
#undef AT
// clang-format on

struct err wire_hello_write(cJSON *body, const struct wire_hello *hello)
{
    struct err err = wire_write(body, hello_fields, COUNT(hello_fields), hello);

    if (err_is(err) || hello->calibration.made_at == 0)
        return err;
    cJSON *object = cJSON_AddObjectToObject(body, "calibration");
    return object != NULL ? wire_write(object, calibration_fields, COUNT(calibration_fields),
                                       &hello->calibration)
                          : err_make(ERR_SYSTEM, "memory for a message");
}

struct err wire_hello_read(const cJSON *body, struct wire_hello *hello)
{
    struct err err = wire_read(body, "hello", hello_fields, COUNT(hello_fields), hello);
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(body, "calibration");

    if (err_is(err) || object == NULL)
        return err;
    return wire_read(object, "hello.calibration", calibration_fields, COUNT(calibration_fields),
                     &hello->calibration);
}

struct err wire_calibration_json(struct buf *out, const struct wire_calibration *calibration)
{
    cJSON *object = cJSON_CreateObject();
    struct err err = wire_write(object, calibration_fields, COUNT(calibration_fields), calibration);
    auto_free char *text = err_is(err) ? NULL : cJSON_PrintUnformatted(object);

    cJSON_Delete(object);
    if (err_is(err))
        return err;
    if (text == NULL)
        return err_make(ERR_SYSTEM, "memory for a calibration");
    buf_printf(out, "%s\n", text);
    return out->failed ? err_make(ERR_LIMIT, "a calibration is too long") : err_none();
}

struct err wire_calibration_parse(struct wire_calibration *out, const char *text, size_t size)
{
    struct wire_calibration read = {.made_at = 0};
    cJSON *object = cJSON_ParseWithLength(text, size);
    struct err err =
        wire_read(object, "calibration", calibration_fields, COUNT(calibration_fields), &read);

    cJSON_Delete(object);
    if (!err_is(err))
        *out = read;
    return err;
}

bool wire_may_time(const struct wire_hello *hello, int64_t now_at)
{
    return hello->ranked || hello->calibration.complaint[0] == '\0' ||
           now_at >= hello->calibration.made_at + WIRE_DOUBT_US;
}
