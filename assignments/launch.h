/* Launch lines of a CUDA submission: what we launch for the student, since no code of his runs on
 * the host. Read from the source's text, in size expressions of the spec, bounded, and turned into
 * numbers for each case before anything is launched. Pure.
 *
 *     //@ scratch NAME BYTES                              device memory of his own, poisoned
 *     //@ repeat INDEX COUNT                              what follows, COUNT times; INDEX from 0
 *     //@ launch KERNEL<<<GRID, BLOCK, SHARED>>>(ARGUMENT, …)
 *     //@ end                                             of the repeat; there is one level
 *
 * GRID and BLOCK are EXPRESSION or (X, Y) or (X, Y, Z); SHARED, dynamic bytes, may be left out. An
 * ARGUMENT is a name of the spec, a name of scratch, the index of the repeat around, or an
 * expression, which arrives as an int. An open parenthesis goes on in the next line of this kind.
 *
 * Life: 1. launch_parse  2. launch_program once per case  3. the program goes to the launcher. */
#ifndef ASSIGNMENTS_LAUNCH_H
#define ASSIGNMENTS_LAUNCH_H

#include "assignments/spec.h"

#define LAUNCH_NAME_MAX 64
#define LAUNCH_STEPS_MAX 32
#define LAUNCH_REPEATS_MAX 8
#define LAUNCH_SCRATCH_MAX 8
#define LAUNCH_ARGUMENTS_MAX 24
#define LAUNCH_EXPRESSIONS_MAX 256
#define LAUNCH_TOTAL_MAX 16384 /* launches of one call: some 50 ms of driver time */
#define LAUNCH_LINE_MAX 1000   /* bytes of one line with its continuations */
#define LAUNCH_WORDS_MAX 120   /* of one launch in the report */

enum launch_kind {
    LAUNCH_TENSOR,  /* a device pointer; `value` is the argument of the spec */
    LAUNCH_SCALAR,  /* int or float that the generator drew; likewise */
    LAUNCH_SCRATCH, /* a device pointer; `value` is the number of the scratch */
    LAUNCH_INDEX,   /* int: the index of the repeat around */
    LAUNCH_NUMBER,  /* int: `value` is the expression, in a program the number itself */
};

struct launch_argument {
    enum launch_kind kind;
    int value;
};

/* One launch line. Expressions are numbers into the plan's pool. */
struct launch_step {
    char kernel[LAUNCH_NAME_MAX];
    char words[LAUNCH_WORDS_MAX]; /* "f<<<(Tq, H, B), 128, 4*Tk>>>", cut */
    int line;
    int repeat; /* into repeats, -1: none */
    int grid_count, block_count;
    int grid[3], block[3], shared; /* shared -1: none */
    int arguments_count;
    struct launch_argument arguments[LAUNCH_ARGUMENTS_MAX];
};

struct launch_repeat {
    char index[16];
    int line, count;
};

struct launch_scratch {
    char name[16];
    int line, bytes;
};

struct launch_plan {
    int steps_count, repeats_count, scratch_count, expressions_count;
    struct launch_step steps[LAUNCH_STEPS_MAX];
    struct launch_repeat repeats[LAUNCH_REPEATS_MAX];
    struct launch_scratch scratch[LAUNCH_SCRATCH_MAX];
    struct expression expressions[LAUNCH_EXPRESSIONS_MAX];
};

/* What a device of this architecture takes. */
struct launch_limits {
    int64_t shared_bytes; /* of one block, static and dynamic together */
    int64_t scratch_bytes;
};

/* A plan in the numbers of one case; plain data. Steps of a repeat stand side by side. */
struct launch_program {
    int32_t steps_count, scratch_count;
    uint64_t scratch_bytes[LAUNCH_SCRATCH_MAX];
    struct launch_order {
        char kernel[LAUNCH_NAME_MAX];
        uint32_t grid[3], block[3], shared_bytes;
        int32_t repeat, times; /* repeat -1: once */
        int32_t arguments_count;
        struct launch_argument arguments[LAUNCH_ARGUMENTS_MAX];
    } steps[LAUNCH_STEPS_MAX];
    int64_t launches; /* all of them */
};

/* Reads the launch lines of a source. ERR_INPUT: "line 3: reason"; a source without any is one. */
struct err launch_parse(struct launch_plan *out, const struct spec *spec, const char *source,
                        size_t size);

/* The numbers of one case, of the spec that the plan was read with. ERR_INPUT: "line 3: reason"
 * with the case's name; of a hidden one only the fact is told. */
struct err launch_program(const struct launch_plan *plan, const struct spec_case *one,
                          const struct launch_limits *limits, struct launch_program *out);

/* Bytes that an argument takes among a kernel's parameters: 8 or 4. */
int launch_argument_bytes(const struct launch_argument *argument);

/* Line, counted from 1, of the byte at `at`. */
int launch_line_of(const char *source, size_t at);

#endif
