/* Judging: what passes, what never does, and what is kept of the first mismatch. */
#include "reference/compare.h"
#include "sandbox/base/err.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>

static struct compare compare;

static void begin(int64_t rows, int64_t columns)
{
    int64_t shape[] = {rows, columns};
    compare_init(&compare);
    compare_begin(&compare, "o", "ij", 2, shape);
}

static void values_within_their_bounds_pass(void **state)
{
    (void)state;
    begin(1, 4);
    compare_value(&compare, 1.0, 1.0, 0.1);
    compare_value(&compare, 1.0, 1.05, 0.1);
    compare_value(&compare, 2.0, 1.5, 0.5); /* exactly the bound */
    compare_value(&compare, 3.0, 3.0, 0);
    compare_end(&compare);
    assert_false(compare.wrong);
    assert_false(compare.has_mismatch);
    assert_true(compare.error_ratio == 1.0);
}

static void the_first_mismatch_is_kept_with_its_index(void **state)
{
    (void)state;
    begin(3, 4);
    for (int i = 0; i < 12; i++)
        compare_value(&compare, 1.0, i == 6 || i == 9 ? 1.5 : 1.0, 0.25);
    compare_end(&compare);

    assert_true(compare.wrong);
    assert_true(compare.error_ratio == 2.0);
    assert_string_equal(compare.first.part, "o");
    assert_string_equal(compare.first.letters, "ij");
    assert_int_equal(compare.first.rank, 2);
    assert_int_equal(compare.first.index[0], 1);
    assert_int_equal(compare.first.index[1], 2);
    assert_true(compare.first.expected == 1.0 && compare.first.got == 1.5);
    assert_true(compare.first.error == 0.5 && compare.first.bound == 0.25);
    assert_int_equal(compare.first.wrong_count, 2);
    assert_int_equal(compare.first.of, 12);
    assert_false(compare.first.got_nan);
    assert_false(compare.first.unwritten);
}

static void nothing_that_is_not_finite_ever_passes(void **state)
{
    const double never[] = {NAN, -NAN, INFINITY, -INFINITY};
    (void)state;

    for (size_t i = 0; i < COUNT(never); i++) {
        begin(1, 1);
        compare_value(&compare, 1.0, never[i], INFINITY);
        compare_end(&compare);
        assert_true(compare.wrong);
        assert_true(isinf(compare.error_ratio));
        assert_int_equal(compare.first.got_nan, isnan(never[i]) != 0);
    }
    begin(1, 1);
    compare_value(&compare, 1.0, 1.0, NAN); /* a bound that is none passes nothing */
    assert_true(compare.wrong);
}

static void a_bound_of_zero_asks_for_equality(void **state)
{
    (void)state;
    begin(1, 2);
    compare_value(&compare, 0.0, -0.0, 0);
    assert_false(compare.wrong);
    compare_value(&compare, 1.0, nextafter(1.0, 2.0), 0);
    assert_true(compare.wrong);
    assert_true(isinf(compare.error_ratio));
}

static void a_rule_of_its_own_decides_by_verdict(void **state)
{
    (void)state;
    begin(1, 2);
    compare_verdict(&compare, 3, 4, true); /* either neighbour */
    assert_false(compare.wrong);
    compare_verdict(&compare, 3, 4, false);
    compare_end(&compare);
    assert_true(compare.wrong);
    assert_int_equal(compare.first.index[1], 1);
}

static void only_the_first_mismatch_is_marked_unwritten(void **state)
{
    (void)state;
    begin(1, 3);
    compare_value(&compare, 1.0, 1.0, 0);
    compare_unwritten(&compare); /* that one was right */
    compare_value(&compare, 1.0, NAN, 0);
    assert_false(compare.first.unwritten);
    compare_unwritten(&compare);
    assert_true(compare.first.unwritten);

    begin(1, 2);
    compare_value(&compare, 1.0, 2.0, 0);
    compare_value(&compare, 1.0, NAN, 0);
    compare_unwritten(&compare); /* of the second mismatch: the first stays as it was */
    assert_false(compare.first.unwritten);
}

static void the_map_shows_where_the_errors_are(void **state)
{
    (void)state;
    begin(64, 3); /* two rows to a cell */
    for (int row = 0; row < 64; row++)
        for (int column = 0; column < 3; column++)
            compare_value(&compare, 0, column == 2 || row == 10 ? 1 : 0, 0.5);
    compare_end(&compare);

    assert_int_equal(compare.map_rows, 32);
    assert_int_equal(compare.map_columns, 3);
    assert_int_equal(compare.map[0][0], 0);
    assert_int_equal(compare.map[0][2], 9);
    assert_int_equal(compare.map[5][0], 5); /* one of two rows */
    assert_int_equal(compare.first.wrong_count, 64 + 2);
}

static void one_wrong_element_among_many_still_shows(void **state)
{
    (void)state;
    begin(1000, 1000);
    for (int i = 0; i < 1000 * 1000; i++)
        compare_value(&compare, 0, i == 999 * 1000 + 999 ? 1 : 0, 0.5);
    compare_end(&compare);
    assert_int_equal(compare.map[31][31], 1);
    assert_int_equal(compare.map[31][30], 0);
    assert_int_equal(compare.first.index[0], 999);
}

/* Every element belongs to one cell, whatever the lengths. */
static void a_map_that_is_wrong_everywhere_is_full(void **state)
{
    static const int64_t lengths[] = {1, 2, 31, 32, 33, 63, 65, 100};
    (void)state;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        begin(lengths[i], lengths[COUNT(lengths) - 1 - i]);
        for (uint64_t j = 0; j < compare.of; j++)
            compare_value(&compare, 0, 1, 0.5);
        compare_end(&compare);
        for (int r = 0; r < compare.map_rows; r++)
            for (int c = 0; c < compare.map_columns; c++)
                assert_int_equal(compare.map[r][c], 9);
    }
}

static void the_mismatch_of_the_first_wrong_part_stays(void **state)
{
    int64_t shape[] = {2};
    (void)state;

    compare_init(&compare);
    compare_begin(&compare, "mean", "j", 1, shape);
    compare_value(&compare, 1, 1, 0);
    compare_value(&compare, 1, 1, 0);
    compare_begin(&compare, "var", "i", 1, shape);
    compare_value(&compare, 1, 1, 0);
    compare_value(&compare, 1, 2, 0.5);
    compare_begin(&compare, "proj", "i", 1, shape);
    compare_value(&compare, 1, 9, 0.5);
    compare_value(&compare, 1, 9, 0.5);
    compare_end(&compare);
    compare_end(&compare); /* idempotent */
    assert_string_equal(compare.first.part, "var");
    assert_int_equal(compare.first.wrong_count, 1);
    assert_int_equal(compare.first.of, 2);
    assert_true(compare.error_ratio == 16.0);
}

static void a_norm_judges_a_whole_part(void **state)
{
    int64_t shape[] = {4, 5};
    (void)state;

    compare_init(&compare);
    compare_begin(&compare, "w", "ij", 2, shape);
    compare_norm(&compare, 0.5, 2.0, 0, 0, 0);
    assert_false(compare.wrong);
    assert_true(compare.error_ratio == 0.25);

    compare_begin(&compare, "b", "ij", 2, shape);
    compare_norm(&compare, 6.0, 2.0, 7, 1.0, 4.0);
    compare_end(&compare);
    assert_true(compare.wrong);
    assert_true(compare.error_ratio == 3.0);
    assert_string_equal(compare.first.part, "b");
    assert_int_equal(compare.first.index[0], 1);
    assert_int_equal(compare.first.index[1], 2);
    assert_true(compare.first.expected == 1.0 && compare.first.got == 4.0);
    assert_int_equal(compare.first.wrong_count, 1);
    assert_int_equal(compare.first.of, 1);
    assert_int_equal(compare.map_rows, 0);
}

static void a_norm_that_is_no_number_is_wrong(void **state)
{
    const double never[] = {NAN, INFINITY};
    (void)state;

    for (size_t i = 0; i < COUNT(never); i++) {
        begin(1, 1);
        compare_norm(&compare, never[i], 1.0, 0, 0, never[i]);
        compare_end(&compare);
        assert_true(compare.wrong);
        assert_true(isinf(compare.error_ratio));
    }
}

static void a_single_number_has_no_index(void **state)
{
    (void)state;
    compare_init(&compare);
    compare_begin(&compare, "b", "", 0, NULL);
    compare_value(&compare, 1, 2, 0.5);
    compare_end(&compare);
    assert_int_equal(compare.first.rank, 0);
    assert_int_equal(compare.first.of, 1);
    assert_int_equal(compare.map_rows, 1);
    assert_int_equal(compare.map[0][0], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_within_their_bounds_pass),
        cmocka_unit_test(the_first_mismatch_is_kept_with_its_index),
        cmocka_unit_test(nothing_that_is_not_finite_ever_passes),
        cmocka_unit_test(a_bound_of_zero_asks_for_equality),
        cmocka_unit_test(a_rule_of_its_own_decides_by_verdict),
        cmocka_unit_test(only_the_first_mismatch_is_marked_unwritten),
        cmocka_unit_test(the_map_shows_where_the_errors_are),
        cmocka_unit_test(one_wrong_element_among_many_still_shows),
        cmocka_unit_test(a_map_that_is_wrong_everywhere_is_full),
        cmocka_unit_test(the_mismatch_of_the_first_wrong_part_stays),
        cmocka_unit_test(a_norm_judges_a_whole_part),
        cmocka_unit_test(a_norm_that_is_no_number_is_wrong),
        cmocka_unit_test(a_single_number_has_no_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
