#!/usr/bin/env bash
# Real wrong mutants get the hint that their mistake deserves; crashes are told with their line, in both languages,
# within the 25 lines; nothing is told of hidden cases.
. "$(dirname "$0")/lib.sh"

one() { # assignment, mutant or path, arguments of try…
    local a=$1 f=$2; shift 2
    [ -f "$f" ] || f=tests/submissions/$a/wrong/$f.c
    "$GRADER" try "$a" "$f" --no-timing "$@" 2>&1
}
first='next(c for c in d["cases"] if c["verdict"] not in ("pass", "not_run"))'

while read -r a mutant code case; do
    # Inputs are drawn anew each time: a case of one element may be nearly right by chance.
    for _ in 1 2 3; do
        got=$(one "$a" "$mutant" --json ${case:+--case "$case"} | json "$first.get('code', '-')")
        [ "$got" = "$code" ] && break
    done
    equals "$a $mutant: $code" "$code" "$got"
done <<'TABLE'
attention padding_ignored kvlen_ignored
attention kept_output second_call
attention tf32_pv precision
attention not_normalised row_scale
attention last_key_dropped zero_output
attention causal_ignored slices
lstm_cell y_unwritten unwritten
gradient_descent mean_over_n_minus_one infinite
pca signs_disagree sign
pca whitened scale one_column
pca uncentred_projection offset
pca proj_layout transposed
pca last_row_unwritten last
quantized_matmul n_tail_4 tail odd
quantized_matmul half_up rounding
TABLE

cat >"$WORK/past.c" <<'C'
#include "attention.h"

void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q, const float *restrict k,
               const float *restrict v, const int *restrict kvlen, int causal, float *restrict o)
{
    float sum = 0;
    for (int i = 0; i <= B * H * Tk * D; i++)
        sum += k[i] * q[0] + v[0] + (float)(kvlen[0] + causal);
    for (int i = 0; i <= B * H * Tq * D + 4096; i++)
        o[i] = sum;
}
C
text=$(one attention "$WORK/past.c")
contains "a crash names the line, the tensor and the index" "found: line 8 reads k[1], but k ends at index 0" "$text"
contains "… and shows the line" "8 | sum += k[i] * q[0]" "$text"
equals "… within 25 lines" yes "$([ "$(wc -l <<<"$text")" -le 25 ] && echo yes)"
equals "… of 80 columns" "" "$(awk 'length($0) > 80' <<<"$text")"
zh=$(one attention "$WORK/past.c" --lang zh)
contains "… in Chinese" "第 8 行：读取 k[1]" "$zh"
lacks "… without English words of the fault" "segmentation" "$zh"
equals "… and in JSON" "outside_tensor 8 k 1" \
    "$(one attention "$WORK/past.c" --json | json "' '.join(str($first['finding'][x]) for x in ('kind', 'line', 'tensor', 'element'))")"

sed 's/^{/{\n    if (Tq == 65 \&\& D == 40) o[-99] = 0;\n    if (Tq != 65) o[0] = 0;\n    return;/' "$WORK/past.c" >"$WORK/hidden.c"
text=$(one attention "$WORK/hidden.c" --json)
lacks "a crash in a hidden case is no finding" '"finding"' "$text"

equals "the codes of all verdicts stay with a diagnosis" "runtime_error segfault" \
    "$(one attention tests/submissions/attention/hostile/write_input.c --json | json "' '.join($first[x] for x in ('verdict', 'code'))")"
