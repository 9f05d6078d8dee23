/* Reads "cases" and "gpu_cases". Beside its fixed keys a case has one key for each option
 * and, where it differs from the preset, one for each knob of the generator. */
#include "assignments/spec_parts.h"
#include "sandbox/base/text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct raw_case {
    struct spec_case one;
    char group[SPEC_NAME_MAX];
};

static struct err read_case(const struct spec *spec, const cJSON *item,
                            const struct spec_place *place, bool is_gpu, struct spec_case *out);
static struct err read_sizes(const struct spec *spec, const cJSON *object,
                             const struct spec_place *place, bool is_gpu, struct spec_case *out);
static struct err read_other(const struct spec *spec, const cJSON *item,
                             const struct spec_place *place, struct spec_case *out);
static struct err read_option(const struct spec_argument *argument, const cJSON *item,
                              const struct spec_place *place, int64_t *out);
static struct err read_knob(const struct spec_parameter *parameter, const cJSON *item,
                            const struct spec_place *place, double *out);
static struct err check_options(const struct spec *spec, const cJSON *item,
                                const struct spec_place *place);
static struct err check_group(const struct spec *spec, const struct raw_case *raw,
                              const struct spec_place *place, struct spec_case *out);
static struct err read_work(const struct spec *spec, const cJSON *item,
                            const struct spec_place *place, struct spec_case *out);
static struct err check_bytes(const struct spec *spec, const struct spec_case *one,
                              const struct spec_place *place, int64_t bytes_max);
static bool is_fixed_key(const char *key);

#define GPU_TENSOR_BYTES_MAX ((int64_t)64 << 30)

static const struct spec_field case_fields[] = {
    {"name", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_case, one.name), 0, 0},
    {"group", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_case, group), 0, 0},
    {"sizes", SPEC_KIND_OBJECT, true, 0, 0, 0, 0},
    {"hidden", SPEC_KIND_BOOLEAN, false, SPEC_AT(struct raw_case, one.hidden), 0, 0},
    {"load_bearing", SPEC_KIND_BOOLEAN, false, SPEC_AT(struct raw_case, one.load_bearing), 0, 0},
    {"kills", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_case, one.kills), 0, 0},
    {"flops", SPEC_KIND_ANY, false, 0, 0, 0, 0},
    {"bytes", SPEC_KIND_ANY, false, 0, 0, 0, 0},
    {"rows_checked", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_case, one.rows_checked), 1,
     INT_MAX},
};

struct err spec_read_cases(struct spec *spec, const cJSON *list, const struct spec_place *place)
{
    int count = 0;
    struct err err = spec_json_list(list, place, 1, SPEC_CASES_MAX, &count);

    for (int i = 0; i < count && !err_is(err); i++) {
        struct spec_place deeper = spec_place_index(place, i);
        struct spec_case *one = &spec->cases[i];
        err = read_case(spec, cJSON_GetArrayItem(list, i), &deeper, false, one);
        if (!err_is(err) && spec_case_index(spec, one->name) >= 0)
            err = spec_refuse(&deeper, "the name '%s' stands twice", one->name);
        spec->cases_count = i + 1; /* after the search for doubles */
    }
    return err;
}

struct err spec_read_gpu_cases(struct spec *spec, const cJSON *list, const struct spec_place *place)
{
    int count = 0;
    struct err err = spec_json_list(list, place, 1, SPEC_GPU_CASES_MAX, &count);

    for (int i = 0; i < count && !err_is(err); i++) {
        struct spec_place deeper = spec_place_index(place, i);
        struct spec_case *one = &spec->gpu_cases[i];
        err = read_case(spec, cJSON_GetArrayItem(list, i), &deeper, true, one);
        for (int j = 0; j < i && !err_is(err); j++)
            if (strcmp(spec->gpu_cases[j].name, one->name) == 0)
                err = spec_refuse(&deeper, "the name '%s' stands twice", one->name);
        spec->gpu_cases_count = i + 1;
    }
    return err;
}

struct err spec_read_expression(const struct spec *spec, const cJSON *item,
                                const struct spec_place *place, struct expression *out)
{
    char text[96];
    const char *names[SPEC_ARGUMENTS_MAX];

    if (cJSON_IsNumber(item)) {
        int64_t number = 0;
        struct err err = spec_json_integer(item, place, 0, INT_MAX, &number);
        if (err_is(err))
            return err;
        (void)snprintf(text, sizeof text, "%lld", (long long)number); /* 10 digits at most */
    } else {
        struct err err = spec_json_text(item, place, text, sizeof text);
        if (err_is(err))
            return err;
    }

    /* An empty name is never written in an expression: it keeps the index of the argument. */
    for (int i = 0; i < spec->arguments_count; i++) {
        enum spec_role role = spec->arguments[i].role;
        bool is_known = role == SPEC_SIZE || role == SPEC_OPTION;
        names[i] = is_known ? spec->arguments[i].name : "";
    }
    struct err err = expression_parse(out, text, names, (size_t)spec->arguments_count);
    return err_is(err) ? spec_refuse(place, "%s", err.text) : err;
}

int spec_parameter_index(const struct spec *spec, const char *name)
{
    for (int i = 0; i < spec->parameters_count; i++)
        if (strcmp(spec->parameters[i].name, name) == 0)
            return i;
    return -1;
}

static struct err read_case(const struct spec *spec, const cJSON *item,
                            const struct spec_place *place, bool is_gpu, struct spec_case *out)
{
    struct raw_case raw = {.group = ""};
    struct spec_place sizes = spec_place_key(place, "sizes");

    struct err err = spec_json_read(item, place, case_fields, COUNT(case_fields), true, &raw);
    if (err_is(err))
        return err;
    *out = raw.one;
    if (!text_is_name(out->name))
        return spec_refuse(place, "'%s' is no name: [a-z][a-z0-9_-]{1,31}", out->name);
    if (raw.one.rows_checked > 0 && !is_gpu)
        return spec_refuse(place, "'rows_checked' belongs to gpu_cases");
    for (int i = 0; i < spec->parameters_count; i++)
        out->parameters[i] = spec->parameters[i].preset;

    for (const cJSON *other = item->child; other != NULL && !err_is(err); other = other->next) {
        struct spec_place deeper = spec_place_key(place, other->string);
        if (!is_fixed_key(other->string))
            err = read_other(spec, other, &deeper, out);
    }
    if (!err_is(err))
        err =
            read_sizes(spec, cJSON_GetObjectItemCaseSensitive(item, "sizes"), &sizes, is_gpu, out);
    if (!err_is(err))
        err = check_options(spec, item, place);
    if (!err_is(err))
        err = check_bytes(spec, out, place, is_gpu ? GPU_TENSOR_BYTES_MAX : SPEC_TENSOR_BYTES_MAX);
    if (!err_is(err))
        err = check_group(spec, &raw, place, out);
    if (!err_is(err))
        err = read_work(spec, item, place, out);
    return err;
}

static struct err read_sizes(const struct spec *spec, const cJSON *object,
                             const struct spec_place *place, bool is_gpu, struct spec_case *out)
{
    struct err err = spec_json_unique(object, place);
    if (err_is(err))
        return err;
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        struct spec_place deeper = spec_place_key(place, item->string);
        int index = spec_argument_index(spec, item->string);
        if (index < 0 || spec->arguments[index].role != SPEC_SIZE)
            return spec_refuse(&deeper, "no size of this name");
        err = spec_json_integer(item, &deeper, spec->arguments[index].min,
                                is_gpu ? INT_MAX : spec->arguments[index].max, &out->values[index]);
        if (err_is(err))
            return err;
    }
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        if (argument->role == SPEC_SIZE &&
            cJSON_GetObjectItemCaseSensitive(object, argument->name) == NULL)
            return spec_refuse(place, "the size '%s' is missing", argument->name);
    }
    return err_none();
}

/* A key that is data: the name of an option or of a knob. */
static struct err read_other(const struct spec *spec, const cJSON *item,
                             const struct spec_place *place, struct spec_case *out)
{
    int argument = spec_argument_index(spec, item->string);
    int parameter = spec_parameter_index(spec, item->string);

    if (argument >= 0 && spec->arguments[argument].role == SPEC_OPTION)
        return read_option(&spec->arguments[argument], item, place, &out->values[argument]);
    if (parameter >= 0)
        return read_knob(&spec->parameters[parameter], item, place, &out->parameters[parameter]);
    return spec_refuse(place, "unknown key");
}

static struct err read_option(const struct spec_argument *argument, const cJSON *item,
                              const struct spec_place *place, int64_t *out)
{
    if (argument->values_count == 0)
        return spec_json_integer(item, place, argument->min, argument->max, out);

    struct err err = spec_json_integer(item, place, INT_MIN, INT_MAX, out);
    if (err_is(err))
        return err;
    for (int i = 0; i < argument->values_count; i++)
        if (argument->values[i] == *out)
            return err_none();
    return spec_refuse(place, "%lld is none of the option's values", (long long)*out);
}

static struct err read_knob(const struct spec_parameter *parameter, const cJSON *item,
                            const struct spec_place *place, double *out)
{
    if (!parameter->is_word)
        return spec_json_real(item, place, parameter->min, parameter->max, out);

    char word[sizeof parameter->words[0]];
    struct err err = spec_json_text(item, place, word, sizeof word);
    if (err_is(err))
        return err;
    for (int i = 0; i < parameter->words_count; i++) {
        if (strcmp(parameter->words[i], word) == 0) {
            *out = i;
            return err_none();
        }
    }
    return spec_refuse(place, "'%s' is none of the parameter's values", word);
}

static struct err check_options(const struct spec *spec, const cJSON *item,
                                const struct spec_place *place)
{
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        if (argument->role == SPEC_OPTION &&
            cJSON_GetObjectItemCaseSensitive(item, argument->name) == NULL)
            return spec_refuse(place, "the option '%s' is missing", argument->name);
    }
    return err_none();
}

static struct err check_group(const struct spec *spec, const struct raw_case *raw,
                              const struct spec_place *place, struct spec_case *out)
{
    int group = spec_group_index(spec, raw->group);
    if (group < 0)
        return spec_refuse(place, "no group '%s'", raw->group);
    out->group = group;
    return err_none();
}

/* "flops" and "bytes": what a ranked case has to do at least, for the roofline. */
static struct err read_work(const struct spec *spec, const cJSON *item,
                            const struct spec_place *place, struct spec_case *out)
{
    const struct {
        const char *key;
        struct expression *out;
        bool required;
    } works[] = {{"flops", &out->flops, true}, {"bytes", &out->bytes, false}};
    bool is_ranked = spec->groups[out->group].is_speed;

    for (size_t i = 0; i < COUNT(works); i++) {
        const cJSON *work = cJSON_GetObjectItemCaseSensitive(item, works[i].key);
        struct spec_place deeper = spec_place_key(place, works[i].key);
        int64_t value = 0;

        if (work == NULL && is_ranked && works[i].required)
            return spec_refuse(place, "a ranked case needs '%s'", works[i].key);
        if (work == NULL)
            continue;
        if (!is_ranked)
            return spec_refuse(&deeper, "only cases of the group 'speed' have it");
        struct err err = spec_read_expression(spec, work, &deeper, works[i].out);
        if (err_is(err))
            return err;
        err = expression_value(works[i].out, out->values, &value);
        if (err_is(err))
            return spec_refuse(&deeper, "%s", err.text);
        if (value == 0)
            return spec_refuse(&deeper, "it is zero");
    }
    return err_none();
}

/* Every shape has a value, and all tensors together fit. What this accepts, spec_elements can
 * compute without a check. */
static struct err check_bytes(const struct spec *spec, const struct spec_case *one,
                              const struct spec_place *place, int64_t bytes_max)
{
    int64_t total = 0;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        int64_t bytes = argument->element == SPEC_I8 ? 1 : 4;
        if (!spec_is_tensor(argument))
            continue;
        for (int j = 0; j < argument->rank; j++) {
            int64_t length = 0;
            struct err err = expression_value(&argument->shape[j], one->values, &length);
            if (err_is(err))
                return spec_refuse(place, "shape of '%s': %s", argument->name, err.text);
            if (__builtin_mul_overflow(bytes, length, &bytes))
                return spec_refuse(place, "shape of '%s' overflows 64 bits", argument->name);
        }
        if (__builtin_add_overflow(total, bytes, &total) || total > bytes_max)
            return spec_refuse(place, "tensors over %lld MiB", (long long)(bytes_max >> 20));
    }
    return err_none();
}

static bool is_fixed_key(const char *key)
{
    for (size_t i = 0; i < COUNT(case_fields); i++)
        if (strcmp(case_fields[i].key, key) == 0)
            return true;
    return false;
}
