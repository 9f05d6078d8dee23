/* Answers too large to be recomputed whole: some of their rows, drawn anew for each answer, are
 * judged by the same oracle, as the smaller problems that they are. reference/NAME/rows.c says how
 * to cut one out; an assignment whose outputs all hang together has none and is judged whole.
 *
 * Who gets a share p of the rows wrong passes a sample of n with probability (1 - p)^n, and each
 * timed call has a sample of its own that nobody knows before. */
#ifndef REFERENCE_ROWS_H
#define REFERENCE_ROWS_H

#include "assignments/random.h"
#include "reference/oracle.h"

struct rows_entry {
    const char *name;
    /* Pieces that can be judged alone, and how many rows of the outputs each of them is. */
    int64_t (*count)(const struct call *given, int64_t *out_rows_each);
    /* As an oracle, of one piece; indices of a mismatch are those of the whole. */
    struct err (*judge)(const struct call *given, const struct call *answer, int64_t piece,
                        struct compare *compare);
};

/* At the top of a rows.c. */
#define ROWS_DECLARE(name)                                                                         \
    int64_t name##_rows(const struct call *given, int64_t *out_rows_each);                         \
    struct err name##_row(const struct call *given, const struct call *answer, int64_t piece,      \
                          struct compare *compare)

/* Generated into build/: ends with a NULL name. */
extern const struct rows_entry rows_table[];

/* NULL: judge it whole. */
const struct rows_entry *rows_find(const char *assignment);

/* Judges pieces of at least `rows` rows: the first, the last, and others by chance; stops at the
 * first wrong one. random: of the key that the inputs came from, so nobody can foresee it. */
struct err rows_judge(const struct rows_entry *entry, const struct call *given,
                      const struct call *answer, int64_t rows, struct random *random,
                      struct compare *compare);

/* For rows.c: a case whose sizes differ, tensors by name, and the place of a piece in the whole. */
void rows_size(struct spec_case *which, const struct spec *spec, const char *name, int64_t value);
void rows_tensor(struct call *call, const char *name, const void *at, size_t count);
/* had_mismatch: before this piece. */
void rows_place(struct compare *compare, bool had_mismatch, int position, int64_t index);

#endif
