/* An assignment as its file says it: assignments/NAME/assignment.json, the only truth.
 *
 * Everything has fixed bounds, so a spec is one allocation, copied and compared as a value. Loading
 * checks every field; an unknown key, a name used twice, a case outside the bounds of its sizes, a
 * shape that overflows: refused with file, field and reason.
 *
 * Words: an `argument` is one parameter of the student's function, in order. A `parameter` is a
 * knob of the input generator (the "inputs" object). A `case` gives every size and option a value.
 */
#ifndef ASSIGNMENTS_SPEC_H
#define ASSIGNMENTS_SPEC_H

#include "assignments/expression.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_NAME_MAX 33
#define SPEC_ARGUMENTS_MAX 20
#define SPEC_RANK_MAX 4
#define SPEC_VALUES_MAX 8
#define SPEC_PARAMETERS_MAX 12
#define SPEC_GROUPS_MAX 12
#define SPEC_CASES_MAX 48
#define SPEC_GPU_CASES_MAX 8
#define SPEC_CLASSES_MAX 6
#define SPEC_TENSOR_BYTES_MAX ((int64_t)1 << 30) /* all tensors of one case together */
#define SPEC_CALLS 2 /* how often each correctness case is called, with fresh inputs */

enum spec_role {
    SPEC_SIZE,   /* int; a dimension or count; the case gives it, between min and max */
    SPEC_OPTION, /* int; the case gives it; one of `values`, or between min and max */
    SPEC_SCALAR, /* int or float; the input generator draws it */
    SPEC_INPUT,  /* tensor, read-only for the student */
    SPEC_INOUT,  /* tensor, filled by the generator, changed by the student */
    SPEC_OUTPUT, /* tensor, pre-filled with NaN or a canary */
};

enum spec_element { SPEC_F32, SPEC_I32, SPEC_I8 };

struct spec_argument {
    char name[16];
    enum spec_role role;
    enum spec_element element;
    int rank;                               /* of a tensor, else 0 */
    struct expression shape[SPEC_RANK_MAX]; /* over arguments */
    char index[SPEC_RANK_MAX + 1];          /* letters for messages: "bhid" */
    int64_t min, max;                       /* of a size or option without values */
    int values_count;
    int64_t values[SPEC_VALUES_MAX]; /* of an option */
    char help[96];
};

/* A knob of the generator: a number within bounds, or one word of a list (then its value is the
 * index). */
struct spec_parameter {
    char name[24];
    bool is_word;
    double min, max, preset; /* `preset` is the file's "default" */
    int words_count;
    char words[SPEC_VALUES_MAX][24];
    char help[96];
};

struct spec_group {
    char name[SPEC_NAME_MAX];
    int points;    /* hundredths */
    bool is_speed; /* the group called "speed": all ranked cases, needs every other group */
    char help[96];
};

struct spec_case {
    char name[SPEC_NAME_MAX];
    int group; /* index into groups */
    bool hidden;
    bool load_bearing;                      /* some mutant dies here alone */
    int64_t values[SPEC_ARGUMENTS_MAX];     /* of sizes and options, by argument; 0 elsewhere */
    double parameters[SPEC_PARAMETERS_MAX]; /* by parameter */
    struct expression flops, bytes;         /* of a ranked case; bytes may be absent */
    int64_t rows_checked;                   /* of a gpu case: rows of outputs; 0: all */
    char kills[96];
};

struct spec_limits {
    int64_t source_bytes, threads, stack_bytes, memory_extra_bytes;
    int64_t cpu_ms, wall_ms;            /* of one call of one case */
    int64_t stdout_bytes, stderr_bytes; /* kept */
    int64_t timing_wall_ms;             /* all ranked cases together */
};

struct spec_class {
    char name[SPEC_NAME_MAX]; /* "cpu:x86-64-v3" */
    double target;            /* speed-up that earns all speed points; 0: not calibrated */
    double expert;            /* what the expert reached where that was measured; 0: not recorded */
};

struct spec {
    char hash[65]; /* hex SHA-256 of the file: the version of the assignment */
    char name[SPEC_NAME_MAX];
    char title[96], title_zh[96];
    char function[32];
    bool on_cpu, on_gpu;
    int arguments_count, parameters_count, groups_count, cases_count, classes_count;
    struct spec_argument arguments[SPEC_ARGUMENTS_MAX];
    struct spec_parameter parameters[SPEC_PARAMETERS_MAX];
    struct spec_group groups[SPEC_GROUPS_MAX];
    struct spec_case cases[SPEC_CASES_MAX];
    int gpu_cases_count; /* ranked on a GPU, in place of the ranked ones above */
    struct spec_case gpu_cases[SPEC_GPU_CASES_MAX];
    struct spec_class classes[SPEC_CLASSES_MAX];
    struct spec_limits limits;
    int pairs_min, pairs_max;
};

/* Loads and checks one file (at most 256 KiB). The error's text is "FILE: FIELD: reason". */
struct err spec_load(struct spec *out, const char *path);

/* The one of that name, or NULL. */
const struct spec *spec_find(const struct spec *specs, size_t count, const char *name);

/* The same from memory; `label` stands for the file in errors. Pure. */
struct err spec_parse(struct spec *out, const char *text, size_t size, const char *label);

/* All assignments under a folder, sorted by name; frees with free(). A folder without an
 * assignment.json is passed over; a broken one is an error. */
struct err spec_load_all(struct spec **out_specs, size_t *out_count, const char *folder);

/* Lets the assignments of a private folder win over those of the same name: other sizes, other
 * targets. ERR_INPUT for one that is not shipped, since it would have no generator and no oracle
 * here. */
struct err spec_overlay(struct spec *specs, size_t count, const char *folder);

/* The assignment as a GPU meets it: the correctness cases, then gpu_cases in place of the ranked
 * ones. Whoever talks about cases of a GPU submission counts by this one. */
void spec_for_gpu(struct spec *out, const struct spec *spec);

/* Index of an argument, group or case by name, -1 if there is none. */
int spec_argument_index(const struct spec *spec, const char *name);
int spec_group_index(const struct spec *spec, const char *name);
int spec_case_index(const struct spec *spec, const char *name);

/* Elements and bytes of a tensor argument in a case (checked when loaded, so it cannot fail). */
int64_t spec_elements(const struct spec *spec, const struct spec_case *one, int argument);
int64_t spec_tensor_bytes(const struct spec *spec, const struct spec_case *one, int argument);

/* "B=3 H=2 Tq=16 Tk=33 D=8  causal=0": sizes, options and the parameters that differ from their
 * preset, for messages. */
void spec_case_words(const struct spec *spec, const struct spec_case *one, char *out, size_t size);

/* Index of the first size or option whose declared maximum no correctness case asks for, -1 if
 * there is none: a program that refuses anything so large would pass. */
int spec_maximum_unasked(const struct spec *spec);

/* Target of a class, 0 if there is none or it is not calibrated. */
double spec_target(const struct spec *spec, const char *class_name);

/* The same for what the expert reached. */
double spec_expert(const struct spec *spec, const char *class_name);

#endif
