/* The assignment file from its outermost object: titles, devices, groups, limits, speed. Arguments,
 * knobs and cases have files of their own. */
#include "assignments/spec_parts.h"
#include "sandbox/base/text.h"

#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <string.h>

static struct err read_json(cJSON **out, const char *text, size_t size,
                            const struct spec_place *place);
static struct err read_whole(struct spec *spec, const cJSON *root, const struct spec_place *place);
static struct err read_head(struct spec *spec, const cJSON *item, const struct spec_place *place);
static struct err read_devices(struct spec *spec, const cJSON *list,
                               const struct spec_place *place);
static struct err check_knob_names(struct spec *spec, const cJSON *item,
                                   const struct spec_place *place);
static struct err check_compare(struct spec *spec, const cJSON *object,
                                const struct spec_place *place);
static struct err read_groups(struct spec *spec, const cJSON *list, const struct spec_place *place);
static struct err read_group(struct spec *spec, const cJSON *item, const struct spec_place *place);
static struct err check_groups_used(struct spec *spec, const cJSON *item,
                                    const struct spec_place *place);
static struct err read_gpu_cases(struct spec *spec, const cJSON *list,
                                 const struct spec_place *place);
static struct err read_limits(struct spec *spec, const cJSON *object,
                              const struct spec_place *place);
static struct err read_speed(struct spec *spec, const cJSON *object,
                             const struct spec_place *place);
static struct err read_classes(struct spec *spec, const cJSON *object,
                               const struct spec_place *place);
static struct err read_class(struct spec *spec, const cJSON *item, const struct spec_place *place);

#define FORMAT 1
#define POINTS_ALL 10000 /* hundredths */
#define TARGET_MAX 10000

static const struct spec_field head_fields[] = {
    {"name", SPEC_KIND_TEXT, true, SPEC_AT(struct spec, name), 0, 0},
    {"title", SPEC_KIND_TEXT, true, SPEC_AT(struct spec, title), 0, 0},
    {"title_zh", SPEC_KIND_TEXT, false, SPEC_AT(struct spec, title_zh), 0, 0},
    {"function", SPEC_KIND_TEXT, true, SPEC_AT(struct spec, function), 0, 0},
};

/* The members of the file, in the order in which they are read: each may rely on those above. */
static const struct {
    const char *key;
    bool required;
    struct err (*read)(struct spec *spec, const cJSON *item, const struct spec_place *place);
} parts[] = {
    {"devices", true, read_devices},
    {"arguments", true, spec_read_arguments},
    {"inputs", false, spec_read_parameters},
    {"inputs", false, check_knob_names},
    {"compare", false, check_compare},
    {"groups", true, read_groups},
    {"cases", true, spec_read_cases},
    {"cases", true, check_groups_used},
    {"gpu_cases", false, read_gpu_cases},
    {"limits", false, read_limits},
    {"speed", true, read_speed},
};

/* Defaults are those of DESIGN, section 8; a spec may change them within these bounds. */
static const struct spec_limits limits_default = {
    .source_bytes = 256 << 10,
    .threads = 1,
    .stack_bytes = 8 << 20,
    .memory_extra_bytes = 512 << 20,
    .cpu_ms = 10000,
    .wall_ms = 15000,
    .stdout_bytes = 64 << 10,
    .stderr_bytes = 64 << 10,
    .timing_wall_ms = 6000,
};
#define LIMIT(name, min, max)                                                                      \
    {                                                                                              \
#name, SPEC_KIND_INTEGER, false, SPEC_AT(struct spec_limits, name), min, max               \
    }
static const struct spec_field limit_fields[] = {
    LIMIT(source_bytes, 1024, 512 << 10), /* a job must fit a frame of worker/wire.h, 768 KiB */
    LIMIT(threads, 1, 64),
    LIMIT(stack_bytes, 64 << 10, 1 << 30),
    LIMIT(memory_extra_bytes, 1 << 20, 64LL << 30),
    LIMIT(cpu_ms, 10, 600000),
    LIMIT(wall_ms, 10, 600000),
    LIMIT(stdout_bytes, 0, 1 << 20),
    LIMIT(stderr_bytes, 0, 1 << 20),
    LIMIT(timing_wall_ms, 100, 600000),
};

struct raw_speed {
    char curve[8], cache[8];
    int64_t floor, pairs_min, pairs_max;
};
static const struct spec_field speed_fields[] = {
    {"classes", SPEC_KIND_OBJECT, true, 0, 0, 0, 0},
    {"curve", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_speed, curve), 0, 0},
    {"floor", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_speed, floor), 1, 1},
    {"cache", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_speed, cache), 0, 0},
    {"pairs_min", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_speed, pairs_min), 1, 10000},
    {"pairs_max", SPEC_KIND_INTEGER, false, SPEC_AT(struct raw_speed, pairs_max), 1, 10000},
};

struct err spec_parse(struct spec *out, const char *text, size_t size, const char *label)
{
    struct spec_place place = {.file = label};
    unsigned char digest[crypto_hash_sha256_BYTES];
    cJSON *root = NULL;

    struct err err = read_json(&root, text, size, &place);
    if (err_is(err))
        return err;

    memset(out, 0, sizeof *out); /* padding too: specs are compared as values */
    out->limits = limits_default;
    crypto_hash_sha256(digest, (const unsigned char *)text, size);
    text_hex(digest, sizeof digest, out->hash);
    err = read_whole(out, root, &place);
    cJSON_Delete(root);
    return err;
}

static struct err read_json(cJSON **out, const char *text, size_t size,
                            const struct spec_place *place)
{
    const char *end = NULL;

    size_t bad = text_utf8_bad(text, size);
    if (bad < size)
        return spec_refuse(place, "no UTF-8 at byte %zu", bad);
    if (memchr(text, '\0', size) != NULL)
        return spec_refuse(place, "a NUL byte in the text");

    cJSON *root = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    if (root == NULL) {
        size_t at = end == NULL || end < text ? 0 : (size_t)(end - text);
        return spec_refuse(place, "no JSON at byte %zu", at);
    }
    for (; end < text + size; end++) {
        if (strchr(" \t\r\n", *end) == NULL) {
            cJSON_Delete(root);
            return spec_refuse(place, "text after the object, byte %zu", (size_t)(end - text));
        }
    }
    *out = root;
    return err_none();
}

static struct err read_whole(struct spec *spec, const cJSON *root, const struct spec_place *place)
{
    struct err err = read_head(spec, root, place);

    for (size_t i = 0; i < COUNT(parts) && !err_is(err); i++) {
        struct spec_place deeper = spec_place_key(place, parts[i].key);
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, parts[i].key);
        if (item != NULL)
            err = parts[i].read(spec, item, &deeper);
        else if (parts[i].required)
            err = spec_refuse(place, "'%s' is missing", parts[i].key);
    }
    return err;
}

static struct err read_head(struct spec *spec, const cJSON *item, const struct spec_place *place)
{
    struct spec_place format_place = spec_place_key(place, "format");
    int64_t format = 0;

    struct err err = spec_json_read(item, place, head_fields, COUNT(head_fields), true, spec);
    if (err_is(err))
        return err;
    err = spec_json_integer(cJSON_GetObjectItemCaseSensitive(item, "format"), &format_place, FORMAT,
                            FORMAT, &format);
    if (err_is(err))
        return err;

    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, item)
    {
        struct spec_place deeper = spec_place_key(place, member->string);
        bool is_known = strcmp(member->string, "format") == 0;
        for (size_t i = 0; i < COUNT(head_fields); i++)
            is_known = is_known || strcmp(member->string, head_fields[i].key) == 0;
        for (size_t i = 0; i < COUNT(parts); i++)
            is_known = is_known || strcmp(member->string, parts[i].key) == 0;
        if (!is_known)
            return spec_refuse(&deeper, "unknown key");
    }

    /* The name becomes part of C names (NAME_oracle), so it has no '-'. */
    if (!text_is_name(spec->name) || !spec_is_identifier(spec->name))
        return spec_refuse(place, "name '%s' is not [a-z][a-z0-9_]{1,31}", spec->name);
    if (!spec_is_identifier(spec->function))
        return spec_refuse(place, "function '%s' is no C identifier", spec->function);
    return err_none();
}

static struct err read_devices(struct spec *spec, const cJSON *list, const struct spec_place *place)
{
    int count = 0;
    struct err err = spec_json_list(list, place, 1, 2, &count);

    for (int i = 0; i < count && !err_is(err); i++) {
        char word[8];
        err = spec_json_text(cJSON_GetArrayItem(list, i), place, word, sizeof word);
        if (err_is(err))
            break;
        bool *device = strcmp(word, "cpu") == 0   ? &spec->on_cpu
                       : strcmp(word, "gpu") == 0 ? &spec->on_gpu
                                                  : NULL;
        if (device == NULL)
            return spec_refuse(place, "'%s' is neither cpu nor gpu", word);
        if (*device)
            return spec_refuse(place, "'%s' stands twice", word);
        *device = true;
    }
    return err;
}

/* A knob shares the keys of a case with the options: one name, one meaning. */
static struct err check_knob_names(struct spec *spec, const cJSON *item,
                                   const struct spec_place *place)
{
    static const char *const taken[] = {"name",  "group", "sizes", "hidden",      "load_bearing",
                                        "kills", "flops", "bytes", "rows_checked"};
    (void)item; /* what it says is in spec->parameters by now */

    for (size_t i = 0; i < COUNT(taken); i++) {
        int argument = spec_argument_index(spec, taken[i]);
        bool is_option = argument >= 0 && spec->arguments[argument].role == SPEC_OPTION;
        if (is_option || spec_parameter_index(spec, taken[i]) >= 0)
            return spec_refuse(place, "'%s' is a key of every case", taken[i]);
    }
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_OPTION &&
            spec_parameter_index(spec, spec->arguments[i].name) >= 0)
            return spec_refuse(place, "'%s' is an option too", spec->arguments[i].name);
    return err_none();
}

/* Documentation of how outputs are compared: checked, not kept; the oracle is what compares. */
static struct err check_compare(struct spec *spec, const cJSON *object,
                                const struct spec_place *place)
{
    struct raw_compare {
        char rule[32], from[96], words[160];
    } raw;
    const struct spec_field fields[] = {
        {"rule", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_compare, rule), 0, 0},
        {"from", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_compare, from), 0, 0},
        {"words", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_compare, words), 0, 0},
    };

    struct err err = spec_json_unique(object, place);
    if (err_is(err))
        return err;
    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        struct spec_place deeper = spec_place_key(place, item->string);
        int index = spec_argument_index(spec, item->string);
        if (index < 0 || (spec->arguments[index].role != SPEC_OUTPUT &&
                          spec->arguments[index].role != SPEC_INOUT))
            return spec_refuse(&deeper, "no output of this name");
        err = spec_json_read(item, &deeper, fields, COUNT(fields), false, &raw);
        if (err_is(err))
            return err;
    }
    return err_none();
}

static struct err read_groups(struct spec *spec, const cJSON *list, const struct spec_place *place)
{
    int count = 0, points = 0;
    struct err err = spec_json_list(list, place, 1, SPEC_GROUPS_MAX, &count);

    for (int i = 0; i < count && !err_is(err); i++) {
        struct spec_place deeper = spec_place_index(place, i);
        err = read_group(spec, cJSON_GetArrayItem(list, i), &deeper);
    }
    if (err_is(err))
        return err;
    for (int i = 0; i < spec->groups_count; i++)
        points += spec->groups[i].points;
    if (points != POINTS_ALL)
        return spec_refuse(place, "the points add up to %.2f, not to 100", points / 100.0);
    return err_none();
}

static struct err read_group(struct spec *spec, const cJSON *item, const struct spec_place *place)
{
    struct raw_group {
        char name[SPEC_NAME_MAX], help[96];
        double points;
    } raw = {.points = 0};
    const struct spec_field fields[] = {
        {"name", SPEC_KIND_TEXT, true, SPEC_AT(struct raw_group, name), 0, 0},
        {"points", SPEC_KIND_REAL, true, SPEC_AT(struct raw_group, points), 0, 100},
        {"help", SPEC_KIND_TEXT, false, SPEC_AT(struct raw_group, help), 0, 0},
    };

    struct err err = spec_json_read(item, place, fields, COUNT(fields), false, &raw);
    if (err_is(err))
        return err;
    if (!text_is_name(raw.name))
        return spec_refuse(place, "'%s' is no name: [a-z][a-z0-9_-]{1,31}", raw.name);
    if (spec_group_index(spec, raw.name) >= 0)
        return spec_refuse(place, "the name '%s' stands twice", raw.name);

    struct spec_group *group = &spec->groups[spec->groups_count++];
    memcpy(group->name, raw.name, sizeof group->name);
    memcpy(group->help, raw.help, sizeof group->help);
    group->points = (int)lround(raw.points * 100);
    group->is_speed = strcmp(raw.name, "speed") == 0;
    return err_none();
}

static struct err check_groups_used(struct spec *spec, const cJSON *item,
                                    const struct spec_place *place)
{
    (void)item; /* what it says is in spec->cases by now */

    for (int g = 0; g < spec->groups_count; g++) {
        bool is_used = false;
        for (int i = 0; i < spec->cases_count; i++)
            is_used = is_used || spec->cases[i].group == g;
        if (!is_used)
            return spec_refuse(place, "the group '%s' has no case", spec->groups[g].name);
    }
    return err_none();
}

static struct err read_gpu_cases(struct spec *spec, const cJSON *list,
                                 const struct spec_place *place)
{
    if (!spec->on_gpu)
        return spec_refuse(place, "'devices' has no gpu");
    return spec_read_gpu_cases(spec, list, place);
}

static struct err read_limits(struct spec *spec, const cJSON *object,
                              const struct spec_place *place)
{
    struct err err =
        spec_json_read(object, place, limit_fields, COUNT(limit_fields), false, &spec->limits);
    if (err_is(err))
        return err;
    if (spec->limits.cpu_ms > spec->limits.wall_ms * spec->limits.threads)
        return spec_refuse(place, "cpu_ms can never be reached within wall_ms");
    return err_none();
}

static struct err read_speed(struct spec *spec, const cJSON *object, const struct spec_place *place)
{
    struct raw_speed raw = {.curve = "log", .cache = "warm", .pairs_min = 15, .pairs_max = 200};
    struct spec_place classes = spec_place_key(place, "classes");

    struct err err = spec_json_read(object, place, speed_fields, COUNT(speed_fields), false, &raw);
    if (err_is(err))
        return err;
    if (strcmp(raw.curve, "log") != 0)
        return spec_refuse(place, "curve '%s' is not log", raw.curve);
    if (strcmp(raw.cache, "warm") != 0 && strcmp(raw.cache, "cold") != 0)
        return spec_refuse(place, "cache '%s' is neither warm nor cold", raw.cache);
    if (raw.pairs_min > raw.pairs_max)
        return spec_refuse(place, "pairs_min is larger than pairs_max");
    spec->pairs_min = (int)raw.pairs_min;
    spec->pairs_max = (int)raw.pairs_max;
    return read_classes(spec, cJSON_GetObjectItemCaseSensitive(object, "classes"), &classes);
}

static struct err read_classes(struct spec *spec, const cJSON *object,
                               const struct spec_place *place)
{
    struct err err = spec_json_unique(object, place);
    if (err_is(err))
        return err;
    if (cJSON_GetArraySize(object) > SPEC_CLASSES_MAX)
        return spec_refuse(place, "more than %d classes", SPEC_CLASSES_MAX);
    for (const cJSON *item = object->child; item != NULL && !err_is(err); item = item->next) {
        struct spec_place deeper = spec_place_key(place, item->string);
        err = read_class(spec, item, &deeper);
    }
    return err;
}

static struct err read_class(struct spec *spec, const cJSON *item, const struct spec_place *place)
{
    static const struct spec_field fields[] = {{"target", SPEC_KIND_ANY, true, 0, 0, 0, 0},
                                               {"expert", SPEC_KIND_ANY, false, 0, 0, 0, 0}};
    const cJSON *expert = cJSON_GetObjectItemCaseSensitive(item, "expert");
    struct spec_place expert_place = spec_place_key(place, "expert");
    struct spec_place target_place = spec_place_key(place, "target");
    struct spec_class one = {.target = 0};

    struct err err = spec_json_read(item, place, fields, COUNT(fields), false, &one);
    if (err_is(err))
        return err;
    if (strncmp(item->string, "cpu:", 4) != 0 && strncmp(item->string, "gpu:", 4) != 0)
        return spec_refuse(place, "a class begins with cpu: or gpu:");
    if (!text_copy(one.name, sizeof one.name, item->string))
        return spec_refuse(place, "longer than %zu bytes", sizeof one.name - 1);

    const cJSON *target = cJSON_GetObjectItemCaseSensitive(item, "target");
    if (!cJSON_IsNull(target)) {
        err = spec_json_real(target, &target_place, 1, TARGET_MAX, &one.target);
        if (err_is(err))
            return err;
        if (one.target == 1)
            return spec_refuse(&target_place, "a target is larger than 1, or null");
    }
    if (expert != NULL) {
        err = spec_json_real(expert, &expert_place, 0.01, TARGET_MAX, &one.expert);
        if (err_is(err))
            return err;
    }
    spec->classes[spec->classes_count++] = one;
    return err_none();
}
