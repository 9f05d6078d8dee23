/* Regions one behind the other, a guard page before, between and behind them. */
#include "worker/runner_layout.h"

#include <assert.h>

#define PAGE ((size_t)CONTROL_PAGE)
#define ALIGNMENT ((size_t)64)                       /* the promise of every header */
#define LAYOUT_BYTES_MAX (2 * SPEC_TENSOR_BYTES_MAX) /* the largest tensors of unlike cases */

static size_t largest(const struct spec *spec, int argument, const int *cases, size_t cases_count);
static void guard_add(struct runner_layout *layout, size_t *bytes, size_t gap, bool in_outputs);

_Static_assert(CONTROL_ARGUMENTS_MAX == SPEC_ARGUMENTS_MAX, "the page has room for all arguments");
_Static_assert(CONTROL_GUARDS_MAX >= SPEC_ARGUMENTS_MAX + 2, "and for their guards");

struct err runner_layout_make(struct runner_layout *out, const struct spec *spec, const int *cases,
                              size_t cases_count, size_t gap)
{
    *out = (struct runner_layout){.guards_count = 0};
    guard_add(out, &out->inputs_bytes, gap, false);
    guard_add(out, &out->outputs_bytes, gap, true);

    for (int i = 0; i < spec->arguments_count; i++) {
        const enum spec_role role = spec->arguments[i].role;
        struct runner_region *region = &out->regions[i];
        region->in_outputs = role == SPEC_INOUT || role == SPEC_OUTPUT;
        region->used = role == SPEC_INPUT || region->in_outputs;
        if (!region->used)
            continue;

        size_t *bytes = region->in_outputs ? &out->outputs_bytes : &out->inputs_bytes;
        size_t need = largest(spec, i, cases, cases_count);
        region->start = *bytes;
        region->end = *bytes + (need + PAGE - 1) / PAGE * PAGE;
        *bytes = region->end;
        guard_add(out, bytes, gap, region->in_outputs);
    }
    if (out->inputs_bytes + out->outputs_bytes > (size_t)LAYOUT_BYTES_MAX)
        return err_make(ERR_LIMIT, "the tensors of '%s' take %zu bytes together", spec->name,
                        out->inputs_bytes + out->outputs_bytes);
    return err_none();
}

size_t runner_layout_place(const struct runner_layout *layout, int argument, size_t bytes)
{
    const struct runner_region *region = &layout->regions[argument];
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    assert(region->used && rounded <= region->end - region->start);
    return region->end - rounded;
}

static size_t largest(const struct spec *spec, int argument, const int *cases, size_t cases_count)
{
    size_t most = 1;

    for (size_t i = 0; i < cases_count; i++) {
        size_t bytes = (size_t)spec_tensor_bytes(spec, &spec->cases[cases[i]], argument);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static void guard_add(struct runner_layout *layout, size_t *bytes, size_t gap, bool in_outputs)
{
    layout->guards[layout->guards_count++] = (uint64_t)*bytes | (in_outputs ? 1 : 0);
    *bytes += gap > PAGE ? gap : PAGE;
}
