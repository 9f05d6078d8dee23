/* One call of the student's function: the value of every argument. Generators fill it, oracles read
 * it.
 *
 * Storage is the caller's: the worker points tensors into shared memory, tests at plain arrays.
 * Row-major, contiguous; rank and shape come from the spec and the case. */
#ifndef ASSIGNMENTS_CALL_H
#define ASSIGNMENTS_CALL_H

#include "assignments/spec.h"

struct tensor {
    void *at;     /* elements_count elements; NULL if the argument is no tensor */
    size_t count; /* elements */
};

struct call {
    const struct spec *spec;
    const struct spec_case *which;
    double scalars[SPEC_ARGUMENTS_MAX]; /* of role scalar, by argument; exact for int and float */
    struct tensor tensors[SPEC_ARGUMENTS_MAX]; /* by argument */
};

/* Readers by name. A name that the spec does not have is our own broken promise: asserted. */
int call_size(const struct call *call, const char *name); /* sizes and options */
double call_scalar(const struct call *call, const char *name);
void call_set_scalar(struct call *call, const char *name, double value);
float *call_f32(const struct call *call, const char *name);
int32_t *call_i32(const struct call *call, const char *name);
int8_t *call_i8(const struct call *call, const char *name);
size_t call_count(const struct call *call, const char *name); /* elements of a tensor */

/* A knob of the generator: its number, or the index of its word. */
double call_parameter(const struct call *call, const char *name);
bool call_parameter_is(const struct call *call, const char *name, const char *word);

/* Allocates (64-byte aligned) and releases every tensor of a call: for tests and tools. */
struct err call_allocate(struct call *call, const struct spec *spec, const struct spec_case *which);
void call_release(struct call *call);

/* Fills outputs with a canary as the student first meets them. That of f32 is a signalling NaN: no
 * arithmetic makes one, and what is computed from it is a quiet one. */
#define CALL_CANARY_F32_BITS ((uint32_t)0x7FA5C3F1)
#define CALL_CANARY_I32 ((int32_t)0xA5C3F197)
#define CALL_CANARY_I8 ((int8_t)0xA5)
void call_poison_outputs(struct call *call);

/* Whether it is still the canary, to the bit. */
bool call_is_unwritten(const float *element);

#endif
