/* Readers of a call by argument name, and storage for tests and tools. */
#include "assignments/call.h"

#include "sandbox/base/pages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64 /* the promise of every header: 64-byte aligned tensors */

static int argument_of(const struct call *call, const char *name);
static void *tensor_of(const struct call *call, const char *name, enum spec_element element);
static int parameter_of(const struct call *call, const char *name);
static bool is_tensor(const struct spec_argument *argument);
static void poison(struct tensor *tensor, enum spec_element element);

int call_size(const struct call *call, const char *name)
{
    int index = argument_of(call, name);
    assert(call->spec->arguments[index].role == SPEC_SIZE ||
           call->spec->arguments[index].role == SPEC_OPTION);
    return (int)call->which->values[index];
}

double call_scalar(const struct call *call, const char *name)
{
    int index = argument_of(call, name);
    assert(call->spec->arguments[index].role == SPEC_SCALAR);
    return call->scalars[index];
}

void call_set_scalar(struct call *call, const char *name, double value)
{
    int index = argument_of(call, name);
    assert(call->spec->arguments[index].role == SPEC_SCALAR);
    call->scalars[index] = value;
}

float *call_f32(const struct call *call, const char *name)
{
    return tensor_of(call, name, SPEC_F32);
}

int32_t *call_i32(const struct call *call, const char *name)
{
    return tensor_of(call, name, SPEC_I32);
}

int8_t *call_i8(const struct call *call, const char *name)
{
    return tensor_of(call, name, SPEC_I8);
}

size_t call_count(const struct call *call, const char *name)
{
    int index = argument_of(call, name);
    return (size_t)spec_elements(call->spec, call->which, index);
}

double call_parameter(const struct call *call, const char *name)
{
    return call->which->parameters[parameter_of(call, name)];
}

bool call_parameter_is(const struct call *call, const char *name, const char *word)
{
    int index = parameter_of(call, name);
    const struct spec_parameter *parameter = &call->spec->parameters[index];
    assert(parameter->is_word);

    int chosen = (int)call->which->parameters[index];
    bool known = false;
    for (int i = 0; i < parameter->words_count; i++)
        known = known || strcmp(parameter->words[i], word) == 0;
    assert(known);
    return strcmp(parameter->words[chosen], word) == 0;
}

struct err call_allocate(struct call *call, const struct spec *spec, const struct spec_case *which)
{
    *call = (struct call){.spec = spec, .which = which};
    for (int i = 0; i < spec->arguments_count; i++) {
        if (!is_tensor(&spec->arguments[i]))
            continue;
        size_t bytes = (size_t)spec_tensor_bytes(spec, which, i);
        size_t rounded = (bytes / ALIGNMENT + 1) * ALIGNMENT; /* never 0 */
        call->tensors[i].at = aligned_alloc(ALIGNMENT, rounded);
        if (call->tensors[i].at == NULL) {
            struct err err = err_make(ERR_SYSTEM, "allocate %zu bytes for tensor '%s'", rounded,
                                      spec->arguments[i].name);
            call_release(call);
            return err;
        }
        pages_populate(call->tensors[i].at, rounded);
        call->tensors[i].count = (size_t)spec_elements(spec, which, i);
    }
    return err_none();
}

void call_release(struct call *call)
{
    for (size_t i = 0; i < COUNT(call->tensors); i++) {
        free(call->tensors[i].at);
        call->tensors[i] = (struct tensor){.at = NULL};
    }
}

void call_poison_outputs(struct call *call)
{
    for (int i = 0; i < call->spec->arguments_count; i++) {
        const struct spec_argument *argument = &call->spec->arguments[i];
        if (argument->role == SPEC_OUTPUT)
            poison(&call->tensors[i], argument->element);
    }
}

bool call_is_unwritten(const float *element)
{
    uint32_t bits;
    memcpy(&bits, element, sizeof bits);
    return bits == CALL_CANARY_F32_BITS;
}

static int argument_of(const struct call *call, const char *name)
{
    int index = spec_argument_index(call->spec, name);
    assert(index >= 0);
    return index;
}

static void *tensor_of(const struct call *call, const char *name, enum spec_element element)
{
    int index = argument_of(call, name);
    assert(is_tensor(&call->spec->arguments[index]));
    assert(call->spec->arguments[index].element == element);
    return call->tensors[index].at;
}

static int parameter_of(const struct call *call, const char *name)
{
    int found = -1;
    for (int i = 0; i < call->spec->parameters_count; i++)
        if (strcmp(call->spec->parameters[i].name, name) == 0)
            found = i;
    assert(found >= 0);
    return found;
}

static bool is_tensor(const struct spec_argument *argument)
{
    return argument->role == SPEC_INPUT || argument->role == SPEC_INOUT ||
           argument->role == SPEC_OUTPUT;
}

static void poison(struct tensor *tensor, enum spec_element element)
{
    if (element == SPEC_F32) {
        const uint32_t canary = CALL_CANARY_F32_BITS;
        for (size_t i = 0; i < tensor->count; i++)
            memcpy((float *)tensor->at + i, &canary, sizeof canary);
    } else if (element == SPEC_I32) {
        int32_t *at = tensor->at;
        for (size_t i = 0; i < tensor->count; i++)
            at[i] = CALL_CANARY_I32;
    } else {
        memset(tensor->at, CALL_CANARY_I8, tensor->count);
    }
}
