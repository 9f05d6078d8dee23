/* What the kernels need of a device, case by case. */
#include "sandbox/base/text.h"
#include "worker/cubin.h"
#include "worker/cuda_build.h"
#include "worker/cuda_log.h"
#include "worker/gpu_arch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool step_fine(struct cuda_build *build, const struct launch_order *order, int line,
                      const struct spec_case *one);
static struct wire_kernel *kernel_of(struct cuda_build *build, const char *name);

bool cuda_kernels_find(struct cuda_build *build, const char *log, size_t log_size)
{
    struct wire_cuda *const cuda = build->result->cuda;
    const struct buf *const cubin = &build->program->cubin;
    const struct launch_plan *const plan = &build->program->plan;
    struct wire_kernel told[WIRE_KERNELS_MAX];
    auto_buf struct buf reports = buf_of((size_t)1 << 20);
    const int told_count = cuda_log_read(log, log_size, &reports, told);

    _Static_assert(WIRE_KERNELS_MAX >= LAUNCH_STEPS_MAX, "all that are launched have a place");
    for (int i = 0; i < plan->steps_count; i++) {
        struct wire_kernel *const kernel = &cuda->kernels[cuda->kernels_count];
        if (kernel_of(build, plan->steps[i].kernel) != NULL)
            continue;
        *kernel = (struct wire_kernel){.dynamic_bytes = -1, .occupancy = -1};
        (void)text_copy(kernel->name, sizeof kernel->name, plan->steps[i].kernel);
        if (!cubin_resources(cubin->at, cubin->size, kernel->name, &kernel->registers,
                             &kernel->shared_bytes))
            return cuda_refuse(build, "broken_object",
                               "the compiled kernel does not say what '%s' needs", kernel->name);
        for (int j = 0; j < told_count; j++)
            if (strcmp(told[j].name, kernel->name) == 0)
                kernel->spill_bytes = told[j].spill_bytes;
        cuda->kernels_count++;
    }
    return true;
}

/* The last visible case is the largest, and the one whose occupancy is told. */
struct err cuda_needs_fit(struct cuda_build *build, bool *out_fit)
{
    const struct launch_limits limits = {.shared_bytes = build->arch->shared_of_block,
                                         .scratch_bytes = build->spec->limits.memory_extra_bytes};
    const struct launch_plan *const plan = &build->program->plan;
    auto_free struct launch_program *program = malloc(sizeof *program);

    if (program == NULL)
        return err_make(ERR_SYSTEM, "memory for its launches");
    *out_fit = true;
    for (int i = 0; *out_fit && cuda_case_at(build, i) != NULL; i++) {
        const struct spec_case *const one = cuda_case_at(build, i);
        struct err err = launch_program(plan, one, &limits, program);
        if (err_is(err))
            return err_make(ERR_INTERNAL, "launches that were fine before: %s", err.text);
        for (int j = 0; *out_fit && j < program->steps_count; j++)
            *out_fit = step_fine(build, &program->steps[j], plan->steps[j].line, one);
    }
    return err_none();
}

static bool step_fine(struct cuda_build *build, const struct launch_order *order, int line,
                      const struct spec_case *one)
{
    struct wire_kernel *const kernel = kernel_of(build, order->kernel);
    const int threads = (int)(order->block[0] * order->block[1] * order->block[2]);

    assert(kernel != NULL); /* cuda_kernels_find has them all */
    const int64_t shared = kernel->shared_bytes + order->shared_bytes;
    const bool registers_fit = gpu_arch_registers_fit(kernel->registers, threads);
    const bool fits = registers_fit && shared <= build->arch->shared_of_block;
    if (!fits && one->hidden)
        return cuda_refuse(build, "launch_bounds", "more than a block of %s has, in a hidden case",
                           build->arch->name);
    if (!fits)
        cuda_quote_line(build, line);
    if (!registers_fit)
        return cuda_refuse(
            build, "launch_bounds",
            "line %d: %d threads of %d registers each are more than a block's %d (case %s)", line,
            threads, kernel->registers, GPU_REGISTERS, one->name);
    if (shared > build->arch->shared_of_block)
        return cuda_refuse(
            build, "launch_bounds",
            "line %d: %lld bytes of shared memory, static and dynamic; a block of %s has "
            "%lld (case %s)",
            line, (long long)shared, build->arch->name, (long long)build->arch->shared_of_block,
            one->name);
    if (one->hidden) /* its sizes stay hidden */
        return true;
    kernel->threads = threads;
    kernel->dynamic_bytes = order->shared_bytes;
    kernel->occupancy = gpu_arch_occupancy(build->arch, kernel->registers, shared, threads);
    return true;
}

static struct wire_kernel *kernel_of(struct cuda_build *build, const char *name)
{
    struct wire_cuda *const cuda = build->result->cuda;
    for (int i = 0; i < cuda->kernels_count; i++)
        if (strcmp(cuda->kernels[i].name, name) == 0)
            return &cuda->kernels[i];
    return NULL;
}

const struct spec_case *cuda_case_at(const struct cuda_build *build, int index)
{
    const struct spec *const spec = build->spec;
    const int count = spec->cases_count;

    for (int i = 0; i < count + spec->gpu_cases_count; i++) {
        const struct spec_case *const one =
            i < count ? &spec->cases[i] : &spec->gpu_cases[i - count];
        const bool runs = i >= count || !spec->groups[one->group].is_speed;
        if (runs && !(build->practice && one->hidden) && index-- == 0)
            return one;
    }
    return NULL;
}
