/* The codec between grader and worker: every message there and back, and every refusal by name. */
#include "worker/wire.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "{\"format\":1,\"kind\":"

static struct event round_trip(const struct event *event)
{
    auto_buf struct buf frame = buf_of(2 * WIRE_FRAME_MAX);
    struct event back;
    size_t payload = 0;
    bool whole = false;

    struct err err = wire_put_event(&frame, event);
    assert_string_equal(err.text, "");
    assert_false(err_is(wire_frame(frame.at, frame.size, &whole, &payload)));
    assert_true(whole);
    assert_int_equal(payload, frame.size - 4);
    err = wire_get_event(&back, frame.at + 4, payload);
    assert_string_equal(err.text, "");
    assert_int_equal(back.kind, event->kind);
    assert_int_equal(back.job, event->job);
    return back;
}

static void refused(const char *text, const char *reason)
{
    struct event event;
    struct err err = wire_get_event(&event, text, strlen(text));

    if (err.code != ERR_INPUT || strcmp(err.text, reason) != 0)
        print_message("%s\n  %s\n", text, err.text);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, reason);
    event_release(&event);
}

static struct wire_case full_case(void)
{
    struct wire_case one = {
        .index = 47,
        .verdict = VERDICT_WRONG,
        .code = "kvlen_ignored",
        .detail = "o differs \"here\"",
        .has_error_ratio = true,
        .error_ratio = INFINITY,
        .wall_ms = 1.25,
        .cpu_ms = 0,
        .peak_bytes = 0,
        .signal = 11,
        .syscall = "openat",
        .has_mismatch = true,
        .mismatch = {.tensor = "o",
                     .letters = "bhid",
                     .rank = 4,
                     .index = {1, 0, 12, 3},
                     .expected = 0.1,
                     .got = NAN,
                     .error = NAN,
                     .bound = 3e-7,
                     .unwritten = true,
                     .wrong_count = 512,
                     .of = 768},
        .map_rows = 2,
        .map_columns = 3,
        .map = {{0, 1, 9}, {3, 4, 5}},
    };
    one.stderr_text = strdup("line one\n\tline two\n");
    return one;
}

static void hello_survives(void **state)
{
    (void)state;
    struct event hello = {.kind = EVENT_HELLO,
                          .hello = {.worker = "cpu03",
                                    .class_name = "cpu:x86-64-v4",
                                    .compiler = "gcc 12.2.0",
                                    .flags = "-O3",
                                    .backend = "rlimits",
                                    .ranked = true,
                                    .processors = 2,
                                    .priority = 2}};
    struct event back = round_trip(&hello);
    assert_memory_equal(&back.hello, &hello.hello, sizeof hello.hello);

    hello.hello.ranked = false;
    (void)strcpy(hello.hello.unranked_why, "one processor");
    back = round_trip(&hello);
    assert_string_equal(back.hello.unranked_why, "one processor");
}

static void compiled_survives_and_diagnostics_are_never_null(void **state)
{
    (void)state;
    char words[] = "a.c:1: error: '\xe2\x80\x98'\n";
    struct event compiled = {
        .kind = EVENT_COMPILED,
        .job = 9007199254740991,
        .compiled = {.took_ms = 7, .errors = 1, .warnings = 2, .code = "syntax", .message = "no"}};

    compiled.compiled.diagnostics = words;
    struct event back = round_trip(&compiled);
    assert_string_equal(back.compiled.diagnostics, words);
    assert_int_equal(back.compiled.warnings, 2);
    event_release(&back);

    compiled.compiled.diagnostics = NULL;
    back = round_trip(&compiled);
    assert_string_equal(back.compiled.diagnostics, "");
    event_release(&back);
    assert_null(back.compiled.diagnostics);
}

static void kernels_and_launches_of_a_cuda_source_survive(void **state)
{
    (void)state;
    struct wire_cuda cuda = {.kernels_count = 2,
                             .launches_count = 1,
                             .launches = {"f<<<(Tq, H), 128>>>"},
                             .kernels = {{.name = "f",
                                          .registers = 40,
                                          .shared_bytes = 256,
                                          .dynamic_bytes = 0,
                                          .threads = 128,
                                          .occupancy = 75},
                                         {.name = "g", .dynamic_bytes = -1, .occupancy = -1}}};
    struct event event = {
        .kind = EVENT_COMPILED,
        .job = 4,
        .compiled = {.good = true, .compiler = "nvrtc 13.0", .flags = "sm_90", .cuda = &cuda}};
    struct event back = round_trip(&event);

    assert_string_equal(back.compiled.compiler, "nvrtc 13.0");
    assert_int_equal(back.compiled.cuda->kernels_count, 2);
    assert_int_equal(back.compiled.cuda->kernels[0].registers, 40);
    assert_int_equal(back.compiled.cuda->kernels[0].dynamic_bytes, 0);
    assert_int_equal(back.compiled.cuda->kernels[1].dynamic_bytes, -1);
    assert_int_equal(back.compiled.cuda->kernels[1].occupancy, -1);
    assert_int_equal(back.compiled.cuda->launches_count, 1);
    assert_string_equal(back.compiled.cuda->launches[0], "f<<<(Tq, H), 128>>>");
    event_release(&back);
}

static void case_survives_with_nan_infinity_and_map(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CASE, .job = 3, .one = full_case()};
    struct event back = round_trip(&event);

    assert_int_equal(back.one.index, 47);
    assert_int_equal(back.one.verdict, VERDICT_WRONG);
    assert_true(isinf(back.one.error_ratio));
    assert_true(isnan(back.one.mismatch.got));
    assert_true(isnan(back.one.mismatch.error));
    assert_true(back.one.mismatch.expected == 0.1); /* to the last bit */
    assert_int_equal(back.one.mismatch.index[2], 12);
    assert_int_equal(back.one.peak_bytes, 0);
    assert_memory_equal(back.one.map, event.one.map, sizeof back.one.map);
    assert_string_equal(back.one.stderr_text, "line one\n\tline two\n");
    event_release(&back);
    event_release(&event);
}

static void what_does_not_apply_is_absent(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CASE,
                          .one = {.wall_ms = -1, .cpu_ms = -1, .peak_bytes = -1}};
    auto_buf struct buf json = buf_of(4096);

    assert_false(err_is(wire_event_json(&json, &event)));
    assert_string_equal(json.at, HEAD "\"case\",\"job\":0,\"body\":{\"index\":0,\"verdict\":"
                                      "\"pass\"}}");
    struct event back = round_trip(&event);
    assert_true(back.one.wall_ms < 0 && back.one.cpu_ms < 0 && back.one.peak_bytes < 0);
    assert_int_equal(back.one.signal, 0);
    assert_false(back.one.has_error_ratio || back.one.has_mismatch);
    assert_null(back.one.stderr_text);
}

static void hello_carries_a_calibration_or_none(void **state)
{
    struct event event = {.kind = EVENT_HELLO, .hello = {.processors = 2, .ranked = true}}, back;
    struct wire_calibration parsed = {.made_at = 0};
    auto_buf struct buf text = buf_of(4096);
    (void)state;

    back = round_trip(&event);
    assert_true(back.hello.calibration.made_at == 0);
    event.hello.calibration = (struct wire_calibration){.made_at = 5,
                                                        .key = "ab",
                                                        .error = 0.0125,
                                                        .trials = 3,
                                                        .floor_us = 38.5,
                                                        .gigaflops = 232,
                                                        .gigaops = 733,
                                                        .gigabytes = 88,
                                                        .complaint = "off by 1.3 %"};
    back = round_trip(&event);
    assert_memory_equal(&back.hello.calibration, &event.hello.calibration,
                        sizeof back.hello.calibration);

    assert_false(err_is(wire_calibration_json(&text, &event.hello.calibration)));
    assert_false(err_is(wire_calibration_parse(&parsed, text.at, text.size)));
    assert_memory_equal(&parsed, &event.hello.calibration, sizeof parsed);
    static const char *const bad[] = {"", "{}", "[1]", "{\"made_at\":-1}",
                                      "{\"made_at\":5,\"key\":\"\",\"error\":\"x\"}"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(wire_calibration_parse(&parsed, bad[i], strlen(bad[i])).code, ERR_INPUT);
    assert_string_equal(parsed.key, "ab"); /* a refusal writes nothing */
}

static void timed_survives_measured_and_not(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_TIMED,
                          .timed = {.index = 47,
                                    .check = full_case(),
                                    .measured = true,
                                    .speedup = 3.9,
                                    .low = 3.87,
                                    .high = 3.93,
                                    .pairs = 2,
                                    .student_us = 10.5,
                                    .baseline_us = 41.25,
                                    .noisy = true,
                                    .ratios_count = 2,
                                    .ratios = {3.5, 4.1}}};
    struct event back = round_trip(&event);
    assert_true(back.timed.ratios[1] == 4.1 && back.timed.low == 3.87);
    assert_true(back.timed.noisy && !back.timed.uneven);
    assert_int_equal(back.timed.ratios_count, 2);
    assert_string_equal(back.timed.check.syscall, "openat");
    event_release(&back);

    event.timed.measured = false;
    back = round_trip(&event);
    assert_false(back.timed.measured);
    assert_int_equal(back.timed.ratios_count, 0);
    event_release(&back);
    event_release(&event);
}

static void done_survives(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_DONE,
                          .job = 1,
                          .done = {.outcome = OUTCOME_SYSTEM_ERROR,
                                   .message = "no room",
                                   .started_at = 1795984867123457,
                                   .took_ms = 812}};
    struct event back = round_trip(&event);
    assert_memory_equal(&back.done, &event.done, sizeof back.done);
}

static void job_survives_with_any_source(void **state)
{
    (void)state;
    char source[] = "int x;\0more\n";
    struct job job = {.id = 12,
                      .kind = JOB_TIME,
                      .device = DEVICE_GPU,
                      .assignment = "attention",
                      .spec_hash = "abc",
                      .file_name = "attention.c",
                      .key = {1, 2, 255},
                      .practice = true,
                      .only_case = "odd",
                      .source = source,
                      .source_size = sizeof source};
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX + 4);
    struct job back;

    assert_false(err_is(wire_put_job(&frame, &job)));
    struct err err = wire_get_job(&back, frame.at + 4, frame.size - 4);
    assert_string_equal(err.text, "");
    assert_int_equal(back.source_size, sizeof source);
    assert_memory_equal(back.source, source, sizeof source);
    assert_memory_equal(back.key, job.key, sizeof job.key);
    assert_string_equal(back.only_case, "odd");
    assert_int_equal(back.kind, JOB_TIME);
    assert_int_equal(back.device, DEVICE_GPU);
    job_release(&back);

    err = wire_get_job(&back, frame.at + 4, frame.size - 5);
    assert_string_equal(err.text, "job: \"source_bytes\" differs from what follows");
    job_release(&back);
    err = wire_get_job(&back, "{}", 2);
    assert_string_equal(err.text, "job: no 0 byte between the object and the source");
    err = wire_get_job(&back, "{}", 3);
    assert_string_equal(err.text, "job: \"format\" is missing");
}

static void too_long_a_message_is_refused_whole(void **state)
{
    (void)state;
    struct job job = {.assignment = "a", .file_name = "a.c", .source_size = WIRE_FRAME_MAX};
    auto_buf struct buf frame = buf_of(2 * WIRE_FRAME_MAX);

    job.source = calloc(1, WIRE_FRAME_MAX);
    assert_int_equal(wire_put_job(&frame, &job).code, ERR_LIMIT);
    assert_int_equal(frame.size, 0);
    free(job.source);
}

static void what_may_not_be_sent_is_our_own_error(void **state)
{
    (void)state;
    struct event event = {.kind = EVENT_CASE, .one = {.index = SPEC_CASES_MAX}};
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX);

    struct err err = wire_put_event(&frame, &event);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_string_equal(err.text, "field 'index' of a message cannot be sent");

    event = (struct event){.kind = EVENT_DONE, .done = {.message = "a\nb"}};
    assert_int_equal(wire_put_event(&frame, &event).code, ERR_INTERNAL);
    event = (struct event){.kind = EVENT_TIMED, .timed = {.measured = true, .speedup = NAN}};
    assert_int_equal(wire_put_event(&frame, &event).code, ERR_INTERNAL);
    assert_int_equal(frame.size, 0);
}

static void frames_are_found_byte_by_byte(void **state)
{
    (void)state;
    const unsigned char bytes[] = {0, 0, 0, 2, '{', '}', 0};
    bool whole = true;
    size_t payload = 0;

    for (size_t size = 0; size < 6; size++) {
        assert_false(err_is(wire_frame(bytes, size, &whole, &payload)));
        assert_false(whole);
    }
    assert_false(err_is(wire_frame(bytes, sizeof bytes, &whole, &payload)));
    assert_true(whole);
    assert_int_equal(payload, 2);

    const unsigned char empty[4] = {0}, longer[] = {0, 12, 0, 1}, huge[] = {255, 255, 255, 255};
    assert_int_equal(wire_frame(empty, 4, &whole, &payload).code, ERR_LIMIT);
    assert_int_equal(wire_frame(longer, 4, &whole, &payload).code, ERR_LIMIT);
    assert_int_equal(wire_frame(huge, 4, &whole, &payload).code, ERR_LIMIT);
}

static void bad_messages_are_refused_by_field(void **state)
{
    (void)state;
#define CASE HEAD "\"case\",\"job\":1,\"body\":"
#define FINE "\"index\":0,\"verdict\":\"pass\""
    static const char *const rows[][2] = {
        {"", "message: not JSON"},
        {"{", "message: not JSON"},
        {"{}x", "message: something follows the object"},
        {"\xff", "message: not UTF-8 text"},
        {"[[[[[[[[[", "message: nested too deep"},
        {"[]", "event: it wants an object"},
        {"{}", "event: \"format\" is missing"},
        {"{\"format\":2}", "event: \"format\" is out of range"},
        {HEAD "\"dance\"}", "event: \"kind\" is an unknown word"},
        {HEAD "\"case\",\"job\":-1}", "event: \"job\" is out of range"},
        {HEAD "\"case\",\"job\":1.5}", "event: \"job\" wants a whole number"},
        {HEAD "\"case\",\"job\":\"1\"}", "event: \"job\" wants a number"},
        {HEAD "\"case\",\"job\":1e999}", "event: \"job\" is out of range"},
        {HEAD "\"case\",\"job\":1}", "case: it wants an object"},
        {HEAD "\"case\",\"job\":1,\"job\":1}", "event: \"job\" is given twice"},
        {HEAD "\"case\",\"jobs\":1}", "event: \"jobs\" is unknown"},
        {CASE "{\"index\":48}}", "case: \"index\" is out of range"},
        {CASE "{\"index\":0,\"verdict\":\"maybe\"}}", "case: \"verdict\" is an unknown word"},
        {CASE "{" FINE ",\"code\":\"\"}}", "case: \"code\" is empty"},
        {CASE "{" FINE ",\"code\":\"a\\u0001\"}}", "case: \"code\" has control characters"},
        {CASE "{" FINE ",\"code\":\"0123456789012345678901234567890123\"}}",
         "case: \"code\" is too long"},
        {CASE "{" FINE ",\"signal\":0}}", "case: \"signal\" is out of range"},
        {CASE "{" FINE ",\"wall_ms\":-1}}", "case: \"wall_ms\" is out of range"},
        {CASE "{" FINE ",\"error_ratio\":\"big\"}}",
         "case: \"error_ratio\" wants a number, null, \"inf\" or \"-inf\""},
        {CASE "{" FINE ",\"mismatch\":1}}", "mismatch: it wants an object"},
        {CASE "{" FINE ",\"map\":[]}}", "case: \"map\" wants 1 to 32 rows"},
        {CASE "{" FINE ",\"map\":[\"12\",\"1\"]}}",
         "case: \"map\" wants equally long rows of 1 to 32 digits"},
        {CASE "{" FINE ",\"map\":[\"a\"]}}",
         "case: \"map\" wants equally long rows of 1 to 32 digits"},
        {HEAD "\"timed\",\"job\":1,\"body\":{\"index\":0,\"measured\":false}}",
         "timed: \"check\" is missing"},
        {HEAD "\"timed\",\"job\":1,\"body\":{\"index\":1,\"measured\":false,\"check\":{" FINE "}}}",
         "timed.check: \"index\" differs from the timed one"},
        {HEAD "\"timed\",\"job\":1,\"body\":{\"index\":0,\"measured\":true,\"check\":{" FINE "}}}",
         "timed: \"figures\" goes with measured, and only with it"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        refused(rows[i][0], rows[i][1]);
}

static void words_are_those_of_the_interface(void **state)
{
    (void)state;
    enum verdict verdict = VERDICT_PASS;
    enum device device = DEVICE_CPU;

    assert_string_equal(verdict_word(VERDICT_EXITED_EARLY), "exited_early");
    assert_string_equal(outcome_word(OUTCOME_COMPILED_ONLY), "compiled_only");
    assert_string_equal(device_word(DEVICE_GPU), "gpu");
    for (int i = 0; i <= VERDICT_NOT_RUN; i++) {
        assert_true(verdict_from_word(&verdict, verdict_word((enum verdict)i)));
        assert_int_equal(verdict, i);
    }
    assert_false(verdict_from_word(&verdict, "maybe"));
    assert_int_equal(verdict, VERDICT_NOT_RUN);
    assert_true(device_from_word(&device, "gpu"));
    assert_false(device_from_word(&device, "tpu"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_survives),
        cmocka_unit_test(compiled_survives_and_diagnostics_are_never_null),
        cmocka_unit_test(kernels_and_launches_of_a_cuda_source_survive),
        cmocka_unit_test(case_survives_with_nan_infinity_and_map),
        cmocka_unit_test(what_does_not_apply_is_absent),
        cmocka_unit_test(hello_carries_a_calibration_or_none),
        cmocka_unit_test(timed_survives_measured_and_not),
        cmocka_unit_test(done_survives),
        cmocka_unit_test(job_survives_with_any_source),
        cmocka_unit_test(too_long_a_message_is_refused_whole),
        cmocka_unit_test(what_may_not_be_sent_is_our_own_error),
        cmocka_unit_test(frames_are_found_byte_by_byte),
        cmocka_unit_test(bad_messages_are_refused_by_field),
        cmocka_unit_test(words_are_those_of_the_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
