/* The seeded input generators: assignments/NAME/inputs.c each define NAME_inputs; the build makes
 * the table from the folders. Trusted side only.
 *
 * A generator fills every tensor of role input and inout and every scalar of the call, from the
 * random stream alone: the same key, case and iteration give the same bits. Inputs are finite and
 * never denormal. It allocates nothing that outlives it; ERR_SYSTEM when out of memory. */
#ifndef ASSIGNMENTS_INPUTS_H
#define ASSIGNMENTS_INPUTS_H

#include "assignments/call.h"
#include "assignments/random.h"

typedef struct err (*inputs_fn)(struct call *call, struct random *random);

/* At the top of an inputs.c: the prototype that the generated table expects. */
#define INPUTS_DECLARE(name) struct err name##_inputs(struct call *call, struct random *random)

struct inputs_entry {
    const char *name;
    inputs_fn fill;
};

/* Generated into build/: ends with a NULL name. */
extern const struct inputs_entry inputs_table[];

/* The generator of an assignment, or NULL. */
inputs_fn inputs_find(const char *assignment);

#endif
