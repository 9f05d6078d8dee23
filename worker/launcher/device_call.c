/* One call: buffers laid out and filled, caches overwritten, our launches between two events, and
 * everything brought back. */
#include "worker/launcher/device.h"

#include <string.h>
#include <time.h>

#define SLACK 0x5A /* between the buffers: what nobody may write */

/* Where everything of this call lies on the device. */
struct places {
    cu_pointer tensors[SPEC_ARGUMENTS_MAX], scratch[LAUNCH_SCRATCH_MAX];
    cu_pointer end;
    cu_handle functions[LAUNCH_STEPS_MAX];
};

static struct fault lay_out(struct device *device, const struct launcher_order *order,
                            struct places *out);
static cu_pointer take(cu_pointer *at, uint64_t bytes);
static bool tensor_fits(const struct device *device, const struct launcher_tensor *tensor);
static struct fault find_functions(struct device *device, const struct launcher_order *order,
                                   struct places *places);
static struct fault fill(struct device *device, const struct launcher_order *order,
                         const struct places *places);
static int poison(const struct device *device, const struct launcher_tensor *tensor, cu_pointer at);
static struct fault overwrite_caches(const struct device *device);
static struct fault launch_and_wait(struct device *device, const struct launcher_order *order,
                                    const struct places *places, struct launcher_reply *reply);
static struct fault launch_all(struct device *device, const struct launcher_order *order,
                               const struct places *places);
static int launch_one(const struct device *device, const struct launcher_order *order,
                      const struct places *places, int step, int index);
static struct fault bring_back(struct device *device, const struct launcher_order *order,
                               const struct places *places, struct launcher_reply *reply);
static struct fault look_behind(const struct device *device, cu_pointer at, uint64_t bytes,
                                int number, struct launcher_reply *reply);

struct fault device_call(struct device *device, const struct launcher_order *order,
                         struct launcher_reply *reply)
{
    struct places places = {.end = 0};
    const enum launcher_image which = (enum launcher_image)order->image;

    struct fault fault = lay_out(device, order, &places);
    if (!fault_is(&fault))
        fault = device_load(device, which, order->reload != 0 || device->ran != which);
    if (!fault_is(&fault))
        fault = find_functions(device, order, &places);
    if (!fault_is(&fault))
        fault = fill(device, order, &places);
    if (!fault_is(&fault) && order->keep_caches == 0)
        fault = overwrite_caches(device);
    device->ran = which;
    if (!fault_is(&fault))
        fault = launch_and_wait(device, order, &places, reply);
    return fault_is(&fault) ? fault : bring_back(device, order, &places, reply);
}

/* A guard before the first and one behind each. */
static struct fault lay_out(struct device *device, const struct launcher_order *order,
                            struct places *out)
{
    const struct launch_program *const program = &order->program;
    cu_pointer at = device->arena + LAUNCHER_GUARD;

    for (int i = 0; i < SPEC_ARGUMENTS_MAX; i++) {
        if (order->tensors[i].role == LAUNCHER_NO_TENSOR)
            continue;
        if (!tensor_fits(device, &order->tensors[i]))
            return fault_make(LAUNCHER_STAGE_MEMORY, 0, "a tensor beyond its memory");
        out->tensors[i] = take(&at, order->tensors[i].bytes);
    }
    for (int i = 0; i < program->scratch_count; i++)
        out->scratch[i] = take(&at, program->scratch_bytes[i]);
    out->end = at;
    return at - device->arena <= device->arena_bytes
               ? fault_none()
               : fault_make(LAUNCHER_STAGE_MEMORY, 0, "the arena is too small for this call");
}

static cu_pointer take(cu_pointer *at, uint64_t bytes)
{
    const cu_pointer here = *at;
    *at += LAUNCHER_ROOM(bytes);
    return here;
}

static bool tensor_fits(const struct device *device, const struct launcher_tensor *tensor)
{
    const bool in = tensor->role != LAUNCHER_OUTPUT, out = tensor->role != LAUNCHER_INPUT;

    return tensor->bytes <= device->arena_bytes &&
           (!in || (tensor->from <= device->inputs_bytes &&
                    tensor->bytes <= device->inputs_bytes - tensor->from)) &&
           (!out || (tensor->to <= device->outputs_bytes &&
                     tensor->bytes <= device->outputs_bytes - tensor->to));
}

static struct fault find_functions(struct device *device, const struct launcher_order *order,
                                   struct places *places)
{
    const struct driver *const driver = &device->driver;
    const cu_handle module = device->images[order->image].module;

    for (int i = 0; i < order->program.steps_count; i++) {
        const struct launch_order *const step = &order->program.steps[i];
        int code = driver->module_function(&places->functions[i], module, step->kernel);
        if (code != 0)
            return fault_make(LAUNCHER_STAGE_IMAGE, code, "cuModuleGetFunction");
        if (step->shared_bytes == 0)
            continue;
        code = driver->function_set(places->functions[i], CU_FUNCTION_DYNAMIC_SHARED,
                                    (int)step->shared_bytes);
        if (code != 0)
            return fault_make(LAUNCHER_STAGE_LAUNCH, code, "cuFuncSetAttribute");
    }
    return fault_none();
}

static struct fault fill(struct device *device, const struct launcher_order *order,
                         const struct places *places)
{
    const struct driver *const driver = &device->driver;
    const struct launch_program *const program = &order->program;

    int code = driver->memory_set(device->arena, SLACK, device->arena_bytes);
    for (int i = 0; i < SPEC_ARGUMENTS_MAX && code == 0; i++) {
        const struct launcher_tensor *const tensor = &order->tensors[i];
        if (tensor->role == LAUNCHER_OUTPUT)
            code = poison(device, tensor, places->tensors[i]);
        else if (tensor->role != LAUNCHER_NO_TENSOR && tensor->bytes > 0)
            code = driver->memory_to(places->tensors[i], device->inputs + tensor->from,
                                     (size_t)tensor->bytes);
    }
    for (int i = 0; i < program->scratch_count && code == 0; i++) {
        const struct launcher_tensor unset = {.poison = 0x7FA5C3F1, /* a NaN, as in outputs */
                                              .poison_width = 4,
                                              .bytes = program->scratch_bytes[i] & ~3ULL};
        code = poison(device, &unset, places->scratch[i]);
    }
    if (code == 0)
        code = driver->context_wait();
    return code == 0 ? fault_none()
                     : fault_make(LAUNCHER_STAGE_COPY, code, "the inputs, to the device");
}

static int poison(const struct device *device, const struct launcher_tensor *tensor, cu_pointer at)
{
    if (tensor->bytes == 0)
        return 0;
    return tensor->poison_width == 4
               ? device->driver.memory_set_wide(at, tensor->poison, (size_t)tensor->bytes / 4)
               : device->driver.memory_set(at, (unsigned char)tensor->poison,
                                           (size_t)tensor->bytes);
}

/* Twice the second level's size, and the lines that a kernel asked to persist. */
static struct fault overwrite_caches(const struct device *device)
{
    const struct driver *const driver = &device->driver;

    int code = device->flush_bytes == 0
                   ? 0
                   : driver->memory_set(device->flush, SLACK, device->flush_bytes);
    if (code == 0 && driver->context_reset_persisting != NULL) {
        code = driver->context_reset_persisting();
        code = code == CU_NOT_SUPPORTED ? 0 : code;
    }
    return code == 0 ? fault_none() : fault_make(LAUNCHER_STAGE_COPY, code, "the caches");
}

/* By two clocks: events leave their times in memory that the device writes, and so may a kernel. */
static struct fault launch_and_wait(struct device *device, const struct launcher_order *order,
                                    const struct places *places, struct launcher_reply *reply)
{
    const struct driver *const driver = &device->driver;
    struct timespec begin, end;
    float took_ms = 0;

    int code = driver->context_wait(); /* copies and the flush end before the clocks begin */
    if (code != 0)
        return fault_make(LAUNCHER_STAGE_COPY, code, "the caches");
    (void)clock_gettime(CLOCK_MONOTONIC, &begin); /* cannot fail: it is a clock that exists */
    struct fault fault = launch_all(device, order, places);
    if (fault_is(&fault))
        return fault;
    if ((code = driver->stream_wait(device->stream)) != 0)
        return fault_make(LAUNCHER_STAGE_WAIT, code, "cuStreamSynchronize");
    (void)clock_gettime(CLOCK_MONOTONIC, &end); /* likewise */
    if ((code = driver->event_elapsed(&took_ms, device->begin, device->end)) != 0)
        return fault_make(LAUNCHER_STAGE_WAIT, code, "cuEventElapsedTime");
    reply->elapsed_ns = took_ms > 0 ? (uint64_t)((double)took_ms * 1e6) : 0;
    reply->host_ns =
        (uint64_t)((end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec);
    return fault_none();
}

/* Steps of a repeat stand side by side and take turns. */
static struct fault launch_all(struct device *device, const struct launcher_order *order,
                               const struct places *places)
{
    const struct launch_program *const program = &order->program;

    int code = device->driver.event_record(device->begin, device->stream);
    for (int first = 0, next = 0; first < program->steps_count && code == 0; first = next) {
        const struct launch_order *const step = &program->steps[first];
        for (next = first + 1; step->repeat >= 0 && next < program->steps_count &&
                               program->steps[next].repeat == step->repeat;)
            next++;
        for (int index = 0; index < step->times && code == 0; index++)
            for (int i = first; i < next && code == 0; i++)
                code = launch_one(device, order, places, i, index);
    }
    if (code == 0)
        code = device->driver.event_record(device->end, device->stream);
    return code == 0 ? fault_none() : fault_make(LAUNCHER_STAGE_LAUNCH, code, "cuLaunchKernel");
}

static int launch_one(const struct device *device, const struct launcher_order *order,
                      const struct places *places, int step_index, int index)
{
    const struct launch_order *const step = &order->program.steps[step_index];
    cu_pointer pointers[LAUNCH_ARGUMENTS_MAX];
    uint32_t numbers[LAUNCH_ARGUMENTS_MAX];
    void *arguments[LAUNCH_ARGUMENTS_MAX];

    for (int i = 0; i < step->arguments_count; i++) {
        const int value = step->arguments[i].value;
        arguments[i] = &numbers[i];
        switch (step->arguments[i].kind) {
        case LAUNCH_TENSOR:
            pointers[i] = places->tensors[value];
            arguments[i] = &pointers[i];
            break;
        case LAUNCH_SCRATCH:
            pointers[i] = places->scratch[value];
            arguments[i] = &pointers[i];
            break;
        case LAUNCH_SCALAR: numbers[i] = order->scalars[value]; break;
        case LAUNCH_INDEX: numbers[i] = (uint32_t)index; break;
        case LAUNCH_NUMBER: numbers[i] = (uint32_t)value; break;
        }
    }
    return device->driver.launch(places->functions[step_index], step->grid[0], step->grid[1],
                                 step->grid[2], step->block[0], step->block[1], step->block[2],
                                 step->shared_bytes, device->stream, arguments, NULL);
}

static struct fault bring_back(struct device *device, const struct launcher_order *order,
                               const struct places *places, struct launcher_reply *reply)
{
    struct fault fault =
        look_behind(device, device->arena, 0, SPEC_ARGUMENTS_MAX + LAUNCH_SCRATCH_MAX, reply);

    for (int i = 0; i < SPEC_ARGUMENTS_MAX && !fault_is(&fault); i++) {
        const struct launcher_tensor *const tensor = &order->tensors[i];
        if (tensor->role == LAUNCHER_NO_TENSOR)
            continue;
        if (tensor->role != LAUNCHER_INPUT && tensor->bytes > 0) {
            const int code = device->driver.memory_from(device->outputs + tensor->to,
                                                        places->tensors[i], (size_t)tensor->bytes);
            if (code != 0)
                return fault_make(LAUNCHER_STAGE_WAIT, code, "cuMemcpyDtoH");
        }
        fault = look_behind(device, places->tensors[i], tensor->bytes, i, reply);
    }
    for (int i = 0; i < order->program.scratch_count && !fault_is(&fault); i++)
        fault = look_behind(device, places->scratch[i], order->program.scratch_bytes[i],
                            SPEC_ARGUMENTS_MAX + i, reply);
    return fault;
}

/* The guard behind a buffer, from its last byte on. The first that is not as it was is told. */
static struct fault look_behind(const struct device *device, cu_pointer at, uint64_t bytes,
                                int number, struct launcher_reply *reply)
{
    unsigned char guard[LAUNCHER_ALIGN + LAUNCHER_GUARD];
    const cu_pointer from = at + bytes;
    const size_t size = bytes == 0 && at == device->arena ? (size_t)LAUNCHER_GUARD
                                                          : (size_t)(LAUNCHER_ROOM(bytes) - bytes);

    const int code = device->driver.memory_from(guard, from, size);
    if (code != 0)
        return fault_make(LAUNCHER_STAGE_WAIT, code, "cuMemcpyDtoH");
    for (size_t i = 0; i < size && reply->outside < 0; i++)
        if (guard[i] != SLACK)
            reply->outside = number;
    return fault_none();
}
