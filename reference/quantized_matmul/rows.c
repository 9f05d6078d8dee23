/* One row of the product. */
#include "reference/rows.h"

#include <string.h>

ROWS_DECLARE(quantized_matmul);

int64_t quantized_matmul_rows(const struct call *given, int64_t *out_rows_each)
{
    *out_rows_each = 1;
    return call_size(given, "M");
}

struct err quantized_matmul_row(const struct call *given, const struct call *answer, int64_t piece,
                                struct compare *compare)
{
    const size_t N = (size_t)call_size(given, "N"), K = (size_t)call_size(given, "K");
    const size_t m = (size_t)piece;
    const bool had_mismatch = compare->has_mismatch;
    struct spec_case which = *given->which;
    struct call part = *given, got = {.spec = given->spec, .which = &which};

    part.which = &which;
    rows_size(&which, given->spec, "M", 1);
    rows_tensor(&part, "A", call_i8(given, "A") + m * K, K);
    rows_tensor(&part, "a_scale", call_f32(given, "a_scale") + m, 1);
    rows_tensor(&got, "acc", call_i32(answer, "acc") + m * N, N);
    rows_tensor(&got, "C", call_i8(answer, "C") + m * N, N);
    struct err err = oracle_find("quantized_matmul")(&part, &got, compare);
    rows_place(compare, had_mismatch, 0, piece);
    return err;
}
