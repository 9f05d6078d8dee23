/* Judging element by element. The right answer costs a few instructions; everything that explains a
 * wrong one is worked out only when there is one. */
#include "reference/compare.h"

#include "sandbox/base/text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void judge(struct compare *compare, double expected, double got, double error, double bound,
                  bool right);
static void tap(struct compare *compare, size_t at, double expected, double bound);
static void note_wrong(struct compare *compare, double expected, double got, double error,
                       double bound);
static void note_first(struct compare *compare, int64_t position, double expected, double got,
                       double error, double bound);
static void note_cell(struct compare *compare);
static void fold(const struct compare *compare, int64_t *out_rows, int64_t *out_columns);
static int cells(int64_t length);
static int64_t cell_length(int64_t length, int cell);
static void finish_map(struct compare *compare);

void compare_init(struct compare *compare)
{
    memset(compare, 0, sizeof *compare);
}

void compare_begin(struct compare *compare, const char *part, const char *letters, int rank,
                   const int64_t *shape)
{
    assert(rank >= 0 && rank <= COMPARE_RANK_MAX);
    compare_end(compare);

    (void)text_copy(compare->part, sizeof compare->part, part); /* a name for people: may be cut */
    (void)text_copy(compare->letters, sizeof compare->letters, letters);
    compare->rank = rank;
    compare->of = 1;
    for (int i = 0; i < rank; i++) {
        compare->shape[i] = shape[i];
        compare->of *= (uint64_t)shape[i];
    }
    compare->seen = 0;
    compare->wrong_here = 0;
    compare->first_is_here = false;
    compare->just_first = false;
    compare->is_norm = false;
    compare->tapping = compare->tap != NULL && strcmp(compare->tap_part, compare->part) == 0;
}

void compare_value(struct compare *compare, double expected, double got, double bound)
{
    double error = fabs(got - expected);
    /* Written so that a NaN anywhere, and an infinite answer, come out wrong. */
    bool right = error <= bound && isfinite(got);
    judge(compare, expected, got, error, bound, right);
}

void compare_verdict(struct compare *compare, double expected, double got, bool right)
{
    judge(compare, expected, got, fabs(got - expected), 0, right);
}

void compare_unwritten(struct compare *compare)
{
    if (compare->just_first)
        compare->first.unwritten = true;
}

void compare_norm(struct compare *compare, double error, double bound, int64_t index_of_largest,
                  double expected, double got)
{
    compare->is_norm = true;
    compare->seen = compare->of; /* no element may follow */
    if (error <= bound) {
        if (error > compare->error_ratio * bound)
            compare->error_ratio = error / bound;
        return;
    }

    compare->wrong = true;
    compare->wrong_here = 1;
    if (isnan(error) || bound <= 0)
        compare->error_ratio = INFINITY;
    else if (error > compare->error_ratio * bound)
        compare->error_ratio = error / bound;
    if (!compare->has_mismatch)
        note_first(compare, index_of_largest, expected, got, error, bound);
}

void compare_norm_tap(struct compare *compare, const double *expected, size_t count, double bound)
{
    for (size_t i = 0; compare->tapping && compare->tap_norms && i < count; i++)
        tap(compare, i, expected[i], bound);
}

void compare_end(struct compare *compare)
{
    if (!compare->first_is_here)
        return;
    compare->first_is_here = false;
    compare->just_first = false;
    compare->first.wrong_count = compare->wrong_here;
    compare->first.of = compare->is_norm ? 1 : compare->of;
    if (!compare->is_norm)
        finish_map(compare);
}

static void judge(struct compare *compare, double expected, double got, double error, double bound,
                  bool right)
{
    assert(compare->seen < compare->of);
    compare->just_first = false;
    if (compare->tapping)
        tap(compare, compare->seen, expected, bound);
    if (!right)
        note_wrong(compare, expected, got, error, bound);
    else if (bound > 0 && error > compare->error_ratio * bound)
        compare->error_ratio = error / bound;
    compare->seen++;
}

static void tap(struct compare *compare, size_t at, double expected, double bound)
{
    if (at >= compare->tap_count)
        return;
    compare->tap[at] = expected;
    if (compare->tap_bound != NULL)
        compare->tap_bound[at] = bound;
}

static void note_wrong(struct compare *compare, double expected, double got, double error,
                       double bound)
{
    compare->wrong = true;
    compare->wrong_here++;
    if (!(bound > 0) || !isfinite(error))
        compare->error_ratio = INFINITY;
    else if (error > compare->error_ratio * bound)
        compare->error_ratio = error / bound;

    if (!compare->has_mismatch) {
        note_first(compare, (int64_t)compare->seen, expected, got, error, bound);
        compare->just_first = true;
    }
    if (compare->first_is_here)
        note_cell(compare);
}

static void note_first(struct compare *compare, int64_t position, double expected, double got,
                       double error, double bound)
{
    struct compare_mismatch *first = &compare->first;

    compare->has_mismatch = true;
    compare->first_is_here = true;
    *first = (struct compare_mismatch){
        .rank = compare->rank,
        .expected = expected,
        .got = got,
        .error = error,
        .bound = bound,
        .got_nan = isnan(got),
    };
    memcpy(first->part, compare->part, sizeof first->part);
    memcpy(first->letters, compare->letters, sizeof first->letters);
    for (int i = compare->rank - 1; i >= 0; i--) {
        first->index[i] = position % compare->shape[i];
        position /= compare->shape[i];
    }
}

/* Counts the element just found wrong in its cell of the map. */
static void note_cell(struct compare *compare)
{
    int64_t rows, columns;
    fold(compare, &rows, &columns);
    int64_t row = (int64_t)compare->seen / columns, column = (int64_t)compare->seen % columns;
    int64_t map_row = row * cells(rows) / rows, map_column = column * cells(columns) / columns;
    compare->cell_wrong[map_row][map_column]++;
}

/* A tensor as a picture: its last dimension across, all others down. */
static void fold(const struct compare *compare, int64_t *out_rows, int64_t *out_columns)
{
    *out_columns = compare->rank == 0 ? 1 : compare->shape[compare->rank - 1];
    *out_rows = (int64_t)compare->of / *out_columns;
}

static int cells(int64_t length)
{
    return length < COMPARE_MAP_MAX ? (int)length : COMPARE_MAP_MAX;
}

/* How many of `length` positions p have p * cells / length == cell. */
static int64_t cell_length(int64_t length, int cell)
{
    int64_t count = cells(length);
    int64_t first = (cell * length + count - 1) / count;
    int64_t next = ((cell + 1) * length + count - 1) / count;
    return next - first;
}

static void finish_map(struct compare *compare)
{
    int64_t rows, columns;
    fold(compare, &rows, &columns);
    compare->map_rows = cells(rows);
    compare->map_columns = cells(columns);

    for (int r = 0; r < compare->map_rows; r++) {
        for (int c = 0; c < compare->map_columns; c++) {
            int64_t of = cell_length(rows, r) * cell_length(columns, c);
            uint64_t tenths = compare->cell_wrong[r][c] * (uint64_t)10 / (uint64_t)of;
            compare->cell_of[r][c] = (uint32_t)of;
            /* A few wrong elements must still show: 0 is for none. */
            if (compare->cell_wrong[r][c] > 0 && tenths == 0)
                tenths = 1;
            compare->map[r][c] = (unsigned char)(tenths > 9 ? 9 : tenths);
        }
    }
}
