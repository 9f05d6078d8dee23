/* The table reader behind the assignment file. Every message names its place. */
#include "assignments/spec_json.h"

#include "sandbox/base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct spec_field *find_field(const struct spec_field *fields, size_t count,
                                           const char *key);
static struct err read_field(const cJSON *item, const struct spec_place *place,
                             const struct spec_field *field, void *out);
static struct err read_boolean(const cJSON *item, const struct spec_place *place, bool *out);
static struct err want_kind(bool is_it, const struct spec_place *place, const char *kind);
static bool has_control(const char *text);
static const char *file_tail(const char *file);
static const char *tail(const char *text, size_t length);

/* Integers travel through double: past 2^53 they would no longer be what the file says. */
#define INTEGER_MAX ((double)((int64_t)1 << 53))

/* Room in a message for the file's name and the place, so that the reason always fits. */
#define FILE_SHOWN 40
#define PATH_SHOWN 48

struct spec_place spec_place_key(const struct spec_place *place, const char *key)
{
    struct spec_place deeper = {.file = place->file};
    /* A cut place is still a place; the format's own keys always fit. */
    (void)snprintf(deeper.path, sizeof deeper.path, "%.54s%s%.40s", place->path,
                   place->path[0] == '\0' ? "" : ".", key);
    return deeper;
}

struct spec_place spec_place_index(const struct spec_place *place, int index)
{
    struct spec_place deeper = {.file = place->file};
    (void)snprintf(deeper.path, sizeof deeper.path, "%.80s[%d]", place->path, index);
    return deeper;
}

struct err spec_refuse(const struct spec_place *place, const char *format, ...)
{
    const char *const file = file_tail(place->file);
    char reason[96];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments); /* a cut reason still explains */
    va_end(arguments);
    return err_make(ERR_INPUT, "%s%s: %s: %s", file == place->file ? "" : "...", file,
                    place->path[0] == '\0' ? "file" : tail(place->path, PATH_SHOWN), reason);
}

struct err spec_json_unique(const cJSON *object, const struct spec_place *place)
{
    if (!cJSON_IsObject(object))
        return spec_refuse(place, "expected an object");
    if (cJSON_GetArraySize(object) > SPEC_JSON_MEMBERS_MAX)
        return spec_refuse(place, "more than %d members", SPEC_JSON_MEMBERS_MAX);
    for (const cJSON *one = object->child; one != NULL; one = one->next) {
        for (const cJSON *other = one->next; other != NULL; other = other->next)
            if (strcmp(one->string, other->string) == 0)
                return spec_refuse(place, "'%.32s' stands twice", one->string);
    }
    return err_none();
}

struct err spec_json_read(const cJSON *object, const struct spec_place *place,
                          const struct spec_field *fields, size_t fields_count, bool others_allowed,
                          void *out)
{
    struct err err = spec_json_unique(object, place);
    if (err_is(err))
        return err;

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        const struct spec_field *field = find_field(fields, fields_count, item->string);
        struct spec_place deeper = spec_place_key(place, item->string);
        if (field == NULL && !others_allowed)
            return spec_refuse(&deeper, "unknown key");
        if (field == NULL)
            continue;
        err = read_field(item, &deeper, field, out);
        if (err_is(err))
            return err;
    }
    for (size_t i = 0; i < fields_count; i++)
        if (fields[i].required && cJSON_GetObjectItemCaseSensitive(object, fields[i].key) == NULL)
            return spec_refuse(place, "'%s' is missing", fields[i].key);
    return err_none();
}

struct err spec_json_text(const cJSON *item, const struct spec_place *place, char *out, size_t size)
{
    if (!cJSON_IsString(item))
        return spec_refuse(place, "expected text");
    if (item->valuestring[0] == '\0')
        return spec_refuse(place, "empty text");
    if (has_control(item->valuestring))
        return spec_refuse(place, "control characters in the text");
    if (strlen(item->valuestring) >= size)
        return spec_refuse(place, "longer than %zu bytes", size - 1);
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return err_none();
}

struct err spec_json_integer(const cJSON *item, const struct spec_place *place, int64_t min,
                             int64_t max, int64_t *out)
{
    double value = 0;
    struct err err = spec_json_real(item, place, (double)min, (double)max, &value);
    if (err_is(err))
        return err;
    if (value != floor(value) || fabs(value) > INTEGER_MAX)
        return spec_refuse(place, "expected a whole number");
    *out = (int64_t)value;
    return err_none();
}

struct err spec_json_real(const cJSON *item, const struct spec_place *place, double min, double max,
                          double *out)
{
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return spec_refuse(place, "expected a number");
    if (item->valuedouble < min || item->valuedouble > max)
        return spec_refuse(place, "%.12g lies outside %.12g..%.12g", item->valuedouble, min, max);
    *out = item->valuedouble;
    return err_none();
}

struct err spec_json_list(const cJSON *item, const struct spec_place *place, int min, int max,
                          int *out_count)
{
    if (!cJSON_IsArray(item))
        return spec_refuse(place, "expected a list");
    int count = cJSON_GetArraySize(item);
    if (count < min || count > max)
        return spec_refuse(place, "%d elements, expected %d to %d", count, min, max);
    *out_count = count;
    return err_none();
}

static const struct spec_field *find_field(const struct spec_field *fields, size_t count,
                                           const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0)
            return &fields[i];
    return NULL;
}

static struct err read_field(const cJSON *item, const struct spec_place *place,
                             const struct spec_field *field, void *out)
{
    void *at = (char *)out + field->offset;
    bool is_bounded = field->min != 0 || field->max != 0;
    double min = is_bounded ? field->min : -INTEGER_MAX;
    double max = is_bounded ? field->max : INTEGER_MAX;

    switch (field->kind) {
    case SPEC_KIND_TEXT: return spec_json_text(item, place, at, field->size);
    case SPEC_KIND_INTEGER: return spec_json_integer(item, place, (int64_t)min, (int64_t)max, at);
    case SPEC_KIND_REAL: return spec_json_real(item, place, min, max, at);
    case SPEC_KIND_BOOLEAN: return read_boolean(item, place, at);
    case SPEC_KIND_LIST: return want_kind(cJSON_IsArray(item), place, "a list");
    case SPEC_KIND_OBJECT: return want_kind(cJSON_IsObject(item), place, "an object");
    case SPEC_KIND_ANY: break;
    }
    return err_none();
}

static struct err read_boolean(const cJSON *item, const struct spec_place *place, bool *out)
{
    struct err err = want_kind(cJSON_IsBool(item), place, "true or false");
    if (!err_is(err))
        *out = cJSON_IsTrue(item);
    return err;
}

static struct err want_kind(bool is_it, const struct spec_place *place, const char *kind)
{
    return is_it ? err_none() : spec_refuse(place, "expected %s", kind);
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return true;
    return false;
}

/* Of a path that is too long, whole names only, or what is left would look like another path. */
static const char *file_tail(const char *file)
{
    const char *end = tail(file, FILE_SHOWN);
    const char *slash = end == file ? NULL : strchr(end, '/');
    return slash != NULL ? slash : end;
}

/* The last `length` bytes: the end of a path says more than its start. */
static const char *tail(const char *text, size_t length)
{
    size_t whole = strlen(text);
    return whole <= length ? text : text + (whole - length);
}
