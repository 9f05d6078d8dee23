/* One query of attention: the keys that it sees are the first few, so alone it is a problem of one
 * query without a mask. */
#include "reference/rows.h"

ROWS_DECLARE(attention);

int64_t attention_rows(const struct call *given, int64_t *out_rows_each)
{
    *out_rows_each = 1;
    return (int64_t)call_size(given, "B") * call_size(given, "H") * call_size(given, "Tq");
}

struct err attention_row(const struct call *given, const struct call *answer, int64_t piece,
                         struct compare *compare)
{
    const int H = call_size(given, "H"), Tq = call_size(given, "Tq");
    const size_t Tk = (size_t)call_size(given, "Tk"), D = (size_t)call_size(given, "D");
    const int64_t i = piece % Tq, head = piece / Tq, b = head / H;
    const size_t keys = (size_t)head * Tk * D, row = (size_t)piece * D;
    const bool had_mismatch = compare->has_mismatch;
    struct spec_case which = *given->which;
    struct call part = {.spec = given->spec, .which = &which}, got = part;

    int32_t kvlen = call_i32(given, "kvlen")[b];
    const int64_t last = i + kvlen - Tq; /* as in the oracle: below 0, none */
    if (call_size(given, "causal") != 0 && last < kvlen)
        kvlen = last < 0 ? 0 : (int32_t)last + 1;
    rows_size(&which, given->spec, "B", 1);
    rows_size(&which, given->spec, "H", 1);
    rows_size(&which, given->spec, "Tq", 1);
    rows_size(&which, given->spec, "causal", 0);
    rows_tensor(&part, "q", call_f32(given, "q") + row, D);
    rows_tensor(&part, "k", call_f32(given, "k") + keys, Tk * D);
    rows_tensor(&part, "v", call_f32(given, "v") + keys, Tk * D);
    rows_tensor(&part, "kvlen", &kvlen, 1);
    rows_tensor(&got, "o", call_f32(answer, "o") + row, D);
    struct err err = oracle_find("attention")(&part, &got, compare);
    rows_place(compare, had_mismatch, 0, b);
    rows_place(compare, had_mismatch, 1, head % H);
    rows_place(compare, had_mismatch, 2, i);
    return err;
}
