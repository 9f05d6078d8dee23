/* The CUDA sources of an assignment, run on the host: every launch as its launch lines say, judged
 * by the trusted oracle. The build made a shared object of each source (tests/cuda_host); where it
 * had no C++ compiler there are none. */
#ifndef TESTS_UNIT_SUPPORT_CUDA_CORPUS_H
#define TESTS_UNIT_SUPPORT_CUDA_CORPUS_H

#include "assignments/spec.h"
#include "sandbox/base/err.h"

#include <stdbool.h>

#define CUDA_CORPUS_MAX 64
#define CUDA_CORPUS_NAME_MAX 40

/* One source, with what its first line promises:
 *
 *     expect: pass.                  every case is right
 *     expect: wrong.                 one case at least is not
 *     expect: wrong GROUP,GROUP.     so it is in each of these groups */
struct cuda_corpus_source {
    char path[160];                  /* from the repository's root */
    char name[CUDA_CORPUS_NAME_MAX]; /* "expert", "correct/tiled", "wrong/no_scale" */
    bool is_wrong;
    unsigned groups; /* bit per group that must be wrong */
};

struct cuda_corpus {
    const struct spec *spec;
    bool full; /* ranked cases and more keys too, and every case of a mutant */
    int sources_count;
    struct cuda_corpus_source sources[CUDA_CORPUS_MAX];
};

/* What one source did. Lives in memory that its process shares. */
struct cuda_corpus_outcome {
    int phase, at, key; /* private: where the process is */
    bool wrong[SPEC_CASES_MAX], tried[SPEC_CASES_MAX];
    char said[100];      /* the first refusal of the host's runtime, "" if none */
    double ratio;        /* the largest error of a right case, in its bound */
    double took_seconds; /* all of it */
};

/* Whether the build made shared objects at all. */
bool cuda_corpus_built(void);

/* Baseline, expert and starter's sample, then correct/, wrong/, and those of hostile/ that end in a
 * wrong answer. */
struct err cuda_corpus_find(struct cuda_corpus *out, const struct spec *spec);

/* Runs one source over all cases, in a process of its own; a crash is a wrong case. An error is
 * ours: no shared object, launch lines that do not evaluate, generator or oracle that fail. */
struct err cuda_corpus_run(const struct cuda_corpus *corpus,
                           const struct cuda_corpus_source *source,
                           struct cuda_corpus_outcome *out);

#endif
