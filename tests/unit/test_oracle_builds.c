/* The oracles that judge timed outputs are built with -O3 and may reassociate; the same sources
 * built with -O2 and nothing more must say the same, to 1e-12: expected values, bounds and error
 * ratios, in every case, ranked ones included. The Makefile builds the strict twins. */
#include "assignments/inputs.h"
#include "reference/oracle.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGREE 1e-12
#ifdef __SANITIZE_ADDRESS__
#define RANKED_TOO false /* twenty times as slow there, and the same code */
#else
#define RANKED_TOO true
#endif

extern const struct oracle_entry oracle_table_strict[];

static struct spec spec;

static void answer_fill(const struct call *given, struct call *answer, struct random *random)
{
    for (int i = 0; i < spec.arguments_count; i++) {
        if (spec.arguments[i].role != SPEC_OUTPUT && spec.arguments[i].role != SPEC_INOUT)
            continue;
        if (spec.arguments[i].element == SPEC_F32)
            random_fill_normal(random, answer->tensors[i].at, answer->tensors[i].count);
        else
            memset(answer->tensors[i].at, 3, (size_t)spec_tensor_bytes(&spec, given->which, i));
    }
}

static bool agrees(double a, double b)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= AGREE * fmax(fabs(a), fabs(b));
}

/* An expected value near zero is a difference of large ones: its bound says how large. */
static bool value_agrees(double a, double b, double bound, double largest)
{
    return agrees(a, b) || fabs(a - b) <= AGREE * largest || fabs(a - b) <= 1e-6 * bound;
}

static double largest_of(const double *values, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

/* Judges with both, tapping one tensor; returns how many values were compared. */
static size_t tensor_compare(oracle_fn strict, const struct call *given, const struct call *answer,
                             int argument)
{
    const char *name = spec.arguments[argument].name;
    size_t count = answer->tensors[argument].count;
    double *taps = calloc(4 * count, sizeof *taps);
    struct compare compare[2] = {{0}};
    const oracle_fn judges[2] = {oracle_find(spec.name), strict};

    assert_non_null(taps);
    for (int which = 0; which < 2; which++) {
        struct compare *one = &compare[which];
        compare_init(one);
        one->tap_part = name;
        one->tap = taps + (size_t)which * 2 * count;
        one->tap_bound = one->tap + count;
        one->tap_count = count;
        one->tap_norms = true;
        assert_false(err_is(judges[which](given, answer, one)));
    }
    double largest = largest_of(taps, count);
    for (size_t i = 0; i < count; i++)
        if (!value_agrees(taps[i], taps[2 * count + i], taps[count + i], largest) ||
            !agrees(taps[count + i], taps[3 * count + i]))
            fail_msg("%s, case %s, %s[%zu]: %.17g +- %.17g, strict %.17g +- %.17g", spec.name,
                     given->which->name, name, i, taps[i], taps[count + i], taps[2 * count + i],
                     taps[3 * count + i]);
    if (!agrees(compare[0].error_ratio, compare[1].error_ratio) ||
        compare[0].wrong != compare[1].wrong)
        fail_msg("%s, case %s: error ratio %.17g, strict %.17g", spec.name, given->which->name,
                 compare[0].error_ratio, compare[1].error_ratio);
    free(taps);
    return count;
}

static void case_compare(oracle_fn strict, const struct spec_case *one)
{
    static const unsigned char key[RANDOM_KEY_BYTES] = {12};
    struct call given, answer;
    struct random random;

    assert_false(err_is(call_allocate(&given, &spec, one)));
    assert_false(err_is(call_allocate(&answer, &spec, one)));
    random_init(&random, key, one->name, 0);
    assert_false(err_is(inputs_find(spec.name)(&given, &random)));
    answer_fill(&given, &answer, &random);
    for (int i = 0; i < spec.arguments_count; i++)
        if (spec.arguments[i].role == SPEC_OUTPUT || spec.arguments[i].role == SPEC_INOUT)
            assert_true(tensor_compare(strict, &given, &answer, i) > 0);
    call_release(&given);
    call_release(&answer);
}

static void reassociating_and_strict_oracles_agree_to_1e_12(void **state)
{
    (void)state;
    for (const struct oracle_entry *entry = oracle_table_strict; entry->name != NULL; entry++) {
        char path[128];
        (void)snprintf(path, sizeof path, "assignments/%s/assignment.json", entry->name);
        assert_string_equal(spec_load(&spec, path).text, "");
        assert_ptr_not_equal(entry->judge, oracle_find(entry->name));
        for (int i = 0; i < spec.cases_count; i++)
            if (RANKED_TOO || !spec.groups[spec.cases[i].group].is_speed)
                case_compare(entry->judge, &spec.cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reassociating_and_strict_oracles_agree_to_1e_12),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
