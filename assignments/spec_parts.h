/* The pieces of spec_parse, in the order in which they run: each reads one part of the file and may
 * rely on those before it. Private to assignments/spec*.c. */
#ifndef ASSIGNMENTS_SPEC_PARTS_H
#define ASSIGNMENTS_SPEC_PARTS_H

#include "assignments/spec.h"
#include "assignments/spec_json.h"

/* `list` is the file's "arguments". Shapes are parsed once all names are known. */
struct err spec_read_arguments(struct spec *spec, const cJSON *list,
                               const struct spec_place *place);

/* `object` is "inputs": the generator's knobs. */
struct err spec_read_parameters(struct spec *spec, const cJSON *object,
                                const struct spec_place *place);

/* `list` is "cases": read into spec->cases, each checked in full. */
struct err spec_read_cases(struct spec *spec, const cJSON *list, const struct spec_place *place);

/* `list` is "gpu_cases", read into spec->gpu_cases. Sizes may pass their maximum here, because the
 * CPU exercise is stated for smaller machines; shapes must still fit 64 GiB together. */
struct err spec_read_gpu_cases(struct spec *spec, const cJSON *list,
                               const struct spec_place *place);

/* Parses an expression over sizes and options. */
struct err spec_read_expression(const struct spec *spec, const cJSON *item,
                                const struct spec_place *place, struct expression *out);

/* Index of a knob, -1 if there is none. */
int spec_parameter_index(const struct spec *spec, const char *name);

/* A name that C and our messages can carry: [A-Za-z_][A-Za-z0-9_]*. */
bool spec_is_identifier(const char *name);

/* True for the roles input, inout and output. */
bool spec_is_tensor(const struct spec_argument *argument);

#endif
