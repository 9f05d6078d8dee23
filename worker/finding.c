/* A table says what each kind needs to make sense. */
#include "worker/finding.h"

#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_MAX ((int64_t)1 << 50) /* of any number in a claim: more than any memory has */
#define LINE_MAX_HERE 1000000

enum needs { NEEDS_TENSOR = 1, HAS_NAME = 2, HAS_PLACE = 4 };

static const unsigned char kinds[FOUND_KINDS] = {
    [FOUND_OUTSIDE_TENSOR] = NEEDS_TENSOR | HAS_PLACE,
    [FOUND_INPUT_WRITTEN] = NEEDS_TENSOR | HAS_PLACE,
    [FOUND_UNSET_TENSOR] = NEEDS_TENSOR | HAS_PLACE,
    [FOUND_OUTSIDE_ARRAY] = HAS_NAME,
    [FOUND_UNSET_ARRAY] = HAS_NAME,
    [FOUND_INDEX] = HAS_NAME,
    [FOUND_SIGNED_OVERFLOW] = HAS_NAME,
    [FOUND_DIVISION_OVERFLOW] = HAS_NAME,
    [FOUND_SHIFT] = HAS_NAME,
    [FOUND_FLOAT_TO_INTEGER] = HAS_NAME,
};

static bool tensor_read(const struct control_finding *raw, const struct spec *spec,
                        const struct spec_case *which, struct wire_finding *out);
static void place_write(const struct spec *spec, const struct spec_case *which, int argument,
                        struct wire_finding *out);
static void name_clean(const char *raw, size_t size, char *out, size_t out_size);
static int64_t bounded(int64_t value);
static int64_t floor_divide(int64_t value, int64_t by);

bool finding_read(const struct control_finding *raw, const struct spec *spec,
                  const struct spec_case *which, struct wire_finding *out)
{
    *out = (struct wire_finding){.index = (int)(which - spec->cases)};
    if (raw->kind == FOUND_NOTHING || raw->kind >= FOUND_KINDS || raw->kind == FOUND_SLOW)
        return false;
    out->kind = (enum found)raw->kind;
    out->is_write = raw->is_write != 0;
    out->value = bounded(raw->value);
    if ((kinds[raw->kind] & NEEDS_TENSOR) != 0)
        return tensor_read(raw, spec, which, out);
    out->element = bounded(raw->offset);
    if ((out->kind == FOUND_OUTSIDE_ARRAY || out->kind == FOUND_OUTSIDE_BLOCK) &&
        raw->object_bytes == 0)
        out->kind = FOUND_WILD; /* of no array that is known */
    out->of = raw->object_bytes < (uint64_t)CLAIM_MAX ? (int64_t)raw->object_bytes : 0;
    if ((kinds[raw->kind] & HAS_NAME) != 0)
        name_clean(raw->name, sizeof raw->name, out->name, sizeof out->name);
    return true;
}

static bool tensor_read(const struct control_finding *raw, const struct spec *spec,
                        const struct spec_case *which, struct wire_finding *out)
{
    static const int64_t widths[] = {[SPEC_F32] = 4, [SPEC_I32] = 4, [SPEC_I8] = 1};

    if (raw->argument < 0 || raw->argument >= spec->arguments_count)
        return false;
    const int argument = (int)raw->argument;
    const struct spec_argument *tensor = &spec->arguments[argument];
    if (tensor->role != SPEC_INPUT && tensor->role != SPEC_INOUT && tensor->role != SPEC_OUTPUT)
        return false;
    (void)text_copy(out->name, sizeof out->name, tensor->name); /* fits */
    out->element = floor_divide(bounded(raw->offset), widths[tensor->element]);
    out->of = spec_elements(spec, which, argument);
    place_write(spec, which, argument, out);
    return true;
}

/* As indices, where the first may run past its end: only a negative place has none. */
static void place_write(const struct spec *spec, const struct spec_case *which, int argument,
                        struct wire_finding *out)
{
    const struct spec_argument *tensor = &spec->arguments[argument];
    int64_t index[SPEC_RANK_MAX], rest = out->element;
    size_t used = 0;

    if (tensor->rank < 2 || out->element < 0)
        return;
    for (int i = tensor->rank - 1; i >= 0; i--) {
        int64_t length = 0;
        if (err_is(expression_value(&tensor->shape[i], which->values, &length)) || length < 1)
            return;
        index[i] = i > 0 ? rest % length : rest;
        rest /= length;
    }
    for (int i = -1; i < tensor->rank; i++) {
        const int length =
            i < 0
                ? snprintf(out->place, sizeof out->place, "%s", tensor->name)
                : snprintf(out->place + used, sizeof out->place - used, "[%c=%lld]",
                           tensor->index[i] != '\0' ? tensor->index[i] : '?', (long long)index[i]);
        used += length > 0 ? (size_t)length : 0;
        if (used >= sizeof out->place) {
            out->place[0] = '\0';
            return;
        }
    }
}

/* "tmp:7" is gcc's word for a local array and the line of its declaration, "'float [16]'" UBSan's
 * for a type. Nothing that is not a letter of C's names and types gets through. */
static void name_clean(const char *raw, size_t size, char *out, size_t out_size)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_ *[]";
    size_t used = 0;

    for (size_t i = 0; i < size && raw[i] != '\0' && raw[i] != ':' && used + 1 < out_size; i++) {
        if (raw[i] == '\'')
            continue;
        if (strchr(allowed, raw[i]) == NULL) {
            used = 0;
            break;
        }
        out[used++] = raw[i];
    }
    out[used] = '\0';
}

int64_t finding_line(const char *said, const char *file_name)
{
    const size_t length = strlen(file_name);

    for (const char *line = said; *line != '\0';) {
        const size_t size = strcspn(line, "\n");
        const char *colon = memrchr(line, ':', size);
        if (colon != NULL && (size_t)(colon - line) >= length &&
            memcmp(colon - length, file_name, length) == 0 &&
            ((size_t)(colon - line) == length || colon[-(ptrdiff_t)length - 1] == '/')) {
            const long number = strtol(colon + 1, NULL, 10);
            if (number > 0 && number <= LINE_MAX_HERE)
                return number;
        }
        line += size + (line[size] == '\n');
    }
    return 0;
}

void finding_place(struct wire_finding *finding, int64_t line, const char *source, size_t size)
{
    const char *at = source, *end = source + size;

    for (int64_t number = 1; number < line && at < end; number++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        at = feed != NULL ? feed + 1 : end;
    }
    if (line < 1 || at >= end)
        return;
    finding->line = line;
    const char *feed = memchr(at, '\n', (size_t)(end - at));
    const char *stop = feed != NULL ? feed : end;
    while (at < stop && (*at == ' ' || *at == '\t'))
        at++;
    auto_buf struct buf clean = buf_of(4096);
    (void)text_sanitise(&clean, at, (size_t)(stop - at), 1, sizeof finding->source - 8); /* cut */
    clean.at[strcspn(clean.at, "\n")] = '\0';
    for (char *tab = clean.at; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    (void)text_copy(finding->source, sizeof finding->source, clean.at); /* cut */
}

static int64_t bounded(int64_t value)
{
    return value > CLAIM_MAX ? CLAIM_MAX : value < -CLAIM_MAX ? -CLAIM_MAX : value;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}
