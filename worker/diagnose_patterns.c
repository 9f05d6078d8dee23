/* The patterns are rows of two tables: what relates the values to the right ones, and where the
 * wrong ones are. Each looks at what was expected and what came, as doubles. */
#include "sandbox/base/text.h"
#include "worker/diagnose_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR 1e-3       /* relative; patterns are coarse, the oracle's bounds decided already */
#define NEAR_RMS 1e-5   /* of the part's root mean square */
#define SHARE 0.99      /* of the elements that must fit a pattern */
#define PATTERN_LEAST 4 /* fewer elements fit too much by chance */
#define ROW_LEAST 3     /* elements of a row that has a factor of its own */
#define COARSE 1e-2     /* relative, of "precision" */
#define COARSE_RMS 1e-3

static bool is_zero(const struct part *part);
static bool is_sign(const struct part *part);
static bool is_scale(const struct part *part);
static bool is_offset(const struct part *part);
static bool is_transposed(const struct part *part);
static bool is_rounding(const struct part *part);
static bool is_row_scale(const struct part *part);
static bool row_has_factor(const struct part *part, size_t row, size_t columns, double *out);
static bool is_tail(const struct part *part);
static bool is_tail_of(const struct part *part, int dimension, size_t width);
static bool is_last(const struct part *part);
static bool is_first(const struct part *part);
static bool is_edge_of(const struct part *part, int dimension, bool last);
static bool is_slices(const struct part *part);
static bool is_slices_of(const struct part *part, int dimension);
static bool is_precision(const struct part *part);
static bool length_hint(const struct part *part, char out_code[DIAGNOSE_CODE_MAX]);
static bool is_length(const struct part *part, int argument);
static bool length_explains(const struct part *part, int argument, int dimension);
static bool fits(const struct part *part, double factor, double shift);
static double median_of(const struct part *part, bool ratio, bool *out_enough);
static int by_value(const void *left, const void *right);
static bool near(const struct part *part, double left, double right);
static size_t coordinate(const struct part *part, size_t at, int dimension);

struct pattern {
    const char *code;
    bool (*fits)(const struct part *part);
};

/* What the values are. */
static const struct pattern of_values[] = {
    {"zero_output", is_zero},      {"sign", is_sign},
    {"scale", is_scale},           {"offset", is_offset},
    {"transposed", is_transposed}, {"rounding", is_rounding},
    {"row_scale", is_row_scale},
};

/* Where the wrong ones are. */
static const struct pattern of_places[] = {
    {"tail", is_tail},
    {"last", is_last},
    {"first", is_first},
    {"slices", is_slices},
};

static bool try_all(const struct part *part, const struct pattern *patterns, size_t count,
                    char out_code[DIAGNOSE_CODE_MAX])
{
    for (size_t i = 0; i < count; i++)
        if (patterns[i].fits(part))
            return text_copy(out_code, DIAGNOSE_CODE_MAX, patterns[i].code);
    return false;
}

void diagnose_part(const struct part *part, const char *first, char out_code[DIAGNOSE_CODE_MAX])
{
    const bool missing = strcmp(first, "unwritten") == 0 || strcmp(first, "nan") == 0;

    /* Nearly right is a matter of rounding, whichever call it was. */
    if (is_precision(part)) {
        (void)text_copy(out_code, DIAGNOSE_CODE_MAX, "precision"); /* fits */
        return;
    }
    if (missing && (length_hint(part, out_code) || try_all(part, of_places, 2, out_code)))
        return;
    if (*first != '\0')
        (void)text_copy(out_code, DIAGNOSE_CODE_MAX, first); /* fits */
    else if (!try_all(part, of_values, COUNT(of_values), out_code) && !length_hint(part, out_code))
        (void)try_all(part, of_places, COUNT(of_places), out_code); /* else no hint */
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

/* Each row, along the last dimension, is right but for a factor of its own: a sum by which it
 * should have been divided, most likely. */
static bool is_row_scale(const struct part *part)
{
    const size_t columns = part->rank > 1 ? part->shape[part->rank - 1] : 0;
    double low = INFINITY, high = -INFINITY;

    if (columns < ROW_LEAST)
        return false;
    for (size_t row = 0; row < part->count / columns; row++) {
        double factor = 0;
        if (!row_has_factor(part, row, columns, &factor))
            return false;
        low = fmin(low, factor);
        high = fmax(high, factor);
    }
    return part->count / columns > 1 && high - low > COARSE * fabs(high);
}

static bool row_has_factor(const struct part *part, size_t row, size_t columns, double *out)
{
    const double *expected = part->expected + row * columns, *got = part->got + row * columns;
    size_t largest = 0;

    for (size_t i = 1; i < columns; i++)
        if (fabs(expected[i]) > fabs(expected[largest]))
            largest = i;
    *out = got[largest] / expected[largest];
    if (!isfinite(*out) || *out == 0)
        return false;
    for (size_t i = 0; i < columns; i++)
        if (!near(part, got[i], *out * expected[i]))
            return false;
    return true;
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

static bool is_last(const struct part *part)
{
    for (int dimension = part->rank - 1; dimension >= 0; dimension--)
        if (is_edge_of(part, dimension, true))
            return true;
    return false;
}

static bool is_first(const struct part *part)
{
    for (int dimension = part->rank - 1; dimension >= 0; dimension--)
        if (is_edge_of(part, dimension, false))
            return true;
    return false;
}

/* Wrong at the last index of a dimension, or at the first, and nowhere else. */
static bool is_edge_of(const struct part *part, int dimension, bool last)
{
    const size_t length = part->shape[dimension], edge = last ? length - 1 : 0;
    size_t wrong = 0;

    if (length < 3)
        return false;
    for (size_t at = 0; at < part->count; at++) {
        if (near(part, part->got[at], part->expected[at]))
            continue;
        if (coordinate(part, at, dimension) != edge)
            return false;
        wrong++;
    }
    return 2 * wrong * length >= part->count; /* half of the edge at least */
}

/* Along one dimension but the last, some slices are right to the last element and in all others
 * most are wrong. */
static bool is_slices(const struct part *part)
{
    for (int dimension = 0; dimension < part->rank - 1; dimension++)
        if (is_slices_of(part, dimension))
            return true;
    return false;
}

static bool is_slices_of(const struct part *part, int dimension)
{
    const size_t length = part->shape[dimension], each = part->count / length;
    size_t right_slices = 0;
    bool whole = length >= 2 && each >= PATTERN_LEAST;
    auto_free size_t *wrong = calloc(length, sizeof *wrong);

    if (wrong == NULL)
        return false; /* no hint for want of memory */
    for (size_t at = 0; at < part->count && whole; at++)
        wrong[coordinate(part, at, dimension)] += !near(part, part->got[at], part->expected[at]);
    for (size_t slice = 0; slice < length && whole; slice++) {
        whole = wrong[slice] == 0 || 10 * wrong[slice] >= 9 * each;
        right_slices += wrong[slice] == 0;
    }
    return whole && right_slices > 0 && right_slices < length;
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
        if (argument->role != SPEC_INPUT || argument->element != SPEC_I32 || argument->rank != 1 ||
            !is_length(part, i))
            continue;
        const char *letter = strchr(letters, argument->index[0]);
        if (letter == NULL || *letter == '\0' || !length_explains(part, i, (int)(letter - letters)))
            continue;
        (void)snprintf(out_code, DIAGNOSE_CODE_MAX, "%s_ignored", argument->name); /* fits */
        return true;
    }
    return false;
}

/* Every value is one that some size of the case allows: a bias, say, is no length. */
static bool is_length(const struct part *part, int argument)
{
    const struct spec *spec = part->given->spec;
    const struct tensor *tensor = &part->given->tensors[argument];
    const int32_t *lengths = tensor->at;
    int64_t most = 0;

    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_SIZE && part->given->which->values[i] > most)
            most = part->given->which->values[i];
    for (size_t i = 0; i < tensor->count; i++)
        if (lengths[i] < 0 || lengths[i] > most)
            return false;
    return true;
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
