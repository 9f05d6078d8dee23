/* The trusted answers: reference/NAME/oracle.c each define NAME_oracle; the build makes the table
 * from the folders. Worker only; the grader never links it.
 *
 * given   the call as the generator made it (tensors of role inout hold their initial values)
 * answer  what the student left: outputs and inouts; other tensors are NULL
 * compare initialised; receives every judgement, parts in the order of the arguments
 *
 * Works in double or exact integers and carries the rounding bound along (CONTRACTS.md). Bytes of
 * `answer` are hostile: any bit pattern, NaN, infinity. ERR_SYSTEM when out of memory. */
#ifndef REFERENCE_ORACLE_H
#define REFERENCE_ORACLE_H

#include "assignments/call.h"
#include "reference/compare.h"

typedef struct err (*oracle_fn)(const struct call *given, const struct call *answer,
                                struct compare *compare);

/* At the top of an oracle.c: the prototype that the generated table expects. */
#define ORACLE_DECLARE(name)                                                                       \
    struct err name##_oracle(const struct call *given, const struct call *answer,                  \
                             struct compare *compare)

struct oracle_entry {
    const char *name;
    oracle_fn judge;
};

/* Generated into build/: ends with a NULL name. */
extern const struct oracle_entry oracle_table[];

/* The oracle of an assignment, or NULL. */
oracle_fn oracle_find(const char *assignment);

#endif
