/* The body of the event that ends the compile step, and the lists that a CUDA source adds to it. */
#include "sandbox/base/text.h"
#include "worker/wire_fields.h"
#include "worker/wire_parts.h"

#include <stdlib.h>

#define MS_MAX 1e12
#define BYTES_MAX 1e15

static struct err launches_read(const cJSON *list, struct wire_cuda *cuda);
static struct err attach(cJSON *object, const char *key, cJSON *item);

// clang-format off
#define AT(member) WIRE_AT(struct wire_compiled, member)
static const struct wire_field compiled_fields[] = {
    {"good",        WIRE_BOOL,  AT(good),        WIRE_ALWAYS,   0, 0,                    NULL},
    {"took_ms",     WIRE_INT64, AT(took_ms),     WIRE_ALWAYS,   0, MS_MAX,               NULL},
    {"errors",      WIRE_INT64, AT(errors),      WIRE_ALWAYS,   0, 1e9,                  NULL},
    {"warnings",    WIRE_INT64, AT(warnings),    WIRE_ALWAYS,   0, 1e9,                  NULL},
    {"code",        WIRE_TEXT,  AT(code),        WIRE_WHEN_SET, 0, 0,                    NULL},
    {"message",     WIRE_TEXT,  AT(message),     WIRE_WHEN_SET, 0, 0,                    NULL},
    {"object",      WIRE_TEXT,  AT(object),      WIRE_WHEN_SET, 0, 0,                    NULL},
    {"diagnostics", WIRE_LINES, AT(diagnostics), WIRE_ALWAYS,   0, WIRE_DIAGNOSTICS_MAX, NULL},
    {"compiler",    WIRE_TEXT,  AT(compiler),    WIRE_WHEN_SET, 0, 0,                    NULL},
    {"flags",       WIRE_TEXT,  AT(flags),       WIRE_WHEN_SET, 0, 0,                    NULL},
    {"kernels",     WIRE_OBJECT, 0, 0,           WIRE_WHEN_SET, 0, 0,                    NULL},
    {"launches",    WIRE_OBJECT, 0, 0,           WIRE_WHEN_SET, 0, 0,                    NULL},
};
#undef AT
#define AT(member) WIRE_AT(struct wire_kernel, member)
static const struct wire_field kernel_fields[] = {
    {"name",          WIRE_TEXT,  AT(name),          WIRE_ALWAYS,   0, 0,         NULL},
    {"registers",     WIRE_INT,   AT(registers),     WIRE_ALWAYS,   0, 255,       NULL},
    {"shared_bytes",  WIRE_INT64, AT(shared_bytes),  WIRE_ALWAYS,   0, BYTES_MAX, NULL},
    {"dynamic_bytes", WIRE_INT64, AT(dynamic_bytes), WIRE_WHEN_SET, 0, BYTES_MAX, NULL},
    {"spill_bytes",   WIRE_INT64, AT(spill_bytes),   WIRE_ALWAYS,   0, BYTES_MAX, NULL},
    {"threads",       WIRE_INT,   AT(threads),       WIRE_WHEN_SET, 1, 65536,     NULL},
    {"occupancy",     WIRE_INT,   AT(occupancy),     WIRE_WHEN_SET, 0, 100,       NULL},
};
#undef AT
// clang-format on

void wire_compiled_release(struct wire_compiled *compiled)
{
    free(compiled->diagnostics);
    free(compiled->cuda);
    compiled->diagnostics = NULL;
    compiled->cuda = NULL;
}

struct err wire_compiled_write(cJSON *body, const struct wire_compiled *compiled)
{
    const struct wire_cuda *const cuda = compiled->cuda;
    struct err err = wire_write(body, compiled_fields, COUNT(compiled_fields), compiled);
    if (err_is(err) || cuda == NULL)
        return err;
    if (cuda->kernels_count > WIRE_KERNELS_MAX || cuda->launches_count > WIRE_LAUNCHES_MAX)
        return err_make(ERR_INTERNAL, "%d kernels", cuda->kernels_count);

    cJSON *kernels = cJSON_CreateArray(), *launches = cJSON_CreateArray();
    err = attach(body, "kernels", kernels);
    if (err_is(err)) {
        cJSON_Delete(launches);
        return err;
    }
    err = attach(body, "launches", launches);
    for (int i = 0; i < cuda->kernels_count && !err_is(err); i++) {
        cJSON *one = cJSON_CreateObject();
        err = wire_write(one, kernel_fields, COUNT(kernel_fields), &cuda->kernels[i]);
        if (!cJSON_AddItemToArray(kernels, one))
            err = err_make(ERR_SYSTEM, "memory for a message");
    }
    for (int i = 0; i < cuda->launches_count && !err_is(err); i++)
        if (!cJSON_AddItemToArray(launches, cJSON_CreateString(cuda->launches[i])))
            err = err_make(ERR_SYSTEM, "memory for a message");
    return err;
}

struct err wire_compiled_read(const cJSON *body, struct wire_compiled *compiled)
{
    struct err err = wire_read(body, "compiled", compiled_fields, COUNT(compiled_fields), compiled);
    const cJSON *kernels = cJSON_GetObjectItemCaseSensitive(body, "kernels");
    if (err_is(err) || kernels == NULL)
        return err;

    _Static_assert(WIRE_KERNELS_MAX == 32, "as the refusal says");
    const int count = cJSON_IsArray(kernels) ? cJSON_GetArraySize(kernels) : -1;
    if (count < 0 || count > WIRE_KERNELS_MAX)
        return wire_refuse("compiled", "kernels", "wants a list of at most 32");
    struct wire_cuda *const cuda = compiled->cuda = calloc(1, sizeof *cuda);
    if (cuda == NULL)
        return err_make(ERR_SYSTEM, "memory for a message");
    for (int i = 0; i < count && !err_is(err); i++)
        err = wire_read(cJSON_GetArrayItem(kernels, i), "compiled.kernels", kernel_fields,
                        COUNT(kernel_fields), &cuda->kernels[i]);
    cuda->kernels_count = count;
    return err_is(err) ? err
                       : launches_read(cJSON_GetObjectItemCaseSensitive(body, "launches"), cuda);
}

static struct err launches_read(const cJSON *list, struct wire_cuda *cuda)
{
    const int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;
    if (count < 0 || count > WIRE_LAUNCHES_MAX)
        return wire_refuse("compiled", "launches", "wants a list of at most 32");

    for (int i = 0; i < count; i++) {
        const cJSON *item = cJSON_GetArrayItem(list, i);
        char *const place = cuda->launches[i];
        if (!cJSON_IsString(item) || !text_copy(place, sizeof cuda->launches[i], item->valuestring))
            return wire_refuse("compiled", "launches", "wants texts of at most 119 bytes");
        for (const char *at = place; *at != '\0'; at++)
            if (*at < ' ' || *at > '~')
                return wire_refuse("compiled", "launches", "wants printable texts");
        cuda->launches_count = i + 1;
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
