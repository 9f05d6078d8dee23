/* Which submissions look alike: what sim_c (Debian: similarity-tester) says of them, made into
 * pairs. Pure; grader/similar_run.c starts it in the sandbox.
 *
 * Two looks. First all sources behind each other in one text: one run over it finds for each piece
 * its best likeness, which gives candidates at the cost of one reading. Then each candidate pair,
 * with the starter that everybody was given as a third text: lines that are like the starter count
 * on neither side. */
#ifndef GRADER_SIMILAR_H
#define GRADER_SIMILAR_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIMILAR_PAIRS_MAX 300 /* looked at closely, the most alike first */
#define SIMILAR_RUNS_MAX 64   /* kept of one pair, for showing them side by side */

struct similar_source {
    int64_t id; /* of a submission */
    const char *text;
    size_t size;
    int first_line, lines; /* filled by similar_join: where it lies in the whole, from 1 */
};

/* Lines of one text that are like lines of another, both ends included, from 1. */
struct similar_run {
    char one[16], other[16]; /* names of files */
    int one_from, one_to, other_from, other_to, tokens;
};

/* Appends all sources, each followed by tokens that no run crosses. */
void similar_join(struct similar_source *sources, size_t count, struct buf *out);

/* Reads one line of `sim_c -n`; false: it is none of a run. */
bool similar_parse(const char *line, struct similar_run *out);

/* What two sources share. */
struct similar_pair {
    size_t one, other;          /* indices of sources, one < other */
    int one_share, other_share; /* percent of its own lines that are found in the other */
    int64_t tokens;             /* of the first look */
    size_t runs_count;
    struct similar_run runs[SIMILAR_RUNS_MAX];
};

/* Candidates from the output over the joined text, most alike first; at most max. The caller frees
 * *out. */
struct err similar_candidates(const struct similar_source *sources, size_t count,
                              const char *output, size_t max, struct similar_pair **out,
                              size_t *out_count);

/* The close look: output over the files "one", "other" and "given". Fills shares and runs. */
void similar_compare(const struct similar_source *one, const struct similar_source *other,
                     const char *output, struct similar_pair *pair);

#endif
