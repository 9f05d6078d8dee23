/* Bytes of an assignment file. What is accepted must keep the promises that the rest relies on:
 * every shape has a size, the points add up, every word is terminated, an adapter can be written.
 * The same bytes are tried as a size expression and as a header. */
#include "assignments/adapter.h"
#include "assignments/spec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void use(const struct spec *spec, const char *text, size_t size);
static void use_case(const struct spec *spec, const struct spec_case *one);
static void try_expression(const char *text, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct spec *spec = malloc(sizeof *spec);
    if (spec == NULL)
        return 0;

    struct err err = spec_parse(spec, (const char *)bytes, size, "fuzz.json");
    if (err_is(err) && err.code != ERR_INPUT)
        abort();
    if (!err_is(err))
        use(spec, (const char *)bytes, size);
    free(spec);
    try_expression((const char *)bytes, size);
    return 0;
}

static void use(const struct spec *spec, const char *text, size_t size)
{
    struct buf adapter;
    int points = 0;

    for (int i = 0; i < spec->groups_count; i++)
        points += spec->groups[i].points;
    if (points != 10000)
        abort();
    for (int i = 0; i < spec->cases_count; i++)
        use_case(spec, &spec->cases[i]);

    buf_init(&adapter, 1 << 20);
    adapter_generate(spec, &adapter);
    if (adapter.failed || !err_is(adapter_check(spec, text, size, "fuzz.h")))
        abort(); /* JSON is no prototype */
    buf_release(&adapter);
}

static void use_case(const struct spec *spec, const struct spec_case *one)
{
    char words[64];
    int64_t total = 0, work = 0;

    for (int i = 0; i < spec->arguments_count; i++)
        total += spec_tensor_bytes(spec, one, i);
    if (total < 0 || total > SPEC_TENSOR_BYTES_MAX)
        abort();
    if (one->flops.count > 0 && err_is(expression_value(&one->flops, one->values, &work)))
        abort();
    spec_case_words(spec, one, words, sizeof words);
    if (memchr(words, '\0', sizeof words) == NULL || strlen(one->name) >= sizeof one->name)
        abort();
}

static void try_expression(const char *text, size_t size)
{
    static const char *const names[] = {"n", "K"};
    static const int64_t values[] = {3, INT64_MAX};
    struct expression expression;
    int64_t value = 0;
    char *copy = strndup(text, size);

    if (copy != NULL && !err_is(expression_parse(&expression, copy, names, COUNT(names))))
        if (!err_is(expression_value(&expression, values, &value)) && value < 0)
            abort();
    free(copy);
}
