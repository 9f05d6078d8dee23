/* From struct compare to the wire. Hidden cases tell their class and no more. */
#include "worker/judge.h"

#include "reference/rows.h"
#include "sandbox/base/text.h"
#include "worker/diagnose.h"

#include <stdio.h>
#include <string.h>

#define SAMPLED (-1) /* in place of the number of a call */

static struct err compare_tell(const struct call *given, const struct answer *answer,
                               const struct compare *compare, int call_number,
                               struct wire_case *one);
static void mismatch_copy(const struct compare *compare, struct wire_case *one);

_Static_assert(COMPARE_MAP_MAX == WIRE_MAP_MAX && COMPARE_RANK_MAX == SPEC_RANK_MAX,
               "maps and indices travel as they are");
_Static_assert(sizeof((struct wire_case *)0)->code == DIAGNOSE_CODE_MAX, "codes travel whole");

void judge_row(struct wire_case *one, int index)
{
    *one = (struct wire_case){
        .index = index, .verdict = VERDICT_PASS, .wall_ms = -1, .cpu_ms = -1, .peak_bytes = -1};
}

struct err judge_answer(const struct call *given, const struct answer *answer, int call_number,
                        struct wire_case *one)
{
    oracle_fn judge = oracle_find(given->spec->name);
    struct compare compare;

    if (judge == NULL)
        return err_make(ERR_INTERNAL, "no oracle for '%s'", given->spec->name);
    compare_init(&compare);
    struct err err = judge(given, &answer->call, &compare);
    return err_is(err) ? err : compare_tell(given, answer, &compare, call_number, one);
}

struct err judge_sample(const struct call *given, const struct answer *answer,
                        const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration,
                        struct wire_case *one)
{
    const struct rows_entry *const rows = rows_find(given->spec->name);
    struct random random;
    struct compare compare;

    if (given->which->rows_checked <= 0 || rows == NULL)
        return judge_answer(given, answer, 0, one);
    char label[SPEC_NAME_MAX + 8]; /* no name of a case: the stream of its inputs is another */
    (void)snprintf(label, sizeof label, "rows/%s", given->which->name); /* fits */
    random_init(&random, key, label, iteration);
    compare_init(&compare);
    struct err err =
        rows_judge(rows, given, &answer->call, given->which->rows_checked, &random, &compare);
    return err_is(err) ? err : compare_tell(given, answer, &compare, SAMPLED, one);
}

static struct err compare_tell(const struct call *given, const struct answer *answer,
                               const struct compare *compare, int call_number,
                               struct wire_case *one)
{
    if (!one->has_error_ratio || compare->error_ratio > one->error_ratio)
        one->error_ratio = compare->error_ratio;
    one->has_error_ratio = true;
    if (!compare->wrong)
        return err_none();

    one->verdict = VERDICT_WRONG;
    if (given->which->hidden || !compare->has_mismatch)
        return err_none();
    mismatch_copy(compare, one);
    (void)snprintf(one->detail, sizeof one->detail, "%s differs from what is expected",
                   one->mismatch.tensor);
    if (call_number == SAMPLED) /* patterns would be tried on the whole */
        return err_none();
    const struct diagnose_input input = {
        .given = given, .answer = &answer->call, .compare = compare, .call_number = call_number};
    return diagnose_hint(&input, one->code);
}

void judge_outside(const struct spec *spec, int argument, struct wire_case *one)
{
    one->verdict = VERDICT_RUNTIME_ERROR;
    (void)text_copy(one->code, sizeof one->code, "outside_write"); /* fits */
    (void)snprintf(one->detail, sizeof one->detail, "wrote outside %s",
                   spec->arguments[argument].name);
}

static void mismatch_copy(const struct compare *compare, struct wire_case *one)
{
    const struct compare_mismatch *first = &compare->first;
    struct wire_mismatch *mismatch = &one->mismatch;

    one->has_mismatch = true;
    *mismatch = (struct wire_mismatch){
        .rank = first->rank,
        .expected = first->expected,
        .got = first->got,
        .error = first->error,
        .bound = first->bound,
        .unwritten = first->unwritten,
        .wrong_count = (int64_t)first->wrong_count,
        .of = (int64_t)first->of,
    };
    (void)text_copy(mismatch->tensor, sizeof mismatch->tensor, first->part);      /* same size */
    (void)text_copy(mismatch->letters, sizeof mismatch->letters, first->letters); /* same size */
    memcpy(mismatch->index, first->index, sizeof mismatch->index);
    one->map_rows = compare->map_rows;
    one->map_columns = compare->map_columns;
    memcpy(one->map, compare->map, sizeof one->map);
}
