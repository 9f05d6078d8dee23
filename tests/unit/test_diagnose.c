/* Hints from the pattern of the errors: real inputs, the oracle's own answer, and one mistake each
 * put into it. */
#include "assignments/inputs.h"
#include "tests/unit/support/check.h"
#include "worker/answer.h"
#include "worker/diagnose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A case with its inputs, and the output as the oracle has it. */
struct scene {
    struct spec spec;
    const struct spec_case *which;
    struct call given, answer;
    int output;
    double *right;
    size_t count, shape[SPEC_RANK_MAX];
    int rank;
};

static void fine(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

static struct scene *scene_of(const char *assignment, const char *case_name, const char *output)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {1, 2, 3};
    struct scene *scene = calloc(1, sizeof *scene);
    char path[128];
    struct random random;
    struct compare compare;

    assert_non_null(scene);
    (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", assignment);
    fine(spec_load(&scene->spec, path));
    scene->which = &scene->spec.cases[spec_case_index(&scene->spec, case_name)];
    fine(call_allocate(&scene->given, &scene->spec, scene->which));
    fine(call_allocate(&scene->answer, &scene->spec, scene->which));
    random_init(&random, key, case_name, 0);
    fine(inputs_find(assignment)(&scene->given, &random));
    memcpy(scene->answer.scalars, scene->given.scalars, sizeof scene->answer.scalars);
    call_poison_outputs(&scene->answer);

    scene->output = spec_argument_index(&scene->spec, output);
    const struct spec_argument *tensor = &scene->spec.arguments[scene->output];
    scene->count = scene->answer.tensors[scene->output].count;
    scene->right = calloc(scene->count, sizeof *scene->right);
    scene->rank = tensor->rank;
    for (int i = 0; i < tensor->rank; i++) {
        int64_t length = 0;
        fine(expression_value(&tensor->shape[i], scene->which->values, &length));
        scene->shape[i] = (size_t)length;
    }
    compare_init(&compare);
    compare.tap_part = output;
    compare.tap = scene->right;
    compare.tap_count = scene->count;
    fine(oracle_find(assignment)(&scene->given, &scene->answer, &compare));
    return scene;
}

static void scene_free(struct scene *scene)
{
    call_release(&scene->given);
    call_release(&scene->answer);
    free(scene->right);
    free(scene);
}

/* Changes the right value at a place; NAN means: never written. */
typedef double (*mistake_fn)(const struct scene *scene, size_t at, const size_t *index);

static void expect(struct scene *scene, mistake_fn mistake, int call_number, const char *code)
{
    struct compare compare;
    char got[DIAGNOSE_CODE_MAX];
    const bool is_float = scene->spec.arguments[scene->output].element == SPEC_F32;

    for (size_t at = 0; at < scene->count; at++) {
        size_t index[SPEC_RANK_MAX] = {0}, rest = at;
        for (int i = scene->rank - 1; i >= 0; i--) {
            index[i] = rest % scene->shape[i];
            rest /= scene->shape[i];
        }
        const double value = mistake(scene, at, index);
        const uint32_t canary = CALL_CANARY_F32_BITS;
        if (is_float && isnan(value))
            memcpy((float *)scene->answer.tensors[scene->output].at + at, &canary, sizeof canary);
        else if (is_float)
            ((float *)scene->answer.tensors[scene->output].at)[at] = (float)value;
        else
            ((int32_t *)scene->answer.tensors[scene->output].at)[at] = (int32_t)lrint(value);
    }
    compare_init(&compare);
    fine(oracle_find(scene->spec.name)(&scene->given, &scene->answer, &compare));
    compare_end(&compare);
    assert_true(compare.wrong);
    const struct diagnose_input input = {.given = &scene->given,
                                         .answer = &scene->answer,
                                         .compare = &compare,
                                         .call_number = call_number};
    fine(diagnose_hint(&input, got));
    assert_string_equal(got, code);
}

#define MISTAKE(name, value)                                                                       \
    static double name(const struct scene *scene, size_t at, const size_t *index)                  \
    {                                                                                              \
        const double right = scene->right[at];                                                     \
        (void)index, (void)right;                                                                  \
        return value;                                                                              \
    }

MISTAKE(zero, 0)
MISTAKE(minus, -right)
MISTAKE(doubled, 2.5 * right)
MISTAKE(shifted, right + 0.75)
MISTAKE(rounded, right *(1 + 1e-4 * ((double)(at % 7) - 3)))
MISTAKE(of_rows, right *(1 + 0.1 * (double)(at / scene->shape[scene->rank - 1] % 13)))
MISTAKE(all_unwritten, (double)NAN)
MISTAKE(infinite, at == 3 ? (double)INFINITY : right)
MISTAKE(a_few, at % 37 == 5 ? right + 1 : right)
/* B=2 H=3 Tq=17 D=5 */
MISTAKE(tail_rows, index[2] == 16 && index[3] != 2 ? right + 1 : right)
MISTAKE(tail_rows_unwritten, index[2] == 16 ? (double)NAN : right)
MISTAKE(last_channel, index[3] == 4 ? right + 1 : right)
MISTAKE(first_row, index[2] == 0 ? right + 1 : right)
MISTAKE(second_batch, index[0] == 1 ? right + 1 + 0.3 * (double)(at % 3) : right)
MISTAKE(one_head, index[1] == 1 ? right + 1 + 0.3 * (double)(at % 3) : right)
/* B=3, kvlen mixed */
MISTAKE(short_wrong,
        ((const int32_t *)scene->given.tensors[spec_argument_index(&scene->spec, "kvlen")]
             .at)[index[0]] < 33
            ? right + 1 + 0.3 * (double)(at % 3)
            : right)

static double transposed(const struct scene *scene, size_t at, const size_t *index)
{
    const size_t rows = scene->shape[scene->rank - 2], columns = scene->shape[scene->rank - 1];
    const size_t inside = index[scene->rank - 2] * columns + index[scene->rank - 1];
    /* At place (r, c) of the output lies what belongs to the place that is its transpose. */
    return scene->right[at - inside + inside % rows * columns + inside / rows];
}

static double off_by_one(const struct scene *scene, size_t at, const size_t *index)
{
    (void)index;
    const double right = scene->right[at], other = right > 0 ? right - 1 : right + 1;
    return at % 5 == 0 && other != CALL_CANARY_I32 ? other : right;
}

static void each_pattern_has_its_code(void **state)
{
    static const struct {
        mistake_fn mistake;
        int call_number;
        const char *case_name, *code;
    } rows[] = {
        {zero, 0, "odd", "zero_output"},
        {minus, 0, "odd", "sign"},
        {doubled, 0, "odd", "scale"},
        {shifted, 0, "odd", "offset"},
        {transposed, 0, "odd", "transposed"},
        {rounded, 0, "odd", "precision"},
        {of_rows, 0, "odd", "row_scale"},
        {all_unwritten, 0, "odd", "unwritten"},
        {infinite, 0, "odd", "infinite"},
        {tail_rows, 0, "odd", "tail"},
        {tail_rows_unwritten, 0, "odd", "tail"},
        {last_channel, 0, "odd", "tail"}, /* 5 = 4 + 1 */
        {first_row, 0, "odd", "first"},
        {second_batch, 0, "odd", "slices"},
        {one_head, 0, "odd", "slices"},
        {short_wrong, 0, "padding", "kvlen_ignored"},
        {a_few, 0, "odd", ""},
        {doubled, 1, "odd", "second_call"},
        {rounded, 1, "odd", "precision"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct scene *scene = scene_of("attention", rows[i].case_name, "o");
        expect(scene, rows[i].mistake, rows[i].call_number, rows[i].code);
        scene_free(scene);
    }
}

MISTAKE(last_of_four, index[scene->rank - 1] == 3 ? right + 1 : right)

static void a_last_column_where_no_step_ends_is_the_last(void **state)
{
    (void)state;
    struct scene *scene = scene_of("attention", "small", "o"); /* D=4 */
    expect(scene, last_of_four, 0, "last");
    scene_free(scene);
}

static void integers_off_by_one_are_a_matter_of_rounding(void **state)
{
    (void)state;
    struct scene *scene = scene_of("quantized_matmul", "square", "acc");
    expect(scene, off_by_one, 0, "rounding");
    scene_free(scene);
}

/* Bytes of a student: any NaN, any infinity, anywhere. */
static double any_bits(const struct scene *scene, size_t at, const size_t *index)
{
    static uint32_t seed = 9;
    float value;
    (void)scene, (void)index, (void)at;
    seed = seed * 1664525 + 1013904223;
    const uint32_t bits = seed ^ (seed >> 7);
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static void any_answer_is_borne(void **state)
{
    (void)state;
    struct scene *scene = scene_of("attention", "odd", "o");

    for (int round = 0; round < 20; round++) {
        struct compare compare;
        char got[DIAGNOSE_CODE_MAX];
        for (size_t at = 0; at < scene->count; at++)
            ((float *)scene->answer.tensors[scene->output].at)[at] =
                (float)any_bits(scene, at, NULL);
        compare_init(&compare);
        fine(oracle_find("attention")(&scene->given, &scene->answer, &compare));
        compare_end(&compare);
        const struct diagnose_input input = {
            .given = &scene->given, .answer = &scene->answer, .compare = &compare};
        fine(diagnose_hint(&input, got));
        assert_non_null(memchr(got, 0, sizeof got));
    }
    scene_free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_has_its_code),
        cmocka_unit_test(a_last_column_where_no_step_ends_is_the_last),
        cmocka_unit_test(integers_off_by_one_are_a_matter_of_rounding),
        cmocka_unit_test(any_answer_is_borne),
    };
    return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
