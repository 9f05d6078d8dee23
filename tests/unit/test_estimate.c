/* Waits foretold: the plain cases, and a line that the model gets wrong until it has learnt. */
#include "grader/estimate.h"
#include "tests/unit/support/check.h"

#include <math.h>
#include <stdlib.h>

static void an_empty_line_is_no_wait(void **state)
{
    (void)state;
    struct estimate estimate;
    const struct estimate_line line = {.workers = 2};
    estimate_init(&estimate);
    assert_int_equal(estimate_model_us(&estimate, &line), 0);
}

static void what_is_ahead_is_shared_by_the_workers(void **state)
{
    (void)state;
    struct estimate estimate;
    const struct estimate_line line = {
        .checks_ahead = 10, .timings_ahead = 2, .running = 2, .workers = 2};
    estimate_init(&estimate);
    for (int i = 0; i < 100; i++) {
        estimate_ran(&estimate, false, 400000);
        estimate_ran(&estimate, true, 5000000);
    }
    int64_t model_us = estimate_model_us(&estimate, &line);
    assert_true(llabs(model_us - (2000000 + 10000000 + 100000)) < 50000);
}

static void no_workers_is_no_division_by_zero(void **state)
{
    (void)state;
    struct estimate estimate;
    const struct estimate_line line = {.checks_ahead = 3};
    estimate_init(&estimate);
    assert_true(estimate_model_us(&estimate, &line) > 0);
}

/* Everything takes three times as long as the model thinks: after forty waits the words fit. */
static void words_learn_from_what_happened(void **state)
{
    (void)state;
    struct estimate estimate;
    int64_t told_us = 0;
    estimate_init(&estimate);
    for (int i = 0; i < 40; i++) {
        told_us = estimate_told_us(&estimate, 10000000);
        estimate_waited(&estimate, 10000000, told_us, 30000000);
    }
    assert_true(fabs((double)told_us / 30000000 - 1) < 0.05);
    assert_int_equal(estimate.count, 40);
    assert_true(estimate.error_s < estimate.waited_s / 4);
}

static void one_freak_does_not_spoil_the_night(void **state)
{
    (void)state;
    struct estimate estimate;
    estimate_init(&estimate);
    estimate_waited(&estimate, 1000, 1000, (int64_t)3600 * 1000000);
    assert_true(estimate.factor < 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_line_is_no_wait),
        cmocka_unit_test(what_is_ahead_is_shared_by_the_workers),
        cmocka_unit_test(no_workers_is_no_division_by_zero),
        cmocka_unit_test(words_learn_from_what_happened),
        cmocka_unit_test(one_freak_does_not_spoil_the_night),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
