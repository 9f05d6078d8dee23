/* The patterns are rows of a table; each looks at what was expected and what came, as doubles. */
#include "worker/diagnose.h"

#include "sandbox/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 1e-3       /* relative; patterns are coarse, the oracle's bounds decided already */
#define NEAR_RMS 1e-5   /* of the part's root mean square */
#define SHARE 0.99      /* of the elements that must fit a pattern */
#define PATTERN_LEAST 4 /* fewer elements fit too much by chance */
#define COARSE 1e-2     /* relative, of "precision" */
#define COARSE_RMS 1e-3

/* The part of the first mismatch in full. */
struct part {
    const struct call *given;
    int argument;
    size_t count;
    double *expected, *got; /* owned */
    int rank;
    size_t shape[SPEC_RANK_MAX];
    double rms; /* of expected */
};

static const char *first_hint(const struct diagnose_input *input);
static struct err part_make(struct part *part, const struct diagnose_input *input, bool *out_whole);
static void part_release(struct part *part);
static double element(const struct tensor *tensor, enum spec_element kind, size_t at);
static bool is_zero(const struct part *part);
static bool is_sign(const struct part *part);
static bool is_scale(const struct part *part);
static bool is_offset(const struct part *part);
static bool is_transposed(const struct part *part);
static bool is_rounding(const struct part *part);
static bool is_tail(const struct part *part);
static bool is_tail_of(const struct part *part, int dimension, size_t width);
static bool is_precision(const struct part *part);
static bool length_hint(const struct part *part, char out_code[DIAGNOSE_CODE_MAX]);
static bool length_explains(const struct part *part, int argument, int dimension);
static bool fits(const struct part *part, double factor, double shift);
static double median_of(const struct part *part, bool ratio, bool *out_enough);
static int by_value(const void *left, const void *right);
static bool near(const struct part *part, double left, double right);
static size_t coordinate(const struct part *part, size_t at, int dimension);

static const struct pattern {
    const char *code;
    bool (*fits)(const struct part *part);
} patterns[] = {
    {"zero_output", is_zero},      {"sign", is_sign},
    {"scale", is_scale},           {"offset", is_offset},
    {"transposed", is_transposed}, {"rounding", is_rounding},
};

struct err diagnose_hint(const struct diagnose_input *input, char out_code[DIAGNOSE_CODE_MAX])
{
    struct part part = {.count = 0};
    bool whole = false;
    const char *code = "";

    out_code[0] = '\0';
    struct err err = part_make(&part, input, &whole);
    if (err_is(err)) {
        part_release(&part);
        return err;
    }
    /* Nearly right is a matter of rounding, whichever call it was. */
    if (whole && is_precision(&part))
        code = "precision";
    else
        code = first_hint(input);
    for (size_t i = 0; i < COUNT(patterns) && *code == '\0' && whole; i++)
        code = patterns[i].fits(&part) ? patterns[i].code : "";
    if (*code != '\0' || !whole)
        (void)text_copy(out_code, DIAGNOSE_CODE_MAX, code); /* fits */
    else if (!length_hint(&part, out_code) && is_tail(&part))
        (void)text_copy(out_code, DIAGNOSE_CODE_MAX, "tail"); /* fits */
    part_release(&part);
    return err;
}

/* What the first wrong element alone says. */
static const char *first_hint(const struct diagnose_input *input)
{
    const struct compare_mismatch *first = &input->compare->first;

    return input->call_number > 0 ? "second_call"
           : first->unwritten     ? "unwritten"
           : first->got_nan       ? "nan"
           : isinf(first->got)    ? "infinite"
                                  : "";
}

/* out_whole false: the part is no tensor judged element by element, so there is no pattern. */
static struct err part_make(struct part *part, const struct diagnose_input *input, bool *out_whole)
{
    const struct spec *spec = input->given->spec;
    const char *name = input->compare->first.part;
    const int argument = spec_argument_index(spec, name);
    oracle_fn judge = oracle_find(spec->name);
    struct compare again;

    *out_whole = false;
    if (argument < 0 || judge == NULL || input->answer->tensors[argument].at == NULL)
        return err_none();
    const struct tensor *tensor = &input->answer->tensors[argument];
    *part = (struct part){.given = input->given, .argument = argument, .count = tensor->count};
    part->rank = spec->arguments[argument].rank;
    part->expected = calloc(part->count, sizeof *part->expected);
    part->got = calloc(part->count, sizeof *part->got);
    if (part->expected == NULL || part->got == NULL)
        return err_make(ERR_SYSTEM, "memory for a diagnosis");

    for (int i = 0; i < part->rank; i++) {
        int64_t length = 0;
        struct err err = expression_value(&spec->arguments[argument].shape[i],
                                          input->given->which->values, &length);
        if (err_is(err))
            return err;
        part->shape[i] = (size_t)length;
    }
    for (size_t at = 0; at < part->count; at++) {
        part->expected[at] = NAN;
        part->got[at] = element(tensor, spec->arguments[argument].element, at);
    }
    compare_init(&again);
    again.tap_part = name;
    again.tap = part->expected;
    again.tap_count = part->count;
    struct err err = judge(input->given, input->answer, &again);
    if (err_is(err))
        return err;

    double squares = 0;
    for (size_t at = 0; at < part->count; at++)
        squares += part->expected[at] * part->expected[at];
    part->rms = sqrt(squares / (double)part->count);
    *out_whole = isfinite(part->rms);
    return err_none();
}

static void part_release(struct part *part)
{
    free(part->expected);
    free(part->got);
}

static double element(const struct tensor *tensor, enum spec_element kind, size_t at)
{
    switch (kind) {
    case SPEC_F32: return (double)((const float *)tensor->at)[at];
    case SPEC_I32: return ((const int32_t *)tensor->at)[at];
    case SPEC_I8: return ((const int8_t *)tensor->at)[at];
    }
    return NAN;
}

static bool is_zero(const struct part *part)
{
    for (size_t at = 0; at < part->count; at++)
        if (part->got[at] != 0)
            return false;
    return part->rms > 0;
}

static bool is_sign(const struct part *part)
{
    return part->rms > 0 && fits(part, -1, 0);
}

static bool is_scale(const struct part *part)
{
    bool enough = false;
    double factor = median_of(part, true, &enough);
    return enough && factor != 0 && fabs(factor - 1) > COARSE && fits(part, factor, 0);
}

static bool is_offset(const struct part *part)
{
    bool enough = false;
    double shift = median_of(part, false, &enough);
    return enough && fits(part, 1, shift) && !fits(part, 1, 0);
}

static bool is_transposed(const struct part *part)
{
    if (part->rank < 2)
        return false;
    const size_t rows = part->shape[part->rank - 2], columns = part->shape[part->rank - 1];
    size_t fitting = 0;
    if (rows < 2 || columns < 2)
        return false;

    for (size_t at = 0; at < part->count; at++) {
        size_t first = at - at % (rows * columns), row = at % (rows * columns) / columns;
        size_t exchanged = first + at % columns * rows + row;
        fitting += near(part, part->got[exchanged], part->expected[at]);
    }
    return (double)fitting >= SHARE * (double)part->count;
}

static bool is_rounding(const struct part *part)
{
    if (part->given->spec->arguments[part->argument].element == SPEC_F32)
        return false;
    for (size_t at = 0; at < part->count; at++)
        if (fabs(part->got[at] - part->expected[at]) > 1)
            return false;
    return part->rms > 2;
}

static bool is_tail(const struct part *part)
{
    static const size_t widths[] = {4, 8, 16};

    for (int dimension = part->rank - 1; dimension >= 0; dimension--)
        for (size_t i = 0; i < COUNT(widths); i++)
            if (is_tail_of(part, dimension, widths[i]))
                return true;
    return false;
}

static bool is_tail_of(const struct part *part, int dimension, size_t width)
{
    const size_t length = part->shape[dimension];
    size_t wrong = 0;

    if (length % width == 0 || length < width)
        return false;
    for (size_t at = 0; at < part->count; at++) {
        if (near(part, part->got[at], part->expected[at]))
            continue;
        if (coordinate(part, at, dimension) < length - length % width)
            return false;
        wrong++;
    }
    return wrong > 0;
}

static bool is_precision(const struct part *part)
{
    for (size_t at = 0; at < part->count; at++) {
        double off = fabs(part->got[at] - part->expected[at]);
        if (!(off <= COARSE * fabs(part->expected[at]) + COARSE_RMS * part->rms))
            return false;
    }
    return part->given->spec->arguments[part->argument].element == SPEC_F32;
}

static bool length_hint(const struct part *part, char out_code[DIAGNOSE_CODE_MAX])
{
    const struct spec *spec = part->given->spec;
    const char *letters = spec->arguments[part->argument].index;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct spec_argument *argument = &spec->arguments[i];
        if (argument->role != SPEC_INPUT || argument->element != SPEC_I32 || argument->rank != 1)
            continue;
        const char *letter = strchr(letters, argument->index[0]);
        if (letter == NULL || *letter == '\0' || !length_explains(part, i, (int)(letter - letters)))
            continue;
        (void)snprintf(out_code, DIAGNOSE_CODE_MAX, "%s_ignored", argument->name); /* fits */
        return true;
    }
    return false;
}

/* Wrong slices are exactly those whose length is below the largest. */
static bool length_explains(const struct part *part, int argument, int dimension)
{
    const struct tensor *tensor = &part->given->tensors[argument];
    const int32_t *lengths = tensor->at;
    int32_t most = INT32_MIN;
    size_t right_full = 0, wrong_short = 0;

    if (dimension >= part->rank || tensor->count != part->shape[dimension])
        return false;
    for (size_t i = 0; i < tensor->count; i++)
        most = lengths[i] > most ? lengths[i] : most;
    for (size_t at = 0; at < part->count; at++) {
        bool full = lengths[coordinate(part, at, dimension)] == most;
        bool right = near(part, part->got[at], part->expected[at]);
        if (full && !right)
            return false;
        right_full += full;
        wrong_short += !full && !right;
    }
    return right_full > 0 && wrong_short > 0;
}

/* got = factor * expected + shift, nearly everywhere. */
static bool fits(const struct part *part, double factor, double shift)
{
    size_t fitting = 0;

    for (size_t at = 0; at < part->count; at++)
        fitting += near(part, part->got[at], factor * part->expected[at] + shift);
    return part->count >= PATTERN_LEAST && (double)fitting >= SHARE * (double)part->count;
}

/* Median of got / expected, or of got - expected. */
static double median_of(const struct part *part, bool ratio, bool *out_enough)
{
    double *values = calloc(part->count, sizeof *values);
    size_t count = 0;
    double median = 0;

    for (size_t at = 0; at < part->count && values != NULL; at++) {
        if (ratio && fabs(part->expected[at]) < 0.1 * part->rms)
            continue;
        values[count++] =
            ratio ? part->got[at] / part->expected[at] : part->got[at] - part->expected[at];
    }
    *out_enough = count >= PATTERN_LEAST;
    if (*out_enough) {
        qsort(values, count, sizeof *values, by_value);
        median = values[count / 2];
        *out_enough = isfinite(median);
    }
    free(values);
    return median;
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static bool near(const struct part *part, double left, double right)
{
    return fabs(left - right) <= NEAR * fmax(fabs(left), fabs(right)) + NEAR_RMS * part->rms;
}

/* The index of an element along one dimension. */
static size_t coordinate(const struct part *part, size_t at, int dimension)
{
    for (int i = part->rank - 1; i > dimension; i--)
        at /= part->shape[i];
    return at % part->shape[dimension];
}
