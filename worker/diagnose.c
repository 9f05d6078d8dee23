/* What a wrong answer looks like, from the compared tensor to a code; the patterns themselves are
 * in diagnose_patterns.c. */
#include "worker/diagnose.h"

#include "sandbox/base/text.h"
#include "worker/diagnose_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *first_hint(const struct diagnose_input *input);
static struct err part_make(struct part *part, const struct diagnose_input *input, bool *out_whole);
static void part_release(struct part *part);
static double element(const struct tensor *tensor, enum spec_element kind, size_t at);
struct err diagnose_hint(const struct diagnose_input *input, char out_code[DIAGNOSE_CODE_MAX])
{
    struct part part = {.count = 0};
    bool whole = false;

    out_code[0] = '\0';
    struct err err = part_make(&part, input, &whole);
    if (!err_is(err)) {
        const char *const first = first_hint(input);
        if (!whole)
            (void)text_copy(out_code, DIAGNOSE_CODE_MAX, first); /* fits */
        else
            diagnose_part(&part, first, out_code);
    }
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
