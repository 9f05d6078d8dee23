/* Bytes of a CUDA source as launch lines. What is accepted must keep what the launcher relies on:
 * geometry, counts and indices within their bounds. */
#include "assignments/launch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_program(const struct launch_program *program, const struct launch_limits *limits);
static void check_order(const struct launch_order *order, const struct launch_limits *limits);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct spec spec;
    static struct launch_plan plan;
    static struct launch_program program;
    const struct launch_limits limits = {.shared_bytes = 49152, .scratch_bytes = 1 << 20};

    if (spec.cases_count == 0 &&
        err_is(spec_load(&spec, "assignments/gradient_descent/assignment.json")))
        abort();
    struct err err = launch_parse(&plan, &spec, (const char *)bytes, size);
    if (err_is(err) && (err.code != ERR_INPUT || err.text[0] == '\0'))
        abort();
    for (int i = 0; i < spec.cases_count && !err_is(err); i++) {
        struct err bad = launch_program(&plan, &spec.cases[i], &limits, &program);
        if (err_is(bad) && bad.code != ERR_INPUT)
            abort();
        if (!err_is(bad))
            check_program(&program, &limits);
    }
    return 0;
}

static void check_program(const struct launch_program *program, const struct launch_limits *limits)
{
    uint64_t scratch = 0;

    for (int i = 0; i < program->scratch_count; i++)
        scratch += program->scratch_bytes[i];
    if (program->steps_count < 1 || program->steps_count > LAUNCH_STEPS_MAX ||
        program->launches < 0 || program->launches > LAUNCH_TOTAL_MAX ||
        program->scratch_count > LAUNCH_SCRATCH_MAX || scratch > (uint64_t)limits->scratch_bytes)
        abort();
    for (int i = 0; i < program->steps_count; i++)
        check_order(&program->steps[i], limits);
}

static void check_order(const struct launch_order *order, const struct launch_limits *limits)
{
    if (order->grid[0] < 1 || order->grid[0] > INT32_MAX || order->grid[1] > 65535 ||
        order->grid[2] > 65535 || order->block[0] * order->block[1] * order->block[2] - 1 > 1023 ||
        order->shared_bytes > limits->shared_bytes || order->times < 0 ||
        memchr(order->kernel, '\0', sizeof order->kernel) == NULL)
        abort();
    for (int i = 0; i < order->arguments_count; i++)
        if (order->arguments[i].value < 0 || (order->arguments[i].kind == LAUNCH_TENSOR &&
                                              order->arguments[i].value >= SPEC_ARGUMENTS_MAX))
            abort();
}
