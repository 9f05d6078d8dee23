/* Two threads judge as one does: the same verdict, the same mismatch, the same error ratio,
 * wherever the wrong answers are. */
#include "assignments/inputs.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/expected.h"
#include "worker/judge.h"
#include "worker/timing_answers.h"

#include <stdlib.h>
#include <string.h>

#define ANSWERS 7 /* the first thread has four of them */
#define CASE 2    /* "small_causal", of more than ANSWERS columns */

static const struct job job = {.key = {3, 1, 4}};

struct bench {
    struct spec spec;
    struct processors processors;
    int output; /* the first one that is an argument */
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL || err_is(spec_load(&bench->spec, "assignments/attention/assignment.json")))
        return -1;
    while (bench->spec.arguments[bench->output].role != SPEC_OUTPUT)
        bench->output++;
    processors_find(&bench->processors);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    const struct bench *bench = *state;
    processors_return(&bench->processors);
    free(*state);
    return 0;
}

/* Right answers but for those whose bit is set, each wrong in an element of its own. */
static void answers_fill(const struct bench *bench, struct timing_answers *answers, unsigned wrong)
{
    for (unsigned i = 0; i < ANSWERS; i++) {
        const struct spec_case *const which = &bench->spec.cases[answers->index];
        struct call call;
        struct random random;
        struct answer *answer = NULL;
        struct err err = call_allocate(&call, &bench->spec, which);
        random_init(&random, job.key, which->name, i);
        if (!err_is(err))
            err = inputs_find(bench->spec.name)(&call, &random);
        if (!err_is(err))
            err = timing_answers_add(answers, i, &answer);
        if (err_is(err) || answer == NULL) {
            fail_msg("%s", err.text);
            return;
        }
        expected_take(&call);
        if (wrong >> i & 1)
            expected_spoil(&call, bench->output, i);
        memcpy(answer->call.tensors[bench->output].at, call.tensors[bench->output].at,
               (size_t)spec_tensor_bytes(&bench->spec, which, bench->output));
        call_release(&call);
    }
}

static struct wire_case judged(const struct bench *bench, unsigned wrong, bool alone)
{
    static struct timing_answers answers;
    struct wire_case row;
    judge_row(&row, CASE);
    row.wall_ms = 5; /* of the calls: not for judgements to touch */
    answers = (struct timing_answers){.job = &job,
                                      .spec = &bench->spec,
                                      .index = CASE,
                                      .check = &row,
                                      .processors = alone ? NULL : &bench->processors};
    struct err err = timing_answers_make(&answers);
    assert_string_equal(err.text, "");
    answers_fill(bench, &answers, wrong);
    err = timing_answers_judge(&answers);
    assert_string_equal(err.text, "");
    assert_int_equal(answers.count, 0);
    timing_answers_release(&answers);
    return row;
}

static void two_threads_say_what_one_says(void **state)
{
    const struct bench *bench = *state;
    const unsigned wrong[] = {0, 1 << 1, 1 << 3, 1 << 4, 1 << 6, 1 << 2 | 1 << 5, 1 << 5 | 1 << 6};
    if (bench->processors.count < 2) {
        print_message("skipped: one processor\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const struct wire_case one = judged(bench, wrong[i], true);
        const struct wire_case two = judged(bench, wrong[i], false);
        assert_int_equal(one.verdict, wrong[i] == 0 ? VERDICT_PASS : VERDICT_WRONG);
        assert_int_equal(two.verdict, one.verdict);
        assert_true(two.error_ratio == one.error_ratio);
        assert_int_equal(two.has_mismatch, one.has_mismatch);
        assert_memory_equal(two.mismatch.index, one.mismatch.index, sizeof one.mismatch.index);
        assert_string_equal(two.detail, one.detail);
        assert_true(two.wall_ms == 5);
        if (wrong[i] != 0) /* the first wrong one in the order of the calls */
            assert_int_equal(one.mismatch.index[one.mismatch.rank - 1], __builtin_ctz(wrong[i]));
    }
}

static void what_is_decided_stays(void **state)
{
    const struct bench *bench = *state;
    static struct timing_answers answers;
    struct wire_case row;
    judge_row(&row, CASE);
    row.verdict = VERDICT_TIME_LIMIT;
    answers = (struct timing_answers){.job = &job,
                                      .spec = &bench->spec,
                                      .index = CASE,
                                      .check = &row,
                                      .processors = &bench->processors};
    struct err err = timing_answers_make(&answers);
    assert_string_equal(err.text, "");
    answers_fill(bench, &answers, 1 << 6);
    err = timing_answers_judge(&answers);
    assert_string_equal(err.text, "");
    timing_answers_release(&answers);
    assert_int_equal(row.verdict, VERDICT_TIME_LIMIT);
    assert_false(row.has_mismatch);
    assert_false(row.has_error_ratio); /* none was looked at */
}

static void the_price_is_shared(void **state)
{
    const struct bench *bench = *state;
    const struct timing_answers alone = {.count = 5, .judge_ns = 10};
    const struct timing_answers both = {
        .count = 5, .judge_ns = 10, .processors = &bench->processors};
    assert_int_equal(timing_answers_need_ns(&alone, 2), 70);
    assert_int_equal(timing_answers_need_ns(&both, 2), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_threads_say_what_one_says, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(what_is_decided_stays, bench_setup, bench_teardown),
        cmocka_unit_test_setup_teardown(the_price_is_shared, bench_setup, bench_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
