/* The meta-test: does an assignment tell right from wrong? Shared by its four files:
 * meta.c (options, the walk over compilers and folders), meta_build.c (expectations and compiling),
 * meta_run.c (all seeds of one variant, in a process of its own), meta_table.c (what came of it).
 *
 * A *build* is a compiler with its flags ("clang -O2"). A *run* is one variant, in one build, with
 * one seed: every case of the spec, SPEC_CALLS times each. */
#ifndef TESTS_META_H
#define TESTS_META_H

#include "assignments/expectation.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define META_BUILDS_MAX 8
#define META_VARIANTS_MAX 128
#define META_PATH_BYTES 512

enum meta_phase { META_OURS, META_CALL };

/* What one process says about one seed; shared memory, so that it survives a crash. */
struct meta_run {
    enum meta_phase phase;
    int at; /* case */
    bool wrong[SPEC_CASES_MAX];
    double ratio[SPEC_CASES_MAX]; /* error ratio where the case was right */
};

/* One file of the corpus, over all builds and seeds. */
struct meta_variant {
    char path[META_PATH_BYTES], name[64];
    bool is_wrong;               /* expected to be */
    struct expectation expected; /* of every run */
    /* what came of it */
    int runs, unbuilt;          /* unbuilt: builds that it is not written for */
    int killed[SPEC_CASES_MAX]; /* runs in which this case was wrong */
    int alone[SPEC_CASES_MAX];  /* runs in which it was the only one */
    int fewest, most;           /* cases wrong in a run */
    int bad;                    /* runs that went against the expectation */
    char bad_words[160];        /* the first of them */
    double ratio[SPEC_CASES_MAX];
};

struct meta {
    const char *assignment;
    const char *only;      /* pattern of names, NULL: all */
    const char *only_case; /* NULL: all */
    const char *builds[META_BUILDS_MAX];
    int builds_count, seeds;
    bool ranked, verbose;
    struct spec *spec;
    char work[64];                 /* our folder under /tmp */
    struct meta_run *runs;         /* one per seed */
    struct meta_variant *variants; /* META_VARIANTS_MAX */
    int variants_count;
};

/* Adds the files of a folder of the corpus, and of the reference, with their expectations. */
struct err meta_find(struct meta *meta);

/* Compiles what all variants share in a build. */
struct err meta_compile_adapter(const struct meta *meta, const char *build);

/* Compiles one to meta->work. out_built is false where the file says that it is not for this build,
 * or where an expert meets a build without an instruction set. Any other failure is an error. */
struct err meta_compile(const struct meta *meta, const char *build,
                        const struct meta_variant *variant, bool *out_built);

/* Runs the compiled variant with every seed; the outcome is in meta->runs. */
struct err meta_run_seeds(const struct meta *meta, const char *name);

/* Whether this case is tried at all. */
bool meta_takes(const struct meta *meta, int index);

/* Enters meta->runs[seed] into the variant. */
void meta_enter(const struct meta *meta, const char *build, int seed, struct meta_variant *variant);

/* Prints the table; returns the number of failures: false rejections, survivors, expectations not
 * met, cases that kill alone and are not marked so. */
int meta_print(const struct meta *meta);

#endif
