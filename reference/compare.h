/* Where oracles put their judgements: element by element, an expected value, what the student gave,
 * and the bound that rounding analysis allows. NaN never passes. Keeps the first mismatch, the
 * largest error ratio, counts and a coarse map of where the errors are. Pure.
 *
 * A `part` is one thing compared: an output tensor ("o"), or a certificate over outputs ("comp
 * comp'
 * - 1"). Life: 1. compare_init  2. per part: compare_begin, then compare_value for each element in
 * row-major order (or compare_norm once)  3. read the struct. */
#ifndef REFERENCE_COMPARE_H
#define REFERENCE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPARE_RANK_MAX 4
#define COMPARE_MAP_MAX 32

struct compare_mismatch {
    char part[40];                      /* "o" */
    char letters[COMPARE_RANK_MAX + 1]; /* "bhid" */
    int rank;
    int64_t index[COMPARE_RANK_MAX];
    double expected, got, error, bound;
    bool got_nan;
    bool unwritten;           /* still the NaN or canary that it was filled with */
    uint64_t wrong_count, of; /* elements of this part */
};

struct compare {
    bool wrong;         /* sticky */
    double error_ratio; /* largest error / bound; infinite for NaN */
    bool has_mismatch;
    struct compare_mismatch first; /* of the first part that has one */
    /* Of the part of `first`: rows x columns cells, share of wrong elements 0..9 (0 only if none).
     */
    int map_rows, map_columns;
    unsigned char map[COMPARE_MAP_MAX][COMPARE_MAP_MAX];
    /* Set after compare_init by who wants to know what was expected, element by element: of the
     * part of this name, its first tap_count values go to tap (borrowed; NULL: not wanted). */
    const char *tap_part;
    double *tap;
    double *tap_bound; /* the same for the bounds; NULL: not wanted */
    size_t tap_count;
    bool tap_norms; /* of parts that are judged as a whole, too */
    /* private */
    bool tapping;
    char part[40];
    char letters[COMPARE_RANK_MAX + 1];
    int rank;
    int64_t shape[COMPARE_RANK_MAX];
    uint64_t seen, of, wrong_here;
    bool first_is_here;
    bool just_first; /* the element just judged is the first mismatch */
    bool is_norm;    /* judged as a whole: no counts, no map */
    uint32_t cell_wrong[COMPARE_MAP_MAX][COMPARE_MAP_MAX],
        cell_of[COMPARE_MAP_MAX][COMPARE_MAP_MAX];
};

/* Empty: nothing wrong yet. */
void compare_init(struct compare *compare);

/* Begins a part of this shape (rank 0: one number). `letters` names its indices, one char each. */
void compare_begin(struct compare *compare, const char *part, const char *letters, int rank,
                   const int64_t *shape);

/* The next element: passes iff |got - expected| <= bound, all finite (an expected infinity never
 * occurs). A bound of 0 asks for equality of value. */
void compare_value(struct compare *compare, double expected, double got, double bound);

/* The next element is wrong or right by a rule of its own (bit equality, either neighbour). */
void compare_verdict(struct compare *compare, double expected, double got, bool right);

/* Marks the mismatch just recorded as "never written", if it is the first. */
void compare_unwritten(struct compare *compare);

/* A whole part judged by one norm: error and bound of the vector; index_of_largest points at the
 * element with the largest difference, where expected and got are taken. Call instead of
 * compare_value, once per part. It counts as one element (1 of 1 wrong) and has no map. */
void compare_norm(struct compare *compare, double error, double bound, int64_t index_of_largest,
                  double expected, double got);

/* What a part that is judged by one norm was held against, for whoever taps; after compare_begin.
 */
void compare_norm_tap(struct compare *compare, const double *expected, size_t count, double bound);

/* Ends the last part (fills map and counts). Idempotent; compare_begin does it for the one before.
 */
void compare_end(struct compare *compare);

#endif
