/* Reads "arguments" (the parameters of the student's function) and "inputs" (the knobs of the
 * generator). */
#include "assignments/spec_parts.h"

#include <limits.h>
#include <string.h>

/* An argument as the file has it, before its role says which of the keys belong. */
struct raw_argument {
    char name[16], role[8], type[4], index[SPEC_RANK_MAX + 1], help[96];
    int64_t min, max;
};

static struct err read_argument(struct spec *spec, const cJSON *item,
                                const struct spec_place *place);
static struct err check_argument_name(const struct spec *spec, const char *name,
                                      const struct spec_place *place);
static struct err read_role(struct spec_argument *argument, const struct raw_argument *raw,
                            const struct spec_place *place);
static struct err check_keys(const struct spec_argument *argument, const cJSON *item,
                             const struct spec_place *place);
static struct err read_type(struct spec_argument *argument, const struct raw_argument *raw,
                            const struct spec_place *place);
static struct err read_range(struct spec_argument *argument, const cJSON *item,
                             const struct raw_argument *raw, const struct spec_place *place);
static struct err read_values(struct spec_argument *argument, const cJSON *list,
                              const struct spec_place *place);
static struct err read_shape(struct spec *spec, struct spec_argument *argument, const cJSON *item,
                             const struct spec_place *place);
static struct err read_parameter(struct spec *spec, const cJSON *item,
                                 const struct spec_place *place);
static struct err read_number_parameter(struct spec_parameter *parameter, const cJSON *item,
                                        const struct spec_place *place);
static struct err read_word_parameter(struct spec_parameter *parameter, const cJSON *item,
                                      const struct spec_place *place);

static const struct spec_field argument_fields[] = {
    {"name", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_argument, name), 0, 0},
    {"role", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_argument, role), 0, 0},
    {"type", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_argument, type), 0, 0},
    {"shape", SPEC_KIND_LIST, false, 0, 0, 0, 0},
    {"index", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_argument, index), 0, 0},
    {"min", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_argument, min), INT_MIN, INT_MAX},
    {"max", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_argument, max), INT_MIN, INT_MAX},
    {"values", SPEC_KIND_LIST, false, 0, 0, 0, 0},
    {"help", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_argument, help), 0, 0},
};

enum key_use { NO, MAY, MUST };

/* Which keys each role takes. "min" stands for both bounds; an option takes them or "values". */
static const struct {
    const char *word;
    enum spec_role role;
    enum key_use type, shape, min, values;
} roles[] = {
    /* word      role         type  shape  min   values */
    {"size", SPEC_SIZE, MAY, NO, MUST, NO},    {"option", SPEC_OPTION, MAY, NO, MAY, MAY},
    {"scalar", SPEC_SCALAR, MUST, NO, NO, NO}, {"input", SPEC_INPUT, MUST, MUST, NO, NO},
    {"inout", SPEC_INOUT, MUST, MUST, NO, NO}, {"output", SPEC_OUTPUT, MUST, MUST, NO, NO},
};

static const struct {
    const char *word;
    enum spec_element element;
} types[] = {{"f32", SPEC_F32}, {"i32", SPEC_I32}, {"i8", SPEC_I8}};

static const struct spec_field number_fields[] = {
    {"default", SPEC_KIND_REAL, true, SPEC_AT(struct spec_parameter, preset), 0, 0},
    {"min", SPEC_KIND_REAL, true, SPEC_AT(struct spec_parameter, min), 0, 0},
    {"max", SPEC_KIND_REAL, true, SPEC_AT(struct spec_parameter, max), 0, 0},
    {"help", SPEC_KIND_TEXT, false, SPEC_AT(struct spec_parameter, help), 0, 0},
};

static const struct spec_field word_fields[] = {
    {"default", SPEC_KIND_ANY, true, 0, 0, 0, 0},
    {"values", SPEC_KIND_LIST, true, 0, 0, 0, 0},
    {"help", SPEC_KIND_TEXT, false, SPEC_AT(struct spec_parameter, help), 0, 0},
};

struct err spec_read_arguments(struct spec *spec, const cJSON *list, const struct spec_place *place)
{
    int count = 0;
    struct err err = spec_json_list(list, place, 1, SPEC_ARGUMENTS_MAX, &count);

    for (int i = 0; i < count && !err_is(err); i++) {
        struct spec_place deeper = spec_place_index(place, i);
        err = read_argument(spec, cJSON_GetArrayItem(list, i), &deeper);
    }
    for (int i = 0; i < count && !err_is(err); i++) {
        struct spec_place deeper = spec_place_index(place, i);
        if (spec_is_tensor(&spec->arguments[i]))
            err = read_shape(spec, &spec->arguments[i], cJSON_GetArrayItem(list, i), &deeper);
    }
    return err;
}

struct err spec_read_parameters(struct spec *spec, const cJSON *object,
                                const struct spec_place *place)
{
    struct err err = spec_json_unique(object, place);
    if (err_is(err))
        return err;
    if (cJSON_GetArraySize(object) > SPEC_PARAMETERS_MAX)
        return spec_refuse(place, "more than %d parameters", SPEC_PARAMETERS_MAX);

    for (const cJSON *item = object->child; item != NULL && !err_is(err); item = item->next) {
        struct spec_place deeper = spec_place_key(place, item->string);
        err = read_parameter(spec, item, &deeper);
    }
    return err;
}

bool spec_is_tensor(const struct spec_argument *argument)
{
    return argument->role == SPEC_INPUT || argument->role == SPEC_INOUT ||
           argument->role == SPEC_OUTPUT;
}

bool spec_is_identifier(const char *name)
{
    static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return name[0] != '\0' && strchr(first, name[0]) != NULL && strspn(name, all) == strlen(name);
}

static struct err read_argument(struct spec *spec, const cJSON *item,
                                const struct spec_place *place)
{
    struct raw_argument raw = {.name = ""};
    struct spec_argument argument = {.name = ""};

    struct err err =
        spec_json_read(item, place, argument_fields, COUNT(argument_fields), false, &raw);
    if (!err_is(err))
        err = check_argument_name(spec, raw.name, place);
    if (!err_is(err))
        err = read_role(&argument, &raw, place);
    if (!err_is(err))
        err = check_keys(&argument, item, place);
    if (!err_is(err))
        err = read_type(&argument, &raw, place);
    if (!err_is(err))
        err = read_range(&argument, item, &raw, place);
    if (err_is(err))
        return err;

    memcpy(argument.name, raw.name, sizeof argument.name);
    memcpy(argument.help, raw.help, sizeof argument.help);
    memcpy(argument.index, raw.index, sizeof argument.index);
    spec->arguments[spec->arguments_count++] = argument;
    return err_none();
}

static struct err check_argument_name(const struct spec *spec, const char *name,
                                      const struct spec_place *place)
{
    if (!spec_is_identifier(name))
        return spec_refuse(place, "'%s' is no C identifier", name);
    if (strcmp(name, "I") == 0 || strcmp(name, "U") == 0)
        return spec_refuse(place, "'%s' is a macro of BLAS and LAPACK headers", name);
    if (spec_argument_index(spec, name) >= 0)
        return spec_refuse(place, "the name '%s' stands twice", name);
    return err_none();
}

static struct err read_role(struct spec_argument *argument, const struct raw_argument *raw,
                            const struct spec_place *place)
{
    for (size_t i = 0; i < COUNT(roles); i++) {
        if (strcmp(roles[i].word, raw->role) == 0) {
            argument->role = roles[i].role;
            return err_none();
        }
    }
    return spec_refuse(place, "role '%s' is none of size option scalar input inout output",
                       raw->role);
}

static struct err check_keys(const struct spec_argument *argument, const cJSON *item,
                             const struct spec_place *place)
{
    const struct {
        const char *key;
        enum key_use use;
    } keys[] = {
        {"type", roles[argument->role].type},   {"shape", roles[argument->role].shape},
        {"index", roles[argument->role].shape}, {"min", roles[argument->role].min},
        {"max", roles[argument->role].min},     {"values", roles[argument->role].values},
    };

    for (size_t i = 0; i < COUNT(keys); i++) {
        bool is_there = cJSON_GetObjectItemCaseSensitive(item, keys[i].key) != NULL;
        if (is_there && keys[i].use == NO)
            return spec_refuse(place, "'%s' does not belong to role '%s'", keys[i].key,
                               roles[argument->role].word);
        if (!is_there && keys[i].use == MUST)
            return spec_refuse(place, "'%s' is missing", keys[i].key);
    }
    return err_none();
}

static struct err read_type(struct spec_argument *argument, const struct raw_argument *raw,
                            const struct spec_place *place)
{
    const char *word = raw->type[0] == '\0' ? "i32" : raw->type; /* sizes and options are ints */
    bool is_whole = argument->role == SPEC_SIZE || argument->role == SPEC_OPTION;

    for (size_t i = 0; i < COUNT(types); i++) {
        if (strcmp(types[i].word, word) != 0)
            continue;
        argument->element = types[i].element;
        if (is_whole && types[i].element != SPEC_I32)
            return spec_refuse(place, "a size or option has type i32");
        if (argument->role == SPEC_SCALAR && types[i].element == SPEC_I8)
            return spec_refuse(place, "a scalar has type f32 or i32");
        return err_none();
    }
    return spec_refuse(place, "type '%s' is none of f32 i32 i8", word);
}

static struct err read_range(struct spec_argument *argument, const cJSON *item,
                             const struct raw_argument *raw, const struct spec_place *place)
{
    if (argument->role != SPEC_SIZE && argument->role != SPEC_OPTION)
        return err_none();

    const cJSON *values = cJSON_GetObjectItemCaseSensitive(item, "values");
    bool has_min = cJSON_HasObjectItem(item, "min"), has_max = cJSON_HasObjectItem(item, "max");
    if (values != NULL && (has_min || has_max))
        return spec_refuse(place, "either 'values' or 'min' and 'max'");
    if (values != NULL)
        return read_values(argument, values, place);
    if (!has_min || !has_max)
        return spec_refuse(place, "'values', or 'min' and 'max', are missing");
    if (raw->min > raw->max)
        return spec_refuse(place, "'min' is larger than 'max'");
    if (argument->role == SPEC_SIZE && raw->min < 0)
        return spec_refuse(place, "a size is never negative");
    argument->min = raw->min;
    argument->max = raw->max;
    return err_none();
}

static struct err read_values(struct spec_argument *argument, const cJSON *list,
                              const struct spec_place *place)
{
    struct spec_place deeper = spec_place_key(place, "values");
    struct err err = spec_json_list(list, &deeper, 1, SPEC_VALUES_MAX, &argument->values_count);

    for (int i = 0; i < argument->values_count && !err_is(err); i++) {
        err = spec_json_integer(cJSON_GetArrayItem(list, i), &deeper, INT_MIN, INT_MAX,
                                &argument->values[i]);
        for (int j = 0; j < i && !err_is(err); j++)
            if (argument->values[j] == argument->values[i])
                err = spec_refuse(&deeper, "%lld stands twice", (long long)argument->values[i]);
    }
    return err;
}

static struct err read_shape(struct spec *spec, struct spec_argument *argument, const cJSON *item,
                             const struct spec_place *place)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "shape");
    struct spec_place deeper = spec_place_key(place, "shape");

    struct err err = spec_json_list(list, &deeper, 1, SPEC_RANK_MAX, &argument->rank);
    for (int i = 0; i < argument->rank && !err_is(err); i++)
        err = spec_read_expression(spec, cJSON_GetArrayItem(list, i), &deeper, &argument->shape[i]);
    if (err_is(err))
        return err;
    if (strlen(argument->index) != (size_t)argument->rank)
        return spec_refuse(place, "'index' needs one letter for each of the %d dimensions",
                           argument->rank);
    return err_none();
}

static struct err read_parameter(struct spec *spec, const cJSON *item,
                                 const struct spec_place *place)
{
    struct spec_parameter parameter = {.name = ""};

    if (!spec_is_identifier(item->string) || strlen(item->string) >= sizeof parameter.name)
        return spec_refuse(place, "the name is no identifier of at most %zu characters",
                           sizeof parameter.name - 1);
    memcpy(parameter.name, item->string, strlen(item->string) + 1);

    struct err err = cJSON_HasObjectItem(item, "values")
                         ? read_word_parameter(&parameter, item, place)
                         : read_number_parameter(&parameter, item, place);
    if (!err_is(err))
        spec->parameters[spec->parameters_count++] = parameter;
    return err;
}

static struct err read_number_parameter(struct spec_parameter *parameter, const cJSON *item,
                                        const struct spec_place *place)
{
    struct err err =
        spec_json_read(item, place, number_fields, COUNT(number_fields), false, parameter);
    if (err_is(err))
        return err;
    if (parameter->preset < parameter->min || parameter->preset > parameter->max)
        return spec_refuse(place, "the default lies outside min..max");
    return err_none();
}

static struct err read_word_parameter(struct spec_parameter *parameter, const cJSON *item,
                                      const struct spec_place *place)
{
    char preset[24];
    struct spec_place values = spec_place_key(place, "values");
    struct spec_place preset_place = spec_place_key(place, "default");

    parameter->is_word = true;
    struct err err = spec_json_read(item, place, word_fields, COUNT(word_fields), false, parameter);
    if (err_is(err))
        return err;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "values");
    err = spec_json_list(list, &values, 1, SPEC_VALUES_MAX, &parameter->words_count);
    for (int i = 0; i < parameter->words_count && !err_is(err); i++)
        err = spec_json_text(cJSON_GetArrayItem(list, i), &values, parameter->words[i],
                             sizeof parameter->words[i]);
    if (!err_is(err))
        err = spec_json_text(cJSON_GetObjectItemCaseSensitive(item, "default"), &preset_place,
                             preset, sizeof preset);
    if (err_is(err))
        return err;

    parameter->max = parameter->words_count - 1;
    for (int i = 0; i < parameter->words_count; i++) {
        if (strcmp(parameter->words[i], preset) == 0) {
            parameter->preset = i;
            return err_none();
        }
    }
    return spec_refuse(&preset_place, "'%s' is none of the values", preset);
}
