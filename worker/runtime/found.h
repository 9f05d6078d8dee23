/* What a diagnosis build (worker/runtime/diagnosis.h) can find. Known to the runtime, the worker
 * and the wire; wire_event.c has a word for each, in this order. Behind a kind: the fields of
 * struct control_finding that it fills. */
#ifndef WORKER_RUNTIME_FOUND_H
#define WORKER_RUNTIME_FOUND_H

enum found {
    FOUND_NOTHING,
    FOUND_OUTSIDE_TENSOR,  /* argument, offset */
    FOUND_INPUT_WRITTEN,   /* argument, offset */
    FOUND_OUTSIDE_ARRAY,   /* local or static: name, offset, object_bytes */
    FOUND_OUTSIDE_BLOCK,   /* of malloc: offset, object_bytes */
    FOUND_FREED_BLOCK,     /* used after free */
    FOUND_BAD_FREE,        /* free of what malloc did not give, or twice */
    FOUND_NULL,            /* value: the small address */
    FOUND_WILD,            /* an address where nothing is */
    FOUND_STACK_OVERFLOW,  /* too deep, or local arrays too large */
    FOUND_UNSET_TENSOR,    /* argument, offset: read before it was written */
    FOUND_UNSET_ARRAY,     /* name: the same of a local array */
    FOUND_UNSET_BLOCK,     /* the same of malloc's memory */
    FOUND_INDEX,           /* name: the array's type; value: the index */
    FOUND_SIGNED_OVERFLOW, /* name: the type */
    FOUND_DIVISION_BY_ZERO,
    FOUND_DIVISION_OVERFLOW, /* INT_MIN / -1 */
    FOUND_SHIFT,             /* value: by how many bits */
    FOUND_LENGTH,            /* value: of a variable-length array */
    FOUND_FLOAT_TO_INTEGER,  /* a value that the integer cannot hold */
    FOUND_MISALIGNED,        /* value: the alignment that it wants, 0: unknown */
    FOUND_ILLEGAL_INSTRUCTION,
    FOUND_SLOW, /* no claim of the program: after a time-out, value is what the baseline takes, in
                   ns */
    FOUND_KINDS
};

#endif
