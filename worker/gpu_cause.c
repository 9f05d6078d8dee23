/* The table of worker/gpu_fault.c in words of a report. */
#include "worker/gpu_cause.h"

#include "sandbox/base/text.h"
#include "worker/gpu_fault.h"
#include "worker/judge.h"

#include <stdio.h>

struct err gpu_cause_fill(struct gpu *gpu, const struct spec *spec, const struct gpu_result *result,
                          struct wire_case *one)
{
    if (result->end == GPU_WALL_LIMIT) {
        one->verdict = VERDICT_TIME_LIMIT;
        (void)text_copy(one->code, sizeof one->code, "loop_endless"); /* fits */
        (void)snprintf(one->detail, sizeof one->detail, "stopped after %.1f s (limit %.1f s)",
                       (double)result->took_ns / 1e9, (double)spec->limits.wall_ms / 1e3);
        return err_none();
    }
    const struct gpu_meaning *const meaning =
        gpu_fault_meaning(result->reply.stage, result->reply.code);
    if (result->end != GPU_FAULT || meaning->blame != GPU_THEIRS)
        return gpu_process_err(gpu, result);
    one->verdict = meaning->verdict;
    (void)text_copy(one->code, sizeof one->code, meaning->code);         /* fits */
    (void)text_copy(one->detail, sizeof one->detail, meaning->sentence); /* fits */
    return err_none();
}

bool gpu_cause_inside(const struct spec *spec, const struct launch_plan *plan,
                      const struct gpu_result *result, struct wire_case *one)
{
    const int argument = result->reply.outside, scratch = argument - SPEC_ARGUMENTS_MAX;

    if (argument < 0)
        return true;
    if (argument < spec->arguments_count) {
        judge_outside(spec, argument, one);
        return false;
    }
    one->verdict = VERDICT_RUNTIME_ERROR;
    (void)text_copy(one->code, sizeof one->code, "outside_write"); /* fits */
    if (scratch >= 0 && scratch < plan->scratch_count)
        (void)snprintf(one->detail, sizeof one->detail, "wrote outside scratch %s",
                       plan->scratch[scratch].name);
    else
        (void)text_copy(one->detail, sizeof one->detail, "wrote before the first of its arrays");
    return false;
}
