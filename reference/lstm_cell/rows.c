/* One sequence of the batch, from its first step to its last: T rows of y. */
#include "reference/rows.h"

#include <stdlib.h>
#include <string.h>

ROWS_DECLARE(lstm_cell);

static void gather(float *to, const float *from, size_t steps, size_t stride, size_t count);

int64_t lstm_cell_rows(const struct call *given, int64_t *out_rows_each)
{
    *out_rows_each = call_size(given, "T");
    return call_size(given, "B");
}

struct err lstm_cell_row(const struct call *given, const struct call *answer, int64_t piece,
                         struct compare *compare)
{
    const size_t T = (size_t)call_size(given, "T"), B = (size_t)call_size(given, "B");
    const size_t nx = (size_t)call_size(given, "nx"), nh = (size_t)call_size(given, "nh");
    const size_t b = (size_t)piece;
    const bool had_mismatch = compare->has_mismatch;
    struct spec_case which = *given->which;
    struct call part = *given, got = {.spec = given->spec, .which = &which};
    auto_free float *x = malloc(T * nx * sizeof *x);
    auto_free float *y = malloc(T * nh * sizeof *y);

    if (x == NULL || y == NULL)
        return err_make(ERR_SYSTEM, "memory for a sequence");
    gather(x, call_f32(given, "x") + b * nx, T, B * nx, nx);
    gather(y, call_f32(answer, "y") + b * nh, T, B * nh, nh);
    part.which = &which;
    rows_size(&which, given->spec, "B", 1);
    rows_tensor(&part, "x", x, T * nx);
    rows_tensor(&part, "h0", call_f32(given, "h0") + b * nh, nh);
    rows_tensor(&part, "c0", call_f32(given, "c0") + b * nh, nh);
    rows_tensor(&got, "y", y, T * nh);
    rows_tensor(&got, "hT", call_f32(answer, "hT") + b * nh, nh);
    rows_tensor(&got, "cT", call_f32(answer, "cT") + b * nh, nh);
    struct err err = oracle_find("lstm_cell")(&part, &got, compare);
    compare_end(compare);
    rows_place(compare, had_mismatch, compare->first.rank == 3 ? 1 : 0, piece);
    return err;
}

static void gather(float *to, const float *from, size_t steps, size_t stride, size_t count)
{
    for (size_t t = 0; t < steps; t++)
        memcpy(to + t * count, from + t * stride, count * sizeof *to);
}
