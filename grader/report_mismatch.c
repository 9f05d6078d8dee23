/* A wrong answer as lines of the text report: the first element that differs, how far, and where
 * the others are. */
#include "grader/report_parts.h"
#include "grader/words.h"

#include <math.h>
#include <string.h>

#define SLABS_MAX 8 /* parts of the first dimension that are told apart in the line `where` */

/* The case at hand. */
struct wrong {
    struct buf *out;
    const struct report *report;
    const struct wire_case *one;
    enum language language;
};

static void value_write(struct wrong *wrong);
static void where_write(struct wrong *wrong);
static bool row_is_wrong(const struct wire_case *one, int row);
static bool where_slabs(struct wrong *wrong, struct buf *line, int64_t rows, int64_t slabs,
                        char letter);
static void where_rows(struct wrong *wrong, struct buf *line, int64_t rows);
static void where_columns(struct wrong *wrong, struct buf *line, int64_t columns);

void report_mismatch(struct buf *out, const struct report *report, const struct wire_case *one,
                     enum language language)
{
    struct wrong here = {out, report, one, language};
    struct wrong *wrong = &here;
    const struct wire_mismatch *mismatch = &one->mismatch;
    char error[32];
    char bound[32];
    value_write(wrong);
    if (!mismatch->unwritten && isfinite(mismatch->error)) {
        words_put(wrong->out, wrong->language, "text_error_allowed",
                  lines_small(mismatch->error, error, sizeof error),
                  lines_small(mismatch->bound, bound, sizeof bound));
        if (mismatch->of > 1)
            words_put(wrong->out, wrong->language, "text_differ", (long long)mismatch->wrong_count,
                      (long long)mismatch->of);
        buf_text(wrong->out, "\n");
    } else if (mismatch->of > 1) {
        words_put(wrong->out, wrong->language, "text_differ_alone",
                  (long long)mismatch->wrong_count, (long long)mismatch->of);
        buf_text(wrong->out, "\n");
    }
    where_write(wrong);
}

/* o[b=1][h=0][i=0][d=0]  expected 0.0713204  got 0.0441873 */
static void value_write(struct wrong *wrong)
{
    const struct wire_mismatch *mismatch = &wrong->one->mismatch;
    size_t letters = strnlen(mismatch->letters, sizeof mismatch->letters);
    buf_printf(wrong->out, "  %s", mismatch->tensor);
    for (int i = 0; i < mismatch->rank && i < SPEC_RANK_MAX; i++) {
        if ((size_t)i < letters)
            buf_printf(wrong->out, "[%c=%lld]", mismatch->letters[i],
                       (long long)mismatch->index[i]);
        else
            buf_printf(wrong->out, "[%lld]", (long long)mismatch->index[i]);
    }
    words_put(wrong->out, wrong->language, "text_expected", mismatch->expected);
    if (mismatch->unwritten)
        buf_text(wrong->out, words_of("text_never_written", wrong->language));
    else
        words_put(wrong->out, wrong->language, "text_got", mismatch->got);
    buf_text(wrong->out, "\n");
}

/* The map in words. Its rows are all dimensions but the last, its columns the last. */
static void where_write(struct wrong *wrong)
{
    const struct spec *spec = wrong->report->spec;
    const struct wire_case *one = wrong->one;
    int argument = spec_argument_index(spec, one->mismatch.tensor);
    if (argument < 0 || one->map_rows < 1 || one->map_columns < 1 ||
        one->mismatch.wrong_count == one->mismatch.of)
        return;
    const struct spec_argument *tensor = &spec->arguments[argument];
    int64_t shape[SPEC_RANK_MAX] = {1, 1, 1, 1};
    int64_t rows = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (err_is(expression_value(&tensor->shape[i], spec->cases[one->index].values, &shape[i])))
            return; /* a report without this line is fine */
        rows *= i + 1 < tensor->rank ? shape[i] : 1;
    }
    auto_buf struct buf line = buf_of(1024);
    int first = 0;
    while (first + 1 < tensor->rank && shape[first] == 1)
        first++;
    bool told = first + 1 < tensor->rank &&
                where_slabs(wrong, &line, rows, shape[first], tensor->index[first]);
    if (!told)
        where_rows(wrong, &line, rows);
    where_columns(wrong, &line, tensor->rank > 0 ? shape[tensor->rank - 1] : 1);
    if (line.size == 0)
        return;
    const char *head = words_of("text_where", wrong->language);
    buf_text(wrong->out, head);
    (void)lines_wrap(wrong->out, lines_columns(head), lines_columns(head), line.at);
    buf_text(wrong->out, "\n");
}

static bool row_is_wrong(const struct wire_case *one, int row)
{
    for (int column = 0; column < one->map_columns && column < WIRE_MAP_MAX; column++)
        if (one->map[row][column] > 0)
            return true;
    return false;
}

/* "b=0 right, b=1 all rows, b=2 some rows"; false if that would say nothing. */
static bool where_slabs(struct wrong *wrong, struct buf *line, int64_t rows, int64_t slabs,
                        char letter)
{
    static const char *const words[] = {"text_slab_right", "text_slab_some", "text_slab_all"};
    const struct wire_case *one = wrong->one;
    int states[SLABS_MAX];
    bool same = true;
    if (slabs < 2 || slabs > SLABS_MAX || one->map_rows < slabs)
        return false;
    for (int64_t slab = 0; slab < slabs; slab++) {
        int cells = 0;
        int bad = 0;
        for (int row = 0; row < one->map_rows && row < WIRE_MAP_MAX; row++) {
            int64_t from = rows * row / one->map_rows;
            if (from * slabs / rows != slab)
                continue;
            cells++;
            bad += row_is_wrong(one, row);
        }
        states[slab] = bad == 0 ? 0 : bad < cells ? 1 : 2;
        same = same && states[slab] == states[0];
    }
    if (same)
        return false;
    for (int64_t slab = 0; slab < slabs; slab++)
        buf_printf(line, "%s%c=%lld %s", slab > 0 ? words_of("text_comma", wrong->language) : "",
                   letter, (long long)slab, words_of(words[states[slab]], wrong->language));
    return true;
}

static void where_rows(struct wrong *wrong, struct buf *line, int64_t rows)
{
    const struct wire_case *one = wrong->one;
    int first = -1;
    int last = -1;
    for (int row = 0; row < one->map_rows && row < WIRE_MAP_MAX; row++) {
        if (!row_is_wrong(one, row))
            continue;
        first = first < 0 ? row : first;
        last = row;
    }
    if (first < 0 || (first == 0 && last == one->map_rows - 1))
        return;
    words_put(line, wrong->language, "text_rows", (long long)(rows * first / one->map_rows),
              (long long)(rows * (last + 1) / one->map_rows - 1), (long long)rows);
}

static void where_columns(struct wrong *wrong, struct buf *line, int64_t columns)
{
    const struct wire_case *one = wrong->one;
    int first = -1;
    int last = -1;
    for (int column = 0; column < one->map_columns && column < WIRE_MAP_MAX; column++) {
        bool bad = false;
        for (int row = 0; row < one->map_rows && row < WIRE_MAP_MAX; row++)
            bad = bad || one->map[row][column] > 0;
        if (!bad)
            continue;
        first = first < 0 ? column : first;
        last = column;
    }
    if (first < 0 || (first == 0 && last == one->map_columns - 1))
        return;
    if (line->size > 0)
        buf_text(line, words_of("text_comma", wrong->language));
    words_put(line, wrong->language, "text_columns",
              (long long)(columns * first / one->map_columns),
              (long long)(columns * (last + 1) / one->map_columns - 1), (long long)columns);
}
