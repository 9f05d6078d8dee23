/* The cases of a GPU submission. */
#include "assignments/spec.h"

_Static_assert(SPEC_GPU_CASES_MAX < SPEC_CASES_MAX, "both kinds of cases share a table");

void spec_for_gpu(struct spec *out, const struct spec *spec)
{
    int count = 0;

    *out = *spec;
    for (int i = 0; i < spec->cases_count; i++)
        if (!spec->groups[spec->cases[i].group].is_speed)
            out->cases[count++] = spec->cases[i];
    for (int i = 0; i < spec->gpu_cases_count && count < SPEC_CASES_MAX; i++)
        out->cases[count++] = spec->gpu_cases[i];
    out->cases_count = count;
}
