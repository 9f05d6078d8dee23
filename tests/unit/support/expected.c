/* The oracle's tap, one output after the other. */
#include "tests/unit/support/expected.h"

#include "reference/oracle.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>

static void output_take(struct call *call, int argument);

void expected_take(struct call *call)
{
    call_poison_outputs(call);
    for (int i = 0; i < call->spec->arguments_count; i++)
        if (call->spec->arguments[i].role == SPEC_OUTPUT)
            output_take(call, i);
}

void expected_spoil(const struct call *call, int argument, size_t at)
{
    unsigned char *const bytes = call->tensors[argument].at;
    const size_t width = call->spec->arguments[argument].element == SPEC_I8 ? 1 : 4;
    assert_true(at < call->tensors[argument].count);
    bytes[at * width + width - 1] ^= 0x41;
}

static void output_take(struct call *call, int argument)
{
    const struct spec_argument *output = &call->spec->arguments[argument];
    const struct tensor *tensor = &call->tensors[argument];
    struct compare compare;
    double *expected = calloc(tensor->count, sizeof *expected);
    assert_non_null(expected);
    compare_init(&compare);
    compare.tap_part = output->name;
    compare.tap = expected;
    compare.tap_count = tensor->count;
    struct err err = oracle_find(call->spec->name)(call, call, &compare);
    assert_string_equal(err.text, "");
    for (size_t i = 0; i < tensor->count; i++) {
        if (output->element == SPEC_F32)
            ((float *)tensor->at)[i] = (float)expected[i];
        else if (output->element == SPEC_I32)
            ((int32_t *)tensor->at)[i] = (int32_t)expected[i];
        else
            ((int8_t *)tensor->at)[i] = (int8_t)expected[i];
    }
    free(expected);
}
