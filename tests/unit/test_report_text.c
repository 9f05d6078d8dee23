/* The text report against golden files, part by part as a stream, and within its bounds.
 * GOLDEN_UPDATE=1 rewrites the files: read the difference before you keep it. */
#include "grader/report_parts.h"
#include "grader/retime.h"
#include "grader/words.h"
#include "sandbox/base/fdio.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/report_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct report_view student = {.language = LANGUAGE_EN};
static const struct report_view chinese = {.language = LANGUAGE_ZH};

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

/* At most 25 lines of 80 columns, no escapes, the last one beginning as promised. */
static void within_bounds(const char *text)
{
    int lines = 0;
    const char *last = text;
    for (const char *at = text; *at != 0; lines++) {
        char line[1024];
        size_t length = strcspn(at, "\n");
        assert_true(length < sizeof line);
        memcpy(line, at, length);
        line[length] = 0;
        if (lines_columns(line) > REPORT_COLUMNS)
            fail_msg("%d columns: %s", lines_columns(line), line);
        last = at;
        at += length + (at[length] == '\n');
    }
    if (lines > REPORT_LINES)
        fail_msg("%d lines:\n%s", lines, text);
    assert_null(strpbrk(text, "\r\033"));
    assert_true(strncmp(last, "Score ", 6) == 0 || strncmp(last, "No score", 8) == 0);
}

static void same_as_golden(const char *name, const char *text)
{
    char path[128];
    auto_buf struct buf golden = buf_of(65536);
    (void)snprintf(path, sizeof path, "tests/unit/golden/%s.txt", name);
    if (getenv("GOLDEN_UPDATE") != NULL)
        assert_false(err_is(fdio_write_file(path, text, strlen(text), 0644)));
    assert_false(err_is(fdio_read_file(path, &golden)));
    assert_string_equal(text, golden.at);
}

static void golden(const char *name, const struct report *report, const struct report_view *view)
{
    auto_buf struct buf out = buf_of(65536);
    report_text(&out, report, view);
    within_bounds(out.at);
    same_as_golden(name, out.at);
}

static void graded(struct report_fixture *fixture)
{
    fixture->report.stage = STAGE_GRADED;
    report_score(&fixture->report);
}

static void passed(struct report_fixture *fixture)
{
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_all_right(fixture);
    fixture_done(fixture, OUTCOME_CHECKED);
    fixture_timed(fixture, "prefill", 3.90, 3.87, 3.93);
    fixture_timed(fixture, "padded", 4.40, 4.36, 4.45);
    fixture_done(fixture, OUTCOME_TIMED);
    fixture->report.best_before = 6000;
    fixture->report.rank = 112;
    fixture->report.rank_of = 874;
    fixture->report.rank_shared = 9;
}

static void padding_wrong(struct report_fixture *fixture)
{
    fixture_compiled(fixture, true, 0, 1, "attention.c:41:9: warning: unused variable 'len'\n");
    fixture_all_right(fixture);
    static const char *const wrong[] = {"padding", "empty", "cache", "short_cache"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        fixture_case(fixture, wrong[i], VERDICT_WRONG);
    struct wire_case *one = fixture_case_of(fixture, "padding");
    (void)snprintf(one->code, sizeof one->code, "kvlen_ignored");
    one->has_mismatch = true;
    one->mismatch = (struct wire_mismatch){.tensor = "o",
                                           .letters = "bhid",
                                           .rank = 4,
                                           .index = {1, 0, 0, 0},
                                           .expected = 0.0713204,
                                           .got = 0.0441873,
                                           .error = 2.7e-2,
                                           .bound = 3.1e-7,
                                           .wrong_count = 512,
                                           .of = 768};
    one->map_rows = 32; /* B H Tq = 96 rows: 3 in each cell */
    one->map_columns = 8;
    for (int row = 11; row < 32; row++)
        memset(one->map[row], 9, 8);
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
}

static void timed_out(struct report_fixture *fixture)
{
    fixture_compiled(fixture, true, 0, 0, "");
    for (int i = 0; i < fixture->spec.cases_count; i++) {
        const struct spec_case *one = &fixture->spec.cases[i];
        if (fixture->spec.groups[one->group].is_speed)
            continue;
        bool first = strcmp(one->name, "odd") == 0 || strcmp(one->name, "padding") == 0;
        fixture_case(fixture, one->name,
                     one->group == 0 ? VERDICT_PASS
                     : first         ? VERDICT_TIME_LIMIT
                                     : VERDICT_NOT_RUN);
    }
    struct wire_case *odd = fixture_case_of(fixture, "odd");
    odd->cpu_ms = 10000;
    odd->wall_ms = 10010;
    (void)snprintf(odd->code, sizeof odd->code, "loop_endless");
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
}

static void forbidden(struct report_fixture *fixture)
{
    fixture_compiled(fixture, true, 0, 0, "");
    for (int i = 0; i < fixture->spec.cases_count; i++)
        if (!fixture->spec.groups[fixture->spec.cases[i].group].is_speed)
            fixture_case(fixture, fixture->spec.cases[i].name,
                         i == 0 ? VERDICT_FORBIDDEN_CALL : VERDICT_NOT_RUN);
    (void)snprintf(fixture_case_of(fixture, "one")->syscall, 32, "openat");
    (void)snprintf(fixture_case_of(fixture, "one")->code, 32, "forbidden_call");
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
}

static void does_not_compile(struct report_fixture *fixture)
{
    fixture_compiled(fixture, false, 2, 0,
                     "attention.c:23:31: error: expected ';' before 'float'\n"
                     "   23 |     float m = -INFINITY\n"
                     "      |                        ^\n"
                     "      |                        ;\n"
                     "   24 |     float s = 0;\n"
                     "attention.c:31:9: error: 'sum' undeclared; did you mean 'sums'?\n");
    fixture_done(fixture, OUTCOME_COMPILE_ERROR);
}

static void a_pass_reads_as_in_the_interface(void **state)
{
    struct report_fixture *fixture = *state;
    passed(fixture);
    golden("pass", &fixture->report, &student);
}

static void a_wrong_answer_names_case_place_and_hint(void **state)
{
    struct report_fixture *fixture = *state;
    padding_wrong(fixture);
    golden("wrong", &fixture->report, &student);
}

static void a_compile_error_shows_the_compilers_words(void **state)
{
    struct report_fixture *fixture = *state;
    does_not_compile(fixture);
    golden("compile_error", &fixture->report, &student);
}

static void a_time_out_says_what_was_left_out(void **state)
{
    struct report_fixture *fixture = *state;
    timed_out(fixture);
    golden("time_limit", &fixture->report, &student);
}

static void a_forbidden_call_is_no_accusation(void **state)
{
    struct report_fixture *fixture = *state;
    forbidden(fixture);
    golden("forbidden_call", &fixture->report, &student);
}

static void the_speed_page_draws_the_intervals(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    passed(fixture);
    report_speed_text(&out, &fixture->report, &student);
    same_as_golden("speed", out.at);
}

static void a_speed_page_without_timing_says_so(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    padding_wrong(fixture);
    report_speed_text(&out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "\nNo speed: "));
}

static void what_a_doubting_machine_left_untimed_may_be_asked_for(void **state)
{
    struct report_fixture *fixture = *state;
    struct report *report = &fixture->report;
    auto_buf struct buf out = buf_of(65536);

    fixture_compiled(fixture, true, 0, 0, "");
    fixture_all_right(fixture);
    fixture_done(fixture, OUTCOME_CHECKED);
    report->hello.ranked = false;
    graded(fixture);
    assert_true(retime_is_due(report));
    report_text(&out, report, &student);
    assert_non_null(strstr(out.at, "/retime"));

    fixture_case(fixture, "padding", VERDICT_WRONG); /* what is wrong has no speed */
    report_score(report);
    assert_false(retime_is_due(report));
    fixture_case(fixture, "padding", VERDICT_PASS);
    report->hello.ranked = true; /* it would have been timed */
    report_score(report);
    assert_false(retime_is_due(report));
    report->hello.ranked = false;
    report->target = 0; /* this class has no points for speed */
    assert_false(retime_is_due(report));
}

static void a_chinese_report_has_the_same_parts(void **state)
{
    struct report_fixture *fixture = *state;
    padding_wrong(fixture);
    golden("wrong_zh", &fixture->report, &chinese);
}

static void a_chinese_pass_ends_in_its_score(void **state)
{
    struct report_fixture *fixture = *state;
    passed(fixture);
    golden("pass_zh", &fixture->report, &chinese);
}

static void offline_there_is_no_number_and_no_date(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    fixture->report.id = 0;
    fixture->report.no_timing = true;
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_all_right(fixture);
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
    report_text(&out, &fixture->report, &student);
    within_bounds(out.at);
    assert_memory_equal(out.at, "attention  attention.c  offline\ncompiled  0.2 s", 47);
    assert_non_null(strstr(out.at, "\nnot timed: --no-timing\nScore 60.0 / 100\n"));
}

/* What a student reads while it happens is what stands there at the end. */
static void the_stream_equals_the_finished_report(void **state)
{
    struct report_fixture *fixture = *state;
    struct report_text cursor = {0};
    auto_buf struct buf stream = buf_of(65536);
    auto_buf struct buf whole = buf_of(65536);
    report_text_next(&cursor, &stream, &fixture->report, &student);
    assert_non_null(strstr(stream.at, "back to it: /s/1841\n"));
    fixture_compiled(fixture, true, 0, 0, "");
    report_text_next(&cursor, &stream, &fixture->report, &student);
    assert_non_null(strstr(stream.at, "no warnings"));
    assert_null(strstr(stream.at, "checked"));
    fixture_all_right(fixture);
    report_text_next(&cursor, &stream, &fixture->report, &student);
    fixture_done(fixture, OUTCOME_CHECKED);
    report_text_next(&cursor, &stream, &fixture->report, &student);
    assert_non_null(strstr(stream.at, "checked   15 of 15"));
    assert_null(strstr(stream.at, "Score"));
    fixture_timed(fixture, "prefill", 3.90, 3.87, 3.93);
    report_text_next(&cursor, &stream, &fixture->report, &student);
    assert_non_null(strstr(stream.at, "  prefill   3.90x"));
    fixture_timed(fixture, "padded", 4.40, 4.36, 4.45);
    fixture_done(fixture, OUTCOME_TIMED);
    report_text_next(&cursor, &stream, &fixture->report, &student);
    size_t size = stream.size;
    report_text_next(&cursor, &stream, &fixture->report, &student);
    assert_int_equal(stream.size, size); /* over: nothing more */
    report_text(&whole, &fixture->report, &student);
    assert_string_equal(stream.at, whole.at);
}

static void live_the_place_in_line_is_told_as_it_halves(void **state)
{
    struct report_fixture *fixture = *state;
    struct report_text cursor = {.live = true};
    auto_buf struct buf out = buf_of(65536);
    fixture->report.stage = STAGE_QUEUED;
    fixture->report.queue_estimate_s = 4;
    for (int position = 23; position > 0; position--) {
        fixture->report.queue_position = position;
        report_text_next(&cursor, &out, &fixture->report, &student);
    }
    assert_non_null(strstr(out.at, "queued    23rd in line, about 4 s\nqueued    11th in line"));
    assert_non_null(strstr(out.at, "queued    2nd in line, about 4 s\nqueued    1st in line"));
    assert_null(strstr(out.at, "22nd"));
}

static void live_the_cases_are_named_as_they_end(void **state)
{
    struct report_fixture *fixture = *state;
    struct report_text cursor = {.live = true};
    auto_buf struct buf out = buf_of(65536);
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_case(fixture, "one", VERDICT_PASS);
    report_text_next(&cursor, &out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "checking  one right"));
    assert_null(strstr(out.at, " \n")); /* no blanks at the end of a line */
    fixture_all_right(fixture);
    fixture_case(fixture, "padding", VERDICT_WRONG);
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
    report_text_next(&cursor, &out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "padding wrong"));
    assert_null(strstr(out.at, "short_cache")); /* hidden */
    assert_non_null(strstr(out.at, "\nchecked   14 of 15"));
    for (const char *at = out.at; *at != 0; at += strcspn(at, "\n") + 1)
        assert_true(strcspn(at, "\n") <= REPORT_COLUMNS);
}

static void only_hidden_failures_tell_their_group_alone(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    fixture_compiled(fixture, true, 0, 0, "");
    fixture_all_right(fixture);
    fixture_case(fixture, "hot269", VERDICT_WRONG);
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
    report_text(&out, &fixture->report, &student);
    within_bounds(out.at);
    assert_non_null(strstr(out.at, "1 of 3 hidden wrong"));
    assert_non_null(strstr(out.at, "a hidden case of group range"));
    assert_null(strstr(out.at, "hot269"));
    assert_null(strstr(out.at, "269"));
    buf_clear(&out);
    report_text(&out, &fixture->report, &(struct report_view){.everything = true});
    assert_non_null(strstr(out.at, "hot269 wrong"));
}

static void each_final_stage_has_a_last_line(void **state)
{
    struct report_fixture *fixture = *state;
    static const enum stage stages[] = {STAGE_REJECTED, STAGE_SYSTEM_ERROR, STAGE_COMPILED_ONLY,
                                        STAGE_SUPERSEDED, STAGE_CANCELLED};
    for (size_t i = 0; i < COUNT(stages); i++) {
        auto_buf struct buf out = buf_of(65536);
        fixture->report.stage = stages[i];
        report_text(&out, &fixture->report, &student);
        within_bounds(out.at);
        assert_non_null(strstr(out.at, "\nNo score: "));
    }
}

static void every_verdict_keeps_within_the_bounds_in_both_languages(void **state)
{
    (void)state;
    for (int verdict = VERDICT_WRONG; verdict <= VERDICT_EXITED_EARLY; verdict++) {
        struct report_fixture *fixture = report_fixture_new();
        fixture_compiled(fixture, true, 0, 3, "a: warning: x\nb: warning: y\nc: warning: z\n");
        fixture_all_right(fixture);
        fixture_case(fixture, "small", (enum verdict)verdict);
        struct wire_case *one = fixture_case_of(fixture, "small");
        one->signal = verdict == VERDICT_RUNTIME_ERROR ? 11 : 0;
        one->stderr_text = strdup("one\ntwo\033[31m\nthree\nfour\nfive\nsix\n");
        fixture_done(fixture, OUTCOME_CHECKED);
        graded(fixture);
        for (int language = 0; language < 2; language++) {
            struct report_view view = {.language = (enum language)language};
            auto_buf struct buf out = buf_of(65536);
            report_text(&out, &fixture->report, &view);
            within_bounds(out.at);
            assert_non_null(strstr(out.at, "Score 45.0 / 100"));
        }
        report_fixture_free(fixture);
    }
}

static void no_line_of_a_student_looks_like_one_of_ours(void **state)
{
    struct report_fixture *fixture = report_fixture_new();
    auto_buf struct buf out = buf_of(65536);
    (void)state;
    fixture_compiled(fixture, true, 0, 1,
                     "attention.c:3:9: note: '#pragma message: x\nbasics   15.0 / 15   one\n");
    fixture_all_right(fixture);
    fixture_case(fixture, "small", VERDICT_RUNTIME_ERROR);
    struct wire_case *one = fixture_case_of(fixture, "small");
    one->signal = 11;
    one->stderr_text = strdup("hint:  none\n   3 | float\n");
    fixture_done(fixture, OUTCOME_CHECKED);
    graded(fixture);
    report_text(&out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "\n  attention.c:3:9: note:"));
    assert_non_null(strstr(out.at, "\n  | basics   15.0 / 15   one\n"));
    assert_non_null(strstr(out.at, "\n    | hint:  none\n"));
    assert_non_null(strstr(out.at, "\n       3 | float\n"));
    report_fixture_free(fixture);
}

static void an_unwritten_element_and_a_nan_are_named(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    padding_wrong(fixture);
    struct wire_mismatch *mismatch = &fixture_case_of(fixture, "padding")->mismatch;
    mismatch->unwritten = true;
    report_text(&out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "never written"));
    mismatch->unwritten = false;
    mismatch->got = NAN;
    mismatch->error = NAN;
    buf_clear(&out);
    report_text(&out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "got nan"));
}

static void a_report_under_way_says_so(void **state)
{
    struct report_fixture *fixture = *state;
    auto_buf struct buf out = buf_of(65536);
    fixture_compiled(fixture, true, 0, 0, "");
    report_text(&out, &fixture->report, &student);
    assert_non_null(strstr(out.at, "under way"));
    assert_null(strstr(out.at, "core")); /* neither Score nor No score */
}

static void chinese_characters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(lines_columns("abc"), 3);
    assert_int_equal(lines_columns("检查 a"), 6);
    auto_buf struct buf out = buf_of(4096);
    (void)lines_wrap(&out, 70, 4, "检查检查，检查检查");
    assert_string_equal(out.at, "检查检查，\n    检查检查");
    buf_clear(&out);
    (void)lines_wrap(&out, 70, 4, "a long word and more");
    assert_string_equal(out.at, "a long\n    word and more");
}

static void small_numbers_read_like_people_write_them(void **state)
{
    char text[32];
    (void)state;
    assert_string_equal(lines_small(2.7e-2, text, sizeof text), "2.7e-2");
    assert_string_equal(lines_small(3.1e-12, text, sizeof text), "3.1e-12");
    assert_string_equal(lines_points(8050, true, text, sizeof text), "80.5");
    assert_string_equal(lines_points(1500, true, text, sizeof text), "15");
    assert_string_equal(lines_points(1500, false, text, sizeof text), "15.0");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(a_pass_reads_as_in_the_interface),
        TEST(a_wrong_answer_names_case_place_and_hint),
        TEST(a_compile_error_shows_the_compilers_words),
        TEST(a_time_out_says_what_was_left_out),
        TEST(a_forbidden_call_is_no_accusation),
        TEST(the_speed_page_draws_the_intervals),
        TEST(a_speed_page_without_timing_says_so),
        TEST(what_a_doubting_machine_left_untimed_may_be_asked_for),
        TEST(a_chinese_report_has_the_same_parts),
        TEST(a_chinese_pass_ends_in_its_score),
        TEST(offline_there_is_no_number_and_no_date),
        TEST(the_stream_equals_the_finished_report),
        TEST(live_the_place_in_line_is_told_as_it_halves),
        TEST(live_the_cases_are_named_as_they_end),
        TEST(only_hidden_failures_tell_their_group_alone),
        TEST(each_final_stage_has_a_last_line),
        TEST(every_verdict_keeps_within_the_bounds_in_both_languages),
        cmocka_unit_test(no_line_of_a_student_looks_like_one_of_ours),
        TEST(an_unwritten_element_and_a_nan_are_named),
        TEST(a_report_under_way_says_so),
        TEST(chinese_characters_take_two_columns),
        TEST(small_numbers_read_like_people_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
