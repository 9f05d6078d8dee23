/* Judging by rows is judging: what the whole oracle calls right is right in every piece, and a
 * wrong element is found by its own piece, under its own index. */
#include "assignments/inputs.h"
#include "reference/rows.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/expected.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char key[RANDOM_KEY_BYTES] = {7, 7};

struct bench {
    struct spec spec;
    struct call call; /* inputs, and the oracle's own answer */
};

static void open_case(struct bench *bench, const char *assignment, int index)
{
    char path[256];
    struct random random;
    (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", assignment);
    struct err err = spec_load(&bench->spec, path);
    if (!err_is(err))
        err = call_allocate(&bench->call, &bench->spec, &bench->spec.cases[index]);
    random_init(&random, key, "test", 0);
    if (!err_is(err))
        err = inputs_find(assignment)(&bench->call, &random);
    assert_string_equal(err.text, "");
    expected_take(&bench->call);
}

static struct compare whole(const struct bench *bench)
{
    struct compare compare;
    compare_init(&compare);
    struct err err = oracle_find(bench->spec.name)(&bench->call, &bench->call, &compare);
    assert_string_equal(err.text, "");
    return compare;
}

static struct compare by_rows(const struct bench *bench, int64_t rows)
{
    struct compare compare;
    struct random random;
    random_init(&random, key, "rows", 0);
    compare_init(&compare);
    struct err err = rows_judge(rows_find(bench->spec.name), &bench->call, &bench->call, rows,
                                &random, &compare);
    assert_string_equal(err.text, "");
    return compare;
}

static void rows_agree_with_the_whole(void **state)
{
    static const char *const names[] = {"attention", "lstm_cell", "quantized_matmul"};
    (void)state;
    for (size_t n = 0; n < COUNT(names); n++) {
        struct bench *bench = calloc(1, sizeof *bench);
        assert_non_null(bench);
        for (int index = 1; index < 4; index++) {
            open_case(bench, names[n], index);
            assert_false(whole(bench).wrong);
            const struct compare right = by_rows(bench, INT32_MAX);
            if (right.wrong)
                fail_msg("%s %d: %s expected %g got %g bound %g", names[n], index, right.first.part,
                         right.first.expected, right.first.got, right.first.bound);
            assert_true(fabs(right.error_ratio - whole(bench).error_ratio) <
                        1e-9 + 1e-6 * right.error_ratio);
            for (int i = 0; i < bench->spec.arguments_count; i++) {
                if (bench->spec.arguments[i].role != SPEC_OUTPUT)
                    continue;
                const size_t at = bench->call.tensors[i].count * 2 / 3;
                expected_spoil(&bench->call, i, at);
                const struct compare all = whole(bench), piece = by_rows(bench, INT32_MAX);
                assert_true(all.wrong && piece.wrong);
                assert_string_equal(piece.first.part, all.first.part);
                assert_memory_equal(piece.first.index, all.first.index,
                                    (size_t)all.first.rank * sizeof all.first.index[0]);
                expected_spoil(&bench->call, i, at);
            }
            call_release(&bench->call);
        }
        free(bench);
    }
}

static void a_sample_takes_the_ends_and_others_by_chance(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    (void)state;
    assert_non_null(bench);
    open_case(bench, "attention", 3);
    const int o = spec_argument_index(&bench->spec, "o");
    const size_t last = bench->call.tensors[o].count - 1;
    expected_spoil(&bench->call, o, last);
    assert_true(by_rows(bench, 2).wrong);
    assert_false(by_rows(bench, 1).wrong);
    expected_spoil(&bench->call, o, last);
    /* One row of all: found by some samples of a third, missed by others. */
    expected_spoil(&bench->call, o, bench->call.tensors[o].count / 2);
    int found = 0;
    for (uint64_t i = 0; i < 40; i++) {
        struct compare compare;
        struct random random;
        random_init(&random, key, "rows", i);
        compare_init(&compare);
        int64_t each = 0;
        const int64_t rows = rows_find("attention")->count(&bench->call, &each) / 3;
        assert_false(err_is(rows_judge(rows_find("attention"), &bench->call, &bench->call, rows,
                                       &random, &compare)));
        found += compare.wrong;
    }
    assert_true(found > 2 && found < 38);
    call_release(&bench->call);
    free(bench);
}

static void an_assignment_that_hangs_together_has_no_rows(void **state)
{
    (void)state;
    assert_null(rows_find("pca"));
    assert_null(rows_find("gradient_descent"));
}

/* A device's ranked answers are judged again and again: by a sample, or they are small enough. What
 * a processor needs for 2^36 operations in double is some ten seconds. */
static void what_a_device_is_ranked_by_can_be_judged(void **state)
{
    static const char *const names[] = {"attention", "gradient_descent", "lstm_cell", "pca",
                                        "quantized_matmul"};
    struct spec *spec = calloc(1, sizeof *spec);
    char path[120];
    (void)state;
    assert_non_null(spec);
    for (size_t n = 0; n < COUNT(names); n++) {
        (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", names[n]);
        assert_false(err_is(spec_load(spec, path)));
        assert_true(spec->gpu_cases_count > 0);
        for (int i = 0; i < spec->gpu_cases_count; i++) {
            const struct spec_case *const one = &spec->gpu_cases[i];
            int64_t flops = 0;
            assert_false(err_is(expression_value(&one->flops, one->values, &flops)));
            if ((rows_find(names[n]) != NULL) != (one->rows_checked > 0))
                fail_msg("%s, %s: rows_checked, and whether rows.c is there", names[n], one->name);
            if (one->rows_checked == 0 && flops > INT64_C(1) << 36)
                fail_msg("%s, %s: %lld operations, judged whole", names[n], one->name,
                         (long long)flops);
        }
    }
    free(spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_agree_with_the_whole),
        cmocka_unit_test(a_sample_takes_the_ends_and_others_by_chance),
        cmocka_unit_test(an_assignment_that_hangs_together_has_no_rows),
        cmocka_unit_test(what_a_device_is_ranked_by_can_be_judged),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
