/* Memory, images, and orders made of calls. */
#include "worker/gpu_runner.h"

#include "assignments/inputs.h"
#include "sandbox/base/fdio.h"
#include "worker/shared_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT ((size_t)64)
#define COPY_BYTES_A_MS ((uint64_t)256 << 10) /* both ways, on the slowest bus: 256 MiB/s */

struct gpu_runner {
    struct gpu_runner_plan plan;
    struct gpu_process process;
    struct call given, live; /* inputs and inouts as made; outputs and inouts as they come back */
    int inputs_fd, outputs_fd, image_fds[LAUNCHER_IMAGES];
    char *inputs, *outputs;
    size_t inputs_bytes, outputs_bytes;
    uint64_t arena_bytes;
    bool fresh;
    struct launcher_order order; /* of the case at hand */
};

static struct err sizes_find(struct gpu_runner *runner, const int *cases, size_t cases_count);
static struct err program_of(const struct gpu_runner_plan *plan, enum launcher_image image,
                             const struct spec_case *one, struct launch_program *out);
static struct err images_make(struct gpu_runner *runner);
static struct err process_open(struct gpu_runner *runner);
static size_t place_tensors(struct gpu_runner *runner, const struct spec_case *which, bool outputs);
static void poison_set(enum spec_element element, struct launcher_tensor *out);
static void scalars_set(struct gpu_runner *runner);
static void inouts_blank(const struct gpu_runner *runner);
static int64_t patience_ms(const struct gpu_runner *runner);

struct err gpu_runner_new(struct gpu_runner **out, const struct gpu_runner_plan *plan)
{
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    struct gpu_runner *const runner = calloc(1, sizeof *runner);
    void *inputs = NULL, *outputs = NULL;

    if (runner == NULL)
        return err_make(ERR_SYSTEM, "memory for a GPU's runner");
    runner->plan = *plan;
    runner->plan.cases = NULL;
    runner->inputs_fd = runner->outputs_fd = -1;
    for (int i = 0; i < LAUNCHER_IMAGES; i++)
        runner->image_fds[i] = -1;
    gpu_process_init(&runner->process, plan->gpu);

    struct err err = sizes_find(runner, plan->cases, plan->cases_count);
    if (!err_is(err))
        err = shared_memory_make("inputs", runner->inputs_bytes, fixed | F_SEAL_FUTURE_WRITE,
                                 &runner->inputs_fd, &inputs);
    if (!err_is(err))
        err = shared_memory_make("outputs", runner->outputs_bytes, fixed, &runner->outputs_fd,
                                 &outputs);
    runner->inputs = inputs;
    runner->outputs = outputs;
    if (!err_is(err))
        err = images_make(runner);
    if (err_is(err)) {
        gpu_runner_free(runner);
        return err;
    }
    *out = runner;
    return err_none();
}

struct err gpu_runner_room(const struct gpu_runner_plan *plan, const struct spec_case *one,
                           uint64_t *out)
{
    const struct spec *const spec = plan->spec;
    auto_free struct launch_program *program = malloc(sizeof *program);
    uint64_t tensors = LAUNCHER_GUARD;
    struct err err = err_none();

    if (program == NULL)
        return err_make(ERR_SYSTEM, "memory for launches");
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role >= SPEC_INPUT)
            tensors += LAUNCHER_ROOM(spec_tensor_bytes(spec, one, i));
    *out = tensors;
    for (int image = 0; image < LAUNCHER_IMAGES && !err_is(err); image++) {
        uint64_t scratch = 0;
        if (plan->programs[image] == NULL)
            continue;
        err = program_of(plan, (enum launcher_image)image, one, program);
        for (int i = 0; i < program->scratch_count && !err_is(err); i++)
            scratch += LAUNCHER_ROOM(program->scratch_bytes[i]);
        *out = tensors + scratch > *out ? tensors + scratch : *out;
    }
    return err;
}

void gpu_runner_free(struct gpu_runner *runner)
{
    if (runner == NULL)
        return;
    gpu_process_stop(&runner->process);
    if (runner->inputs != NULL)
        (void)munmap(runner->inputs, runner->inputs_bytes); /* cannot fail: it is ours */
    if (runner->outputs != NULL)
        (void)munmap(runner->outputs, runner->outputs_bytes); /* likewise */
    err_cleanup_close(&runner->inputs_fd);
    err_cleanup_close(&runner->outputs_fd);
    for (int i = 0; i < LAUNCHER_IMAGES; i++)
        err_cleanup_close(&runner->image_fds[i]);
    free(runner);
}

struct err gpu_runner_ready(struct gpu_runner *runner, bool *out_fresh)
{
    struct err err = runner->process.up ? err_none() : process_open(runner);

    if (!err_is(err) && out_fresh != NULL)
        *out_fresh = runner->fresh;
    return err;
}

void gpu_runner_stop(struct gpu_runner *runner)
{
    gpu_process_stop(&runner->process);
}

struct err gpu_runner_fill(struct gpu_runner *runner, int case_index,
                           const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration)
{
    const struct spec *const spec = runner->plan.spec;
    const struct spec_case *const which = &spec->cases[case_index];
    inputs_fn fill = inputs_find(spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", spec->name);
    runner->given = runner->live = (struct call){.spec = spec, .which = which};
    memset(&runner->order, 0, sizeof runner->order);
    (void)place_tensors(runner, which, false); /* known to fit: sizes_find */
    (void)place_tensors(runner, which, true);  /* likewise */
    random_init(&random, key, which->name, iteration);
    struct err err = fill(&runner->given, &random);
    if (!err_is(err))
        scalars_set(runner);
    return err;
}

const struct call *gpu_runner_given(const struct gpu_runner *runner)
{
    return &runner->given;
}

struct err gpu_runner_call(struct gpu_runner *runner, const struct gpu_call *what,
                           struct gpu_result *out)
{
    struct launcher_order *const order = &runner->order;

    order->kind = LAUNCHER_CALL;
    order->image = what->image;
    order->reload = what->reload;
    order->keep_caches = what->keep_caches;
    struct err err = program_of(&runner->plan, what->image, runner->given.which, &order->program);
    if (err_is(err))
        return err;
    if (what->empty)
        order->program = (struct launch_program){.steps_count = 0};
    /* A launcher that brings nothing back leaves what nobody wrote. */
    call_poison_outputs(&runner->live);
    inouts_blank(runner);
    runner->fresh = false;
    return gpu_process_order(&runner->process, order, patience_ms(runner), out);
}

void gpu_runner_answer(const struct gpu_runner *runner, struct answer *answer)
{
    const struct spec *const spec = runner->plan.spec;

    for (int i = 0; i < spec->arguments_count; i++)
        if (answer_holds(&spec->arguments[i]))
            memcpy(answer->call.tensors[i].at, runner->live.tensors[i].at,
                   (size_t)spec_tensor_bytes(spec, runner->given.which, i));
    memcpy(answer->call.scalars, runner->given.scalars, sizeof answer->call.scalars);
}

/* What the largest of the cases needs, in our memory and on the device. */
static struct err sizes_find(struct gpu_runner *runner, const int *cases, size_t cases_count)
{
    const int64_t total = runner->plan.gpu->facts.total_bytes;
    struct err err = err_none();

    runner->inputs_bytes = runner->outputs_bytes = ALIGNMENT;
    runner->arena_bytes = 0;
    for (size_t i = 0; i < cases_count && !err_is(err); i++) {
        const struct spec_case *const one = &runner->plan.spec->cases[cases[i]];
        uint64_t room = 0;
        const size_t in = place_tensors(runner, one, false), out = place_tensors(runner, one, true);
        runner->inputs_bytes = in > runner->inputs_bytes ? in : runner->inputs_bytes;
        runner->outputs_bytes = out > runner->outputs_bytes ? out : runner->outputs_bytes;
        err = gpu_runner_room(&runner->plan, one, &room);
        runner->arena_bytes = room > runner->arena_bytes ? room : runner->arena_bytes;
    }
    if (!err_is(err) && (total < 0 || runner->arena_bytes > (uint64_t)total))
        err = err_make(ERR_LIMIT, "a case needs %llu MiB of the device, which has %lld",
                       (unsigned long long)(runner->arena_bytes >> 20), (long long)(total >> 20));
    return err;
}

static struct err program_of(const struct gpu_runner_plan *plan, enum launcher_image image,
                             const struct spec_case *one, struct launch_program *out)
{
    const struct launch_limits limits = {.shared_bytes = plan->gpu->facts.shared_of_block,
                                         .scratch_bytes = plan->spec->limits.memory_extra_bytes};

    out->scratch_count = 0;
    if (plan->programs[image] == NULL)
        return err_make(ERR_INTERNAL, "a call of a program that is not there");
    struct err err = launch_program(&plan->programs[image]->plan, one, &limits, out);
    return err_is(err) ? err_make(ERR_INTERNAL, "launches that were fine before: %s", err.text)
                       : err;
}

static struct err images_make(struct gpu_runner *runner)
{
    struct err err = err_none();

    for (int i = 0; i < LAUNCHER_IMAGES && !err_is(err); i++)
        if (runner->plan.programs[i] != NULL)
            err = fdio_memfd_sealed("cubin", runner->plan.programs[i]->cubin.at,
                                    runner->plan.programs[i]->cubin.size, &runner->image_fds[i]);
    return err;
}

static struct err process_open(struct gpu_runner *runner)
{
    const struct gpu_process_files files = {
        .inputs = runner->inputs_fd,
        .outputs = runner->outputs_fd,
        .images = {runner->image_fds[LAUNCHER_STUDENT], runner->image_fds[LAUNCHER_BASELINE]}};
    auto_free struct launcher_order *order = calloc(1, sizeof *order);
    struct gpu_result result = {.end = GPU_DIED};

    if (order == NULL)
        return err_make(ERR_SYSTEM, "memory for an order");
    order->kind = LAUNCHER_OPEN;
    order->inputs_bytes = runner->inputs_bytes;
    order->outputs_bytes = runner->outputs_bytes;
    order->arena_bytes = runner->arena_bytes;
    struct err err = gpu_process_start(&runner->process, &files);
    if (!err_is(err))
        err = gpu_process_order(&runner->process, order, GPU_OPEN_MS, &result);
    if (!err_is(err) && result.end != GPU_DONE)
        err = gpu_process_err(runner->plan.gpu, &result);
    if (err_is(err))
        gpu_process_stop(&runner->process);
    runner->fresh = !err_is(err);
    return err;
}

/* Points the call at the tensors of one of the two memories; returns the bytes that they take. */
static size_t place_tensors(struct gpu_runner *runner, const struct spec_case *which, bool outputs)
{
    const struct spec *const spec = runner->plan.spec;
    size_t at = 0;

    for (int i = 0; i < spec->arguments_count; i++) {
        const enum spec_role role = spec->arguments[i].role;
        struct launcher_tensor *const tensor = &runner->order.tensors[i];
        if (role < SPEC_INPUT || role == (outputs ? SPEC_INPUT : SPEC_OUTPUT))
            continue;
        const size_t bytes = (size_t)spec_tensor_bytes(spec, which, i);
        tensor->role = role == SPEC_INPUT   ? LAUNCHER_INPUT
                       : role == SPEC_INOUT ? LAUNCHER_INOUT
                                            : LAUNCHER_OUTPUT;
        tensor->bytes = bytes;
        poison_set(spec->arguments[i].element, tensor);
        *(outputs ? &tensor->to : &tensor->from) = at;
        char *const base = outputs ? runner->outputs : runner->inputs;
        if (base != NULL)
            (outputs ? &runner->live : &runner->given)->tensors[i] =
                (struct tensor){.at = base + at, .count = (size_t)spec_elements(spec, which, i)};
        at += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    return at;
}

/* As call_poison_outputs has it. */
static void poison_set(enum spec_element element, struct launcher_tensor *out)
{
    out->poison_width = element == SPEC_I8 ? 1 : 4;
    out->poison = element == SPEC_F32   ? CALL_CANARY_F32_BITS
                  : element == SPEC_I32 ? (uint32_t)CALL_CANARY_I32
                                        : (uint8_t)CALL_CANARY_I8;
}

static void scalars_set(struct gpu_runner *runner)
{
    const struct spec *const spec = runner->plan.spec;

    for (int i = 0; i < spec->arguments_count; i++) {
        const double value = runner->given.scalars[i];
        const float single = (float)value;
        if (spec->arguments[i].role != SPEC_SCALAR)
            continue;
        if (spec->arguments[i].element == SPEC_F32)
            memcpy(&runner->order.scalars[i], &single, sizeof single);
        else
            runner->order.scalars[i] = (uint32_t)(int32_t)value;
    }
}

/* To NaN, or -1. */
static void inouts_blank(const struct gpu_runner *runner)
{
    const struct spec *const spec = runner->plan.spec;

    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INOUT)
            memset(runner->live.tensors[i].at, 0xFF,
                   (size_t)spec_tensor_bytes(spec, runner->given.which, i));
}

/* The kernels' limit, and the time that copies and the flush may take on a slow bus. */
static int64_t patience_ms(const struct gpu_runner *runner)
{
    return runner->plan.spec->limits.wall_ms +
           (int64_t)((runner->inputs_bytes + runner->outputs_bytes + runner->arena_bytes) /
                     COPY_BYTES_A_MS);
}
