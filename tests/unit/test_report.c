/* Folding events, points, exit codes, and the JSON form: parsed back, never compared as a string.
 */
#include "grader/report.h"
#include "grader/words.h"
#include "sandbox/base/err.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/report_fixture.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX ((size_t)512 * 1024)

static const struct report_view student = {.language = LANGUAGE_EN};
static const struct report_view ta = {.everything = true};

static int make(void **state)
{
    *state = report_fixture_new();
    return 0;
}

static int drop(void **state)
{
    report_fixture_free(*state);
    return 0;
}

static cJSON *json_of(const struct report *report, const struct report_view *view)
{
    auto_buf struct buf out = buf_of(REPORT_MAX);
    report_json(&out, report, view);
    assert_false(out.failed);
    cJSON *root = cJSON_ParseWithOpts(out.at, NULL, true);
    assert_non_null(root);
    return root;
}

static const cJSON *at(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_at(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(at(object, name));
    return text != NULL ? text : "(absent)";
}

static const cJSON *named(const cJSON *array, const char *name)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, array)
    {
        if (strcmp(text_at(row, "name"), name) == 0)
            return row;
    }
    return NULL;
}

/* No null anywhere: what does not apply is absent. */
static void no_nulls(const cJSON *item)
{
    assert_false(cJSON_IsNull(item));
    const cJSON *child;
    cJSON_ArrayForEach(child, item) no_nulls(child);
}

static void groups_add_up(const cJSON *root)
{
    double points = 0;
    double most = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, at(root, "groups"))
    {
        points += at(row, "points")->valuedouble;
        most += at(row, "max_points")->valuedouble;
    }
    assert_true(fabs(points - at(root, "score")->valuedouble) < 1e-9);
    assert_true(fabs(most - at(root, "max_score")->valuedouble) < 1e-9);
    assert_true(fabs(most - 100) < 1e-9);
}

static void grade_right(struct report_fixture *fixture)
{
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_all_right(fixture);
    fixture_done(fixture, OUTCOME_CHECKED);
}

static void stages_move_with_the_events(void **state)
{
    struct report_fixture *fixture = *state;
    struct report *report = &fixture->report;
    fixture_compiled(fixture, true, 0, 0, "");
    assert_int_equal(report->stage, STAGE_CHECKING);
    fixture_all_right(fixture);
    assert_false(report_has_score(report));
    fixture_done(fixture, OUTCOME_CHECKED);
    assert_int_equal(report->stage, STAGE_CHECKED);
    assert_true(report_all_correct(report));
    assert_true(report_wants_timing(report));
    fixture_compiled(fixture, true, 0, 0, "");
    assert_int_equal(report->stage, STAGE_TIMING);
    fixture_timed(fixture, "prefill", 4, 4, 4);
    fixture_timed(fixture, "padded", 4, 4, 4);
    fixture_done(fixture, OUTCOME_TIMED);
    assert_int_equal(report->stage, STAGE_GRADED);
    assert_int_equal(report->points.score, 8000); /* 60 and half of 40: 4 is half way to 16 */
    assert_int_equal(report_exit_code(report), 0);
}

static void a_wrong_case_takes_its_group_and_no_other(void **state)
{
    struct report_fixture *fixture = *state;
    grade_right(fixture);
    fixture_case(fixture, "cache", VERDICT_WRONG);
    fixture->report.stage = STAGE_CHECKED;
    assert_false(report_all_correct(&fixture->report));
    assert_false(report_wants_timing(&fixture->report));
    fixture->report.stage = STAGE_GRADED;
    assert_int_equal(fixture->report.points.score, 4500);
    assert_int_equal(report_exit_code(&fixture->report), 1);
}

static void timing_is_wanted_only_where_it_can_be(void **state)
{
    struct report_fixture *fixture = *state;
    struct report *report = &fixture->report;
    grade_right(fixture);
    report->no_timing = true;
    assert_false(report_wants_timing(report));
    report->no_timing = false;
    report->hello.ranked = false;
    assert_false(report_wants_timing(report));
    report->hello.ranked = true;
    assert_true(report_wants_timing(report));
    report->target = 0; /* not calibrated: correctness only */
    assert_false(report_wants_timing(report));
}

static void events_that_do_not_fit_are_ignored(void **state)
{
    struct report_fixture *fixture = *state;
    static const int indices[] = {-1, 48, 1000000};
    for (size_t i = 0; i < COUNT(indices); i++) {
        struct event event = {.kind = EVENT_CASE,
                              .one = {.index = indices[i], .stderr_text = strdup("x")}};
        report_apply(&fixture->report, &event);
        assert_non_null(event.one.stderr_text); /* not taken */
        event_release(&event);
    }
    /* A ranked case is no correctness case. */
    struct event event = {.kind = EVENT_CASE,
                          .one = {.index = spec_case_index(&fixture->spec, "prefill")}};
    report_apply(&fixture->report, &event);
    for (int i = 0; i < SPEC_CASES_MAX; i++)
        assert_false(fixture->report.has_case[i]);
}

static void the_last_word_on_a_case_wins(void **state)
{
    struct report_fixture *fixture = *state;
    fixture_case(fixture, "one", VERDICT_WRONG);
    fixture_case_of(fixture, "one")->stderr_text = strdup("first"); /* freed by the second */
    fixture_case(fixture, "one", VERDICT_PASS);
    assert_int_equal(fixture_case_of(fixture, "one")->verdict, VERDICT_PASS);
}

static void outcomes_that_end_without_a_score(void **state)
{
    static const struct {
        enum outcome outcome;
        enum stage stage;
        int code;
    } rows[] = {
        {OUTCOME_COMPILE_ERROR, STAGE_COMPILE_ERROR, 2},
        {OUTCOME_COMPILED_ONLY, STAGE_COMPILED_ONLY, 4},
        {OUTCOME_SYSTEM_ERROR, STAGE_SYSTEM_ERROR, 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report_fixture *fixture = report_fixture_new();
        fixture_done(fixture, rows[i].outcome);
        assert_int_equal(fixture->report.stage, rows[i].stage);
        assert_int_equal(report_exit_code(&fixture->report), rows[i].code);
        cJSON *root = json_of(&fixture->report, &student);
        assert_null(at(root, "score"));
        assert_null(at(root, "groups"));
        assert_null(at(root, "cases"));
        assert_string_not_equal(text_at(root, "message"), "(absent)");
        assert_string_not_equal(text_at(root, "code"), "(absent)");
        assert_null(strstr(text_at(root, "message"), "fire")); /* that is for operators */
        no_nulls(root);
        cJSON_Delete(root);
        report_fixture_free(fixture);
    }
}

static void rejected_ends_with_two_and_an_unfinished_one_with_three(void **state)
{
    struct report_fixture *fixture = *state;
    fixture->report.stage = STAGE_REJECTED;
    assert_int_equal(report_exit_code(&fixture->report), 2);
    fixture->report.stage = STAGE_CHECKING;
    assert_int_equal(report_exit_code(&fixture->report), 3);
}

static void without_timing_all_correct_is_enough(void **state)
{
    struct report_fixture *fixture = *state;
    grade_right(fixture);
    fixture->report.no_timing = true;
    fixture->report.stage = STAGE_GRADED;
    assert_int_equal(report_exit_code(&fixture->report), 0);
}

static void a_wrong_timed_output_fails_the_speed_group(void **state)
{
    struct report_fixture *fixture = *state;
    grade_right(fixture);
    fixture_timed(fixture, "prefill", 4, 4, 4);
    struct event event = {.kind = EVENT_TIMED};
    event.timed.index = event.timed.check.index = spec_case_index(&fixture->spec, "padded");
    event.timed.check.verdict = VERDICT_WRONG;
    report_apply(&fixture->report, &event);
    fixture_done(fixture, OUTCOME_TIMED);
    assert_int_equal(report_exit_code(&fixture->report), 1);
    cJSON *root = json_of(&fixture->report, &student);
    assert_string_equal(text_at(named(at(root, "cases"), "padded"), "verdict"), "wrong");
    assert_int_equal(cJSON_GetArraySize(at(root, "timing")), 1);
    assert_true(cJSON_IsFalse(at(named(at(root, "groups"), "speed"), "passed")));
    assert_null(at(root, "speed"));
    groups_add_up(root);
    cJSON_Delete(root);
}

/* A worker whose core computes 232 GFLOP/s; prefill has 134,479,872 operations. */
static void what_no_core_can_do_is_for_a_ta_to_look_at(void **state)
{
    struct report_fixture *fixture = *state;
    struct event hello = {.kind = EVENT_HELLO, .hello = fixture->report.hello};
    auto_buf struct buf text = buf_of(65536);
    hello.hello.calibration = (struct wire_calibration){.made_at = 1,
                                                        .error = 0.004,
                                                        .trials = 3,
                                                        .floor_us = 38,
                                                        .gigaflops = 232,
                                                        .gigaops = 733,
                                                        .gigabytes = 88};
    report_apply(&fixture->report, &hello);
    grade_right(fixture);
    fixture_timed(fixture, "prefill", 20, 20, 20); /* 2.07 ms: 28 % of the peak */
    fixture_timed(fixture, "padded", 15, 15, 15);
    assert_string_equal(fixture->report.beyond, "");
    cJSON *root = json_of(&fixture->report, &student);
    const cJSON *row = cJSON_GetArrayItem(at(root, "timing"), 0);
    assert_true(fabs(at(row, "roof_share")->valuedouble - 0.281) < 0.002);
    assert_string_equal(text_at(row, "roof"), "arithmetic");
    assert_true(at(at(at(root, "provenance"), "self_test"), "error")->valuedouble == 0.004);
    assert_null(at(at(root, "speed"), "beyond"));
    cJSON_Delete(root);

    fixture_timed(fixture, "prefill", 100, 100, 100); /* 0.413 ms: 140 % of it */
    fixture_done(fixture, OUTCOME_TIMED);
    assert_non_null(strstr(fixture->report.beyond, "prefill ran at 140 % of what one core"));
    report_speed_text(&text, &fixture->report, &student);
    assert_non_null(strstr(text.at, "\nreview  prefill ran at 140 %"));
    assert_non_null(strstr(text.at, "the baseline against itself within 0.4 %"));
    root = json_of(&fixture->report, &student);
    assert_non_null(strstr(text_at(at(root, "speed"), "beyond"), "140 %"));
    cJSON_Delete(root);
}

static void one_case_alone_has_no_score(void **state)
{
    struct report_fixture *fixture = *state;
    (void)snprintf(fixture->report.only_case, SPEC_NAME_MAX, "padding");
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_case(fixture, "padding", VERDICT_PASS);
    fixture_done(fixture, OUTCOME_CHECKED);
    assert_false(report_wants_timing(&fixture->report));
    fixture->report.stage = STAGE_GRADED;
    assert_false(report_has_score(&fixture->report));
    assert_int_equal(report_exit_code(&fixture->report), 0);
    fixture_case(fixture, "padding", VERDICT_WRONG);
    fixture->report.stage = STAGE_GRADED;
    assert_int_equal(report_exit_code(&fixture->report), 1);
}

static void practice_leaves_hidden_cases_out(void **state)
{
    struct report_fixture *fixture = *state;
    fixture->report.practice = true;
    fixture_compiled(fixture, true, 0, 0, "");
    for (int i = 0; i < fixture->spec.cases_count; i++) {
        const struct spec_case *one = &fixture->spec.cases[i];
        if (!one->hidden && !fixture->spec.groups[one->group].is_speed)
            fixture_case(fixture, one->name, VERDICT_PASS);
    }
    fixture_done(fixture, OUTCOME_CHECKED);
    assert_true(report_all_correct(&fixture->report));
    cJSON *root = json_of(&fixture->report, &student);
    assert_null(at(root, "score"));
    assert_true(cJSON_IsTrue(at(root, "practice")));
    assert_true(cJSON_IsTrue(at(named(at(root, "groups"), "masks"), "passed")));
    cJSON_Delete(root);
}

static void json_has_the_fields_of_the_design(void **state)
{
    struct report_fixture *fixture = *state;
    struct report *report = &fixture->report;
    grade_right(fixture);
    fixture_timed(fixture, "prefill", 3.9, 3.87, 3.93);
    fixture_timed(fixture, "padded", 4.4, 4.36, 4.45);
    fixture_done(fixture, OUTCOME_TIMED);
    report->late_seconds = 12;
    cJSON *root = json_of(report, &student);
    no_nulls(root);
    groups_add_up(root);
    assert_int_equal(at(root, "format")->valueint, 1);
    assert_int_equal(at(root, "id")->valueint, 1841);
    assert_int_equal(at(root, "attempts_left")->valueint, 17);
    assert_int_equal(at(root, "late_seconds")->valueint, 12);
    assert_string_equal(text_at(root, "assignment"), "attention");
    assert_string_equal(text_at(root, "device"), "cpu");
    assert_string_equal(text_at(root, "class"), "cpu:x86-64-v4");
    assert_string_equal(text_at(root, "stage"), "graded");
    assert_string_equal(text_at(at(root, "provenance"), "spec"), fixture->spec.hash);
    assert_string_equal(text_at(at(root, "provenance"), "backend"), "cgroup-v1");
    assert_true(fabs(at(at(root, "speed"), "speedup")->valuedouble - sqrt(3.9 * 4.4)) < 1e-4);
    assert_true(fabs(at(at(root, "speed"), "target")->valuedouble - 16) < 1e-9);
    const cJSON *timed = cJSON_GetArrayItem(at(root, "timing"), 0);
    assert_string_equal(text_at(timed, "case"), "prefill");
    assert_int_equal(at(timed, "pairs")->valueint, 17);
    assert_true(cJSON_IsFalse(at(timed, "noisy")));
    assert_null(at(timed, "ratios"));
    assert_string_equal(text_at(named(at(root, "cases"), "prefill"), "group"), "speed");
    assert_null(at(root, "code"));
    assert_null(at(root, "message"));
    assert_null(at(root, "diagnostics"));
    cJSON_Delete(root);
}

static void students_never_see_a_hidden_case(void **state)
{
    struct report_fixture *fixture = *state;
    grade_right(fixture);
    fixture_case(fixture, "hot269", VERDICT_WRONG);
    auto_buf struct buf out = buf_of(REPORT_MAX);
    report_json(&out, &fixture->report, &student);
    for (int i = 0; i < fixture->spec.cases_count; i++) {
        char quoted[64];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", fixture->spec.cases[i].name);
        if (fixture->spec.cases[i].hidden)
            assert_null(strstr(out.at, quoted));
    }
    cJSON *root = json_of(&fixture->report, &student);
    assert_int_equal(at(named(at(root, "groups"), "range"), "hidden_failed")->valueint, 1);
    assert_int_equal(at(named(at(root, "groups"), "masks"), "hidden_failed")->valueint, 0);
    assert_null(at(named(at(root, "groups"), "basics"), "hidden_failed"));
    cJSON_Delete(root);
    root = json_of(&fixture->report, &ta);
    assert_true(cJSON_IsTrue(at(named(at(root, "cases"), "hot269"), "hidden")));
    cJSON_Delete(root);
}

static void a_mismatch_and_its_map_come_whole(void **state)
{
    struct report_fixture *fixture = *state;
    grade_right(fixture);
    fixture_case(fixture, "padding", VERDICT_WRONG);
    struct wire_case *one = fixture_case_of(fixture, "padding");
    (void)snprintf(one->code, sizeof one->code, "kvlen_ignored");
    one->has_mismatch = true;
    one->mismatch = (struct wire_mismatch){.tensor = "o",
                                           .rank = 2,
                                           .index = {1, 3},
                                           .expected = 0.5,
                                           .got = NAN,
                                           .error = INFINITY,
                                           .bound = 1e-7,
                                           .wrong_count = 5,
                                           .of = 9};
    one->map_rows = 2;
    one->map_columns = 3;
    one->map[1][2] = 9;
    cJSON *root = json_of(&fixture->report, &student);
    const cJSON *row = named(at(root, "cases"), "padding");
    const cJSON *mismatch = at(row, "mismatch");
    assert_string_equal(text_at(mismatch, "got"), "nan");
    assert_string_equal(text_at(mismatch, "error"), "inf");
    assert_int_equal(cJSON_GetArrayItem(at(mismatch, "index"), 1)->valueint, 3);
    assert_string_equal(cJSON_GetArrayItem(at(row, "error_map"), 0)->valuestring, "000");
    assert_string_equal(cJSON_GetArrayItem(at(row, "error_map"), 1)->valuestring, "009");
    assert_non_null(strstr(text_at(row, "hint"), "kvlen"));
    one->mismatch.unwritten = true;
    cJSON_Delete(root);
    root = json_of(&fixture->report, &student);
    mismatch = at(named(at(root, "cases"), "padding"), "mismatch");
    assert_null(at(mismatch, "got"));
    assert_true(cJSON_IsTrue(at(mismatch, "unwritten")));
    cJSON_Delete(root);
}

static void foreign_text_is_made_harmless(void **state)
{
    struct report_fixture *fixture = *state;
    fixture_compiled(fixture, true, 0, 1, "a\033[31m\"quote\" \\ \xe2\x80\xae evil \xff\tend\n");
    auto_buf struct buf out = buf_of(REPORT_MAX);
    report_json(&out, &fixture->report, &student);
    for (size_t i = 0; i < out.size; i++)
        assert_true((unsigned char)out.at[i] >= 0x20);
    assert_null(strstr(out.at, "\xe2\x80\xae"));
    cJSON *root = json_of(&fixture->report, &student);
    assert_string_equal(text_at(root, "diagnostics"), "a[31m\"quote\" \\  evil ?\tend\n");
    cJSON_Delete(root);
}

static void the_largest_report_fits_its_bound(void **state)
{
    struct report_fixture *fixture = *state;
    struct spec *spec = &fixture->spec;
    char diagnostics[WIRE_DIAGNOSTICS_MAX] = "";
    memset(diagnostics, '"', WIRE_DIAGNOSTICS_MAX - 1);
    for (; spec->cases_count < SPEC_CASES_MAX; spec->cases_count++) /* as many as a spec may have */
        spec->cases[spec->cases_count] = spec->cases[spec->cases_count % 2 == 0 ? 0 : 16];
    fixture_compiled(fixture, true, 0, 1, diagnostics);
    for (int i = 0; i < spec->cases_count; i++) {
        struct wire_case one = {.index = i,
                                .verdict = VERDICT_WRONG,
                                .has_error_ratio = true,
                                .error_ratio = 1.0 / 3,
                                .has_mismatch = true,
                                .map_rows = WIRE_MAP_MAX,
                                .map_columns = WIRE_MAP_MAX,
                                .stderr_text = calloc(1, WIRE_STDERR_MAX + 1)};
        assert_non_null(one.stderr_text);
        memset(one.stderr_text, '"', WIRE_STDERR_MAX);
        memset(one.detail, '"', sizeof one.detail - 1);
        memset(one.code, '"', sizeof one.code - 1);
        struct event event = {.kind = EVENT_CASE, .one = one};
        if (spec->groups[spec->cases[i].group].is_speed) {
            event = (struct event){.kind = EVENT_TIMED,
                                   .timed = {.index = i,
                                             .check = one,
                                             .measured = true,
                                             .speedup = 1.0 / 3,
                                             .ratios_count = WIRE_RATIOS_MAX}};
            for (int ratio = 0; ratio < WIRE_RATIOS_MAX; ratio++)
                event.timed.ratios[ratio] = 1.0 / 3;
        }
        report_apply(&fixture->report, &event);
        event_release(&event);
    }
    fixture_done(fixture, OUTCOME_CHECKED);
    cJSON *root = json_of(&fixture->report, &ta); /* REPORT_MAX is its buffer */
    assert_int_equal(cJSON_GetArraySize(at(root, "cases")), SPEC_CASES_MAX);
    cJSON_Delete(root);
}

static void groups_add_up_whatever_fails(void **state)
{
    (void)state;
    unsigned random = 12345;
    for (int round = 0; round < 200; round++) {
        struct report_fixture *fixture = report_fixture_new();
        fixture_compiled(fixture, true, 0, 0, "");
        for (int i = 0; i < fixture->spec.cases_count; i++) {
            random = random * 1103515245 + 12345;
            unsigned draw = random >> 16;
            const struct spec_case *one = &fixture->spec.cases[i];
            if (!fixture->spec.groups[one->group].is_speed)
                fixture_case(fixture, one->name,
                             draw % 8 != 0 || round % 3 == 0 ? VERDICT_PASS : VERDICT_WRONG);
            else if (draw % 5 != 0)
                fixture_timed(fixture, one->name, 1 + draw % 40, 0.5 + draw % 39, 2 + draw % 41);
        }
        fixture_done(fixture, OUTCOME_CHECKED);
        cJSON *root = json_of(&fixture->report, &student);
        groups_add_up(root);
        no_nulls(root);
        cJSON_Delete(root);
        report_fixture_free(fixture);
    }
}

static void stages_have_one_word_each(void **state)
{
    (void)state;
    for (int i = STAGE_RECEIVED; i <= STAGE_CANCELLED; i++) {
        enum stage back;
        assert_true(stage_from_word(&back, stage_word((enum stage)i)));
        assert_int_equal(back, i);
        assert_int_equal(stage_is_final((enum stage)i), i >= STAGE_GRADED);
    }
    enum stage untouched = STAGE_TIMING;
    assert_false(stage_from_word(&untouched, "Graded"));
    assert_int_equal(untouched, STAGE_TIMING);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(stages_move_with_the_events),
        TEST(a_wrong_case_takes_its_group_and_no_other),
        TEST(timing_is_wanted_only_where_it_can_be),
        TEST(events_that_do_not_fit_are_ignored),
        TEST(the_last_word_on_a_case_wins),
        TEST(outcomes_that_end_without_a_score),
        TEST(rejected_ends_with_two_and_an_unfinished_one_with_three),
        TEST(without_timing_all_correct_is_enough),
        TEST(a_wrong_timed_output_fails_the_speed_group),
        TEST(what_no_core_can_do_is_for_a_ta_to_look_at),
        TEST(one_case_alone_has_no_score),
        TEST(practice_leaves_hidden_cases_out),
        TEST(json_has_the_fields_of_the_design),
        TEST(students_never_see_a_hidden_case),
        TEST(a_mismatch_and_its_map_come_whole),
        TEST(foreign_text_is_made_harmless),
        TEST(the_largest_report_fits_its_bound),
        TEST(groups_add_up_whatever_fails),
        TEST(stages_have_one_word_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
