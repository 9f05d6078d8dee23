/* One table, two directions. What a row may hold is decided here; which rows there are, by the
 * files of the messages. */
#include "worker/wire_fields.h"

#include "sandbox/base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *field_item(const struct wire_field *field, const void *from, bool *out_skip);
static cJSON *number_item(const struct wire_field *field, double value, bool *out_skip);
static bool text_is_clean(const char *text, bool lines);
static struct err keys_known(const cJSON *object, const char *place,
                             const struct wire_field *fields, size_t count);
static struct err field_read(const cJSON *item, const char *place, const struct wire_field *field,
                             void *to);
static void field_absent(const struct wire_field *field, void *to);
static const char *text_read(const cJSON *item, const struct wire_field *field, char *at);
static const char *lines_read(const cJSON *item, const struct wire_field *field, char **at);
static const char *hex_read(const cJSON *item, const struct wire_field *field, unsigned char *at);
static const char *number_read(const cJSON *item, const struct wire_field *field, double *out);
static const char *anyreal_read(const cJSON *item, double *out);
static const char *word_read(const cJSON *item, const struct wire_field *field, int *out);

struct err wire_write(cJSON *object, const struct wire_field *fields, size_t count,
                      const void *from)
{
    for (size_t i = 0; i < count; i++) {
        bool skip = fields[i].kind == WIRE_OBJECT;
        if (skip)
            continue;
        cJSON *item = field_item(&fields[i], from, &skip);
        if (skip)
            continue;
        if (item == NULL)
            return err_make(ERR_INTERNAL, "field '%s' of a message cannot be sent", fields[i].key);
        if (!cJSON_AddItemToObject(object, fields[i].key, item)) {
            cJSON_Delete(item);
            return err_make(ERR_SYSTEM, "memory for a message");
        }
    }
    return err_none();
}

struct err wire_read(const cJSON *object, const char *place, const struct wire_field *fields,
                     size_t count, void *to)
{
    if (!cJSON_IsObject(object))
        return wire_refuse(place, "", "wants an object");
    struct err err = keys_known(object, place, fields, count);
    if (err_is(err))
        return err;

    for (size_t i = 0; i < count; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, fields[i].key);
        if (fields[i].kind == WIRE_OBJECT)
            continue;
        if (item == NULL && fields[i].need == WIRE_ALWAYS)
            return wire_refuse(place, fields[i].key, "is missing");
        if (item == NULL) {
            field_absent(&fields[i], to);
            continue;
        }
        err = field_read(item, place, &fields[i], to);
        if (err_is(err))
            return err;
    }
    return err_none();
}

cJSON *wire_anyreal(double value)
{
    if (isnan(value))
        return cJSON_CreateNull();
    if (isinf(value))
        return cJSON_CreateString(value > 0 ? "inf" : "-inf");
    return cJSON_CreateNumber(value);
}

struct err wire_refuse(const char *place, const char *key, const char *reason)
{
    char shown[48];

    text_quote(key, strlen(key), shown, sizeof shown);
    return err_make(ERR_INPUT, "%s: %s %s", place, *key != '\0' ? shown : "it", reason);
}

/* NULL without *out_skip: not to be sent, or out of memory. */
static cJSON *field_item(const struct wire_field *field, const void *from, bool *out_skip)
{
    const char *at = (const char *)from + field->offset;
    const bool optional = field->need == WIRE_WHEN_SET;
    char hex[2 * 64 + 1];
    int64_t integer;
    double real;
    char *lines;
    int number;
    bool flag;

    switch (field->kind) {
    case WIRE_TEXT:
        *out_skip = optional && *at == '\0';
        return !*out_skip && text_is_clean(at, false) ? cJSON_CreateString(at) : NULL;
    case WIRE_LINES:
        memcpy(&lines, at, sizeof lines);
        *out_skip = optional && lines == NULL;
        if (lines == NULL)
            return *out_skip ? NULL : cJSON_CreateString("");
        return strlen(lines) <= (size_t)field->max && text_is_clean(lines, true)
                   ? cJSON_CreateString(lines)
                   : NULL;
    case WIRE_HEX:
        if (2 * field->size >= sizeof hex)
            return NULL;
        text_hex((const unsigned char *)at, field->size, hex);
        return cJSON_CreateString(hex);
    case WIRE_INT: memcpy(&number, at, sizeof number); return number_item(field, number, out_skip);
    case WIRE_INT64:
        memcpy(&integer, at, sizeof integer);
        return number_item(field, (double)integer, out_skip);
    case WIRE_REAL: memcpy(&real, at, sizeof real); return number_item(field, real, out_skip);
    case WIRE_ANYREAL: memcpy(&real, at, sizeof real); return wire_anyreal(real);
    case WIRE_BOOL: memcpy(&flag, at, sizeof flag); return cJSON_CreateBool(flag);
    case WIRE_WORD:
        memcpy(&number, at, sizeof number);
        return number >= 0 && number < (int)field->max ? cJSON_CreateString(field->words[number])
                                                       : NULL;
    case WIRE_OBJECT: break;
    }
    return NULL;
}

static cJSON *number_item(const struct wire_field *field, double value, bool *out_skip)
{
    char digits[32];

    *out_skip = field->need == WIRE_WHEN_SET && value < field->min;
    if (*out_skip || !(value >= field->min && value <= field->max))
        return NULL;
    if (field->kind == WIRE_REAL)
        return cJSON_CreateNumber(value);
    /* cJSON is content with 15 digits where a 16th differs by less than an epsilon. */
    (void)snprintf(digits, sizeof digits, "%.0f", value);
    return cJSON_CreateRaw(digits);
}

/* Valid UTF-8 without control characters; `lines` allows \n and \t. */
static bool text_is_clean(const char *text, bool lines)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && !(lines && (byte == '\n' || byte == '\t'))) || byte == 0x7f)
            return false;
    }
    return text_utf8_bad(text, strlen(text)) == strlen(text);
}

static struct err keys_known(const cJSON *object, const char *place,
                             const struct wire_field *fields, size_t count)
{
    bool seen[64] = {false}; /* more than any table has rows */

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        size_t row = 0;
        while (row < count && strcmp(fields[row].key, item->string) != 0)
            row++;
        if (row == count)
            return wire_refuse(place, item->string, "is unknown");
        if (row >= COUNT(seen) || seen[row])
            return wire_refuse(place, item->string, "is given twice");
        seen[row] = true;
    }
    return err_none();
}

static struct err field_read(const cJSON *item, const char *place, const struct wire_field *field,
                             void *to)
{
    char *at = (char *)to + field->offset;
    const char *reason = NULL; /* of a refusal */
    double real = 0;
    int64_t integer;
    int number = 0;
    bool flag;

    switch (field->kind) {
    case WIRE_TEXT: reason = text_read(item, field, at); break;
    case WIRE_LINES: reason = lines_read(item, field, (char **)(void *)at); break;
    case WIRE_HEX: reason = hex_read(item, field, (unsigned char *)at); break;
    case WIRE_INT:
    case WIRE_INT64:
        reason = number_read(item, field, &real);
        if (reason == NULL && real != trunc(real))
            reason = "wants a whole number";
        if (reason != NULL)
            break;
        number = field->kind == WIRE_INT ? (int)real : 0;
        integer = (int64_t)real;
        memcpy(at, field->kind == WIRE_INT ? (const void *)&number : (const void *)&integer,
               field->size);
        break;
    case WIRE_REAL:
        reason = number_read(item, field, &real);
        memcpy(at, &real, sizeof real);
        break;
    case WIRE_ANYREAL:
        reason = anyreal_read(item, &real);
        memcpy(at, &real, sizeof real);
        break;
    case WIRE_BOOL:
        reason = cJSON_IsBool(item) ? NULL : "wants true or false";
        flag = cJSON_IsTrue(item);
        memcpy(at, &flag, sizeof flag);
        break;
    case WIRE_WORD:
        reason = word_read(item, field, &number);
        memcpy(at, &number, sizeof number);
        break;
    case WIRE_OBJECT: break;
    }
    return reason == NULL ? err_none() : wire_refuse(place, field->key, reason);
}

static void field_absent(const struct wire_field *field, void *to)
{
    char *at = (char *)to + field->offset;
    double real = field->min - 1;
    int64_t integer = (int64_t)real;
    int number = (int)real;

    if (field->kind == WIRE_INT)
        memcpy(at, &number, sizeof number);
    else if (field->kind == WIRE_INT64)
        memcpy(at, &integer, sizeof integer);
    else if (field->kind == WIRE_REAL)
        memcpy(at, &real, sizeof real);
    else
        memset(at, 0, field->size);
}

static const char *text_read(const cJSON *item, const struct wire_field *field, char *at)
{
    if (!cJSON_IsString(item))
        return "wants a text";
    if (strlen(item->valuestring) >= field->size)
        return "is too long";
    if (field->need == WIRE_WHEN_SET && *item->valuestring == '\0')
        return "is empty";
    if (!text_is_clean(item->valuestring, false))
        return "has control characters";
    memcpy(at, item->valuestring, strlen(item->valuestring) + 1);
    return NULL;
}

static const char *lines_read(const cJSON *item, const struct wire_field *field, char **at)
{
    if (!cJSON_IsString(item))
        return "wants a text";
    if (strlen(item->valuestring) > (size_t)field->max)
        return "is too long";
    if (!text_is_clean(item->valuestring, true))
        return "has control characters";
    *at = strdup(item->valuestring);
    return *at == NULL ? "finds no memory" : NULL;
}

static const char *hex_read(const cJSON *item, const struct wire_field *field, unsigned char *at)
{
    if (!cJSON_IsString(item) || strlen(item->valuestring) != 2 * field->size ||
        !text_unhex(item->valuestring, at, field->size))
        return "wants hexadecimal digits of the right number";
    return NULL;
}

static const char *number_read(const cJSON *item, const struct wire_field *field, double *out)
{
    if (!cJSON_IsNumber(item))
        return "wants a number";
    if (!(item->valuedouble >= field->min && item->valuedouble <= field->max))
        return "is out of range";
    *out = item->valuedouble;
    return NULL;
}

static const char *anyreal_read(const cJSON *item, double *out)
{
    if (cJSON_IsNull(item))
        *out = NAN;
    else if (cJSON_IsString(item) && strcmp(item->valuestring, "inf") == 0)
        *out = INFINITY;
    else if (cJSON_IsString(item) && strcmp(item->valuestring, "-inf") == 0)
        *out = -INFINITY;
    else if (cJSON_IsNumber(item) && isfinite(item->valuedouble))
        *out = item->valuedouble;
    else
        return "wants a number, null, \"inf\" or \"-inf\"";
    return NULL;
}

static const char *word_read(const cJSON *item, const struct wire_field *field, int *out)
{
    if (!cJSON_IsString(item))
        return "wants a word";
    for (int i = 0; i < (int)field->max; i++)
        if (strcmp(item->valuestring, field->words[i]) == 0) {
            *out = i;
            return NULL;
        }
    return "is an unknown word";
}
