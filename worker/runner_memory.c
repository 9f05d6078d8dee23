/* What lies in the shared memory: made, filled before a call, copied after it. */
#include "assignments/inputs.h"
#include "worker/runner_parts.h"
#include "worker/shared_memory.h"

#include <emmintrin.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLACK_OUTPUT 0x5A /* beside outputs: what the student must leave alone */
#define SLACK_INPUT 0xFF  /* beside inputs: NaN, or -1, to whoever reads past the end */
#define CACHE_LINE 64

static struct err initial_make(struct runner *runner, const int *cases, size_t cases_count);
static void memory_take(struct runner *to, const struct runner *from);
static void places_set(struct runner *runner, const struct spec_case *which);
static void outputs_fill(struct runner *runner);
static void inputs_slack_fill(struct runner *runner);
static size_t tensor_bytes(const struct runner *runner, int argument);
static bool bytes_are(const char *at, size_t size, int value);

struct err runner_memory_make(struct runner *runner, const int *cases, size_t cases_count)
{
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    const struct runner_layout *layout = &runner->layout;
    void *control = NULL, *inputs = NULL, *outputs = NULL;

    struct err err =
        shared_memory_make("control", CONTROL_PAGE, fixed, &runner->control_fd, &control);
    if (!err_is(err))
        err = shared_memory_make("inputs", layout->inputs_bytes, fixed | F_SEAL_FUTURE_WRITE,
                                 &runner->inputs_fd, &inputs);
    if (!err_is(err))
        err = shared_memory_make("outputs", layout->outputs_bytes, fixed, &runner->outputs_fd,
                                 &outputs);
    runner->control = control;
    runner->inputs = inputs;
    runner->outputs = outputs;
    return err_is(err) ? err : initial_make(runner, cases, cases_count);
}

void runner_exchange(struct runner *one, struct runner *other)
{
    const struct runner kept = *one;

    memory_take(one, other);
    memory_take(other, &kept);
    places_set(one, one->given.which);
    places_set(other, other->given.which);
}

void runner_memory_release(struct runner *runner)
{
    if (runner->inputs != NULL)
        (void)munmap(runner->inputs, runner->layout.inputs_bytes); /* cannot fail: it is ours */
    if (runner->outputs != NULL)
        (void)munmap(runner->outputs, runner->layout.outputs_bytes); /* likewise */
    if (runner->control != NULL)
        (void)munmap(runner->control, CONTROL_PAGE); /* likewise */
    err_cleanup_close(&runner->inputs_fd);
    err_cleanup_close(&runner->outputs_fd);
    err_cleanup_close(&runner->control_fd);
    for (size_t i = 0; i < COUNT(runner->initial); i++)
        free(runner->initial[i]);
}

struct err runner_fill(struct runner *runner, int case_index,
                       const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration)
{
    const struct spec *spec = runner->plan.spec;
    const struct spec_case *which = &spec->cases[case_index];
    inputs_fn fill = inputs_find(spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", spec->name);
    places_set(runner, which);
    random_init(&random, key, which->name, iteration);
    struct err err = fill(&runner->given, &random);
    if (err_is(err))
        return err;
    inputs_slack_fill(runner);
    outputs_fill(runner);
    return err_none();
}

void runner_fill_from(struct runner *runner, const struct runner *other)
{
    const struct spec *spec = runner->plan.spec;

    places_set(runner, other->given.which);
    memcpy(runner->inputs, other->inputs, runner->layout.inputs_bytes);
    memcpy(runner->given.scalars, other->given.scalars, sizeof runner->given.scalars);
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INOUT)
            memcpy(runner->initial[i], other->initial[i], tensor_bytes(runner, i));
    outputs_fill(runner);
}

void runner_flush(const struct runner *runner)
{
    for (size_t at = 0; at < runner->layout.inputs_bytes; at += CACHE_LINE)
        _mm_clflush(runner->inputs + at);
    for (size_t at = 0; at < runner->layout.outputs_bytes; at += CACHE_LINE)
        _mm_clflush(runner->outputs + at);
    _mm_mfence();
}

int runner_answer(const struct runner *runner, struct answer *answer)
{
    const struct spec *spec = runner->plan.spec;
    int outside = -1;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->in_outputs)
            continue;
        const char *tensor = runner->live.tensors[i].at;
        const char *start = runner->outputs + region->start, *end = runner->outputs + region->end;
        size_t bytes = tensor_bytes(runner, i);

        memcpy(answer->call.tensors[i].at, tensor, bytes);
        if (outside < 0 &&
            (!bytes_are(start, (size_t)(tensor - start), SLACK_OUTPUT) ||
             !bytes_are(tensor + bytes, (size_t)(end - tensor) - bytes, SLACK_OUTPUT)))
            outside = i;
    }
    memcpy(answer->call.scalars, runner->given.scalars, sizeof answer->call.scalars);
    return outside;
}

static struct err initial_make(struct runner *runner, const int *cases, size_t cases_count)
{
    const struct spec *spec = runner->plan.spec;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (spec->arguments[i].role != SPEC_INOUT)
            continue;
        runner->initial[i] = aligned_alloc(CACHE_LINE, region->end - region->start);
        if (runner->initial[i] == NULL)
            return err_make(ERR_SYSTEM, "memory for tensor '%s'", spec->arguments[i].name);
    }
    if (cases_count > 0)
        places_set(runner, &spec->cases[cases[0]]);
    return err_none();
}

static void memory_take(struct runner *to, const struct runner *from)
{
    to->inputs_fd = from->inputs_fd;
    to->outputs_fd = from->outputs_fd;
    to->control_fd = from->control_fd;
    to->inputs = from->inputs;
    to->outputs = from->outputs;
    to->control = from->control;
}

/* Points both calls at the places that the case gives its tensors. */
static void places_set(struct runner *runner, const struct spec_case *which)
{
    const struct spec *spec = runner->plan.spec;

    runner->given = runner->live = (struct call){.spec = spec, .which = which};
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->used)
            continue;
        size_t count = (size_t)spec_elements(spec, which, i);
        size_t place =
            runner_layout_place(&runner->layout, i, (size_t)spec_tensor_bytes(spec, which, i));
        if (region->in_outputs) {
            runner->live.tensors[i] =
                (struct tensor){.at = runner->outputs + place, .count = count};
            if (runner->initial[i] != NULL)
                runner->given.tensors[i] =
                    (struct tensor){.at = runner->initial[i], .count = count};
        } else {
            runner->given.tensors[i] =
                (struct tensor){.at = runner->inputs + place, .count = count};
        }
    }
}

static void outputs_fill(struct runner *runner)
{
    const struct spec *spec = runner->plan.spec;

    memset(runner->outputs, SLACK_OUTPUT, runner->layout.outputs_bytes);
    call_poison_outputs(&runner->live);
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INOUT)
            memcpy(runner->live.tensors[i].at, runner->initial[i], tensor_bytes(runner, i));
}

static void inputs_slack_fill(struct runner *runner)
{
    for (int i = 0; i < runner->plan.spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->used || region->in_outputs)
            continue;
        char *tensor = runner->given.tensors[i].at;
        char *start = runner->inputs + region->start, *end = runner->inputs + region->end;
        size_t bytes = tensor_bytes(runner, i);
        memset(start, SLACK_INPUT, (size_t)(tensor - start));
        memset(tensor + bytes, SLACK_INPUT, (size_t)(end - tensor) - bytes);
    }
}

static size_t tensor_bytes(const struct runner *runner, int argument)
{
    return (size_t)spec_tensor_bytes(runner->plan.spec, runner->given.which, argument);
}

static bool bytes_are(const char *at, size_t size, int value)
{
    return size == 0 || ((unsigned char)at[0] == value && memcmp(at, at + 1, size - 1) == 0);
}
