/* Targets from experts: the number, what is refused, and what is written. */
#include "grader/calibrate.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void a_target_is_four_fifths_of_the_expert_in_two_digits(void **state)
{
    static const struct {
        double expert, target;
    } rows[] = {{20, 16}, {10, 8}, {9.99, 7.9}, {127, 100}, {1.4, 1.1}, {0.5, 1.1}, {NAN, 1.1}};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(fabs(calibrate_target(rows[i].expert) - rows[i].target) < 1e-9);
}

static void a_case_is_refused_with_its_reason(void **state)
{
    static const struct {
        struct calibrate_case one;
        double target;
        const char *reason; /* part of it, "" for none */
    } rows[] = {
        {{.measured = true, .student_us = 2500, .pairs = 16, .speedup = 20, .high = 21}, 16, ""},
        {{.measured = true, .student_us = 1500, .pairs = 16, .speedup = 20, .high = 21},
         16,
         "the expert takes 1.50 ms"},
        {{.measured = true, .student_us = 2500, .pairs = 14, .speedup = 20, .high = 21},
         16,
         "leave time for 14 pairs"},
        {{.measured = true, .student_us = 2500, .pairs = 16, .speedup = 14, .high = 15},
         16,
         "reaches 14.00x, its target is 16x"},
        {{.measured = true, .student_us = 2500, .pairs = 16, .speedup = 14, .high = 15}, 0, ""},
        {{.measured = true, .student_us = 2500, .baseline_us = 7400, .floor_us = 150, .pairs = 16},
         0,
         "the baseline takes 7.40 ms, less than 50 times the 150 us"},
        {{.measured = true, .student_us = 2500, .baseline_us = 7600, .floor_us = 150, .pairs = 16},
         0,
         ""},
        {{.measured = false}, 16, "not right"},
    };
    struct calibrate_fault fault;
    struct spec *spec = calloc(1, sizeof *spec);
    (void)state;

    assert_non_null(spec);
    assert_false(err_is(spec_load(spec, "assignments/attention/assignment.json")));
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool bad =
            calibrate_complaint(spec, 15, &rows[i].one, "cpu:x86-64-v4", rows[i].target, &fault);
        assert_int_equal(bad, *rows[i].reason != '\0');
        assert_non_null(strstr(fault.reason, rows[i].reason));
    }
    const struct calibrate_case slow = {
        .measured = true, .student_us = 2500, .pairs = 16, .speedup = 14, .high = 15};
    assert_true(calibrate_complaint(spec, 15, &slow, "cpu:x86-64-v4", 16, &fault));
    assert_string_equal(fault.field, "speed.classes.cpu:x86-64-v4.target");
    free(spec);
}

static void a_rewritten_file_has_that_target_and_nothing_else(void **state)
{
    auto_buf struct buf text = buf_of(1 << 18);
    auto_buf struct buf changed = buf_of(1 << 18);
    struct spec *before = calloc(1, sizeof *before), *after = calloc(1, sizeof *after);
    (void)state;

    if (before == NULL || after == NULL)
        abort();
    assert_false(err_is(fdio_read_file("assignments/attention/assignment.json", &text)));
    assert_false(err_is(spec_parse(before, text.at, text.size, "before")));
    assert_false(err_is(calibrate_rewrite(&changed, text.at, "cpu:x86-64-v3", 8.5, 10.75)));
    assert_false(err_is(spec_parse(after, changed.at, changed.size, "after")));
    assert_true(fabs(spec_target(after, "cpu:x86-64-v3") - 8.5) < 1e-9);
    assert_true(fabs(spec_expert(after, "cpu:x86-64-v3") - 10.75) < 1e-9);
    assert_true(fabs(spec_target(after, "cpu:x86-64-v4") - spec_target(before, "cpu:x86-64-v4")) <
                1e-9);
    memcpy(after->hash, before->hash, sizeof after->hash);
    memcpy(after->classes, before->classes, sizeof after->classes);
    assert_memory_equal(after, before, sizeof *after);
    free(before);
    free(after);
}

static void a_class_without_a_target_can_get_one(void **state)
{
    auto_buf struct buf changed = buf_of(1024);
    (void)state;

    assert_false(err_is(calibrate_rewrite(
        &changed, "{\"classes\": {\"a\": {\"target\" : null}, \"b\": {\"target\": 3}}}", "a", 2,
        2.5)));
    assert_string_equal(changed.at, "{\"classes\": {\"a\": {\"target\": 2, \"expert\": 2.5}, "
                                    "\"b\": {\"target\": 3}}}");
    buf_clear(&changed);
    assert_false(err_is(calibrate_rewrite(
        &changed, "{\"classes\": {\"a\": {\"target\": 2, \"expert\": 2.5}, \"b\": {}}}", "a", 4,
        5)));
    assert_string_equal(changed.at,
                        "{\"classes\": {\"a\": {\"target\": 4, \"expert\": 5}, \"b\": {}}}");
}

static void a_class_that_is_not_there_is_refused(void **state)
{
    auto_buf struct buf changed = buf_of(1024);
    const char *const texts[] = {"{}", "{\"classes\": {\"a\": {}, \"b\": {\"target\": 3}}}",
                                 "{\"classes\": {\"b\": {\"target\": 3}}}"};
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++)
        assert_int_equal(calibrate_rewrite(&changed, texts[i], "a", 2, 3).code, ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_four_fifths_of_the_expert_in_two_digits),
        cmocka_unit_test(a_case_is_refused_with_its_reason),
        cmocka_unit_test(a_rewritten_file_has_that_target_and_nothing_else),
        cmocka_unit_test(a_class_without_a_target_can_get_one),
        cmocka_unit_test(a_class_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
