/* The settings: each source, each bound, each refusal with its place. */
#include "sandbox/base/settings.h"
#include "tests/unit/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct values {
    int64_t port;
    int64_t wait_ms;
    bool plain;
    char path[16];
};

/* clang-format off */
static const struct setting rows[] = {
    {"http.port",   SETTING_NUMBER_AT(struct values, port),    "port", 0, 8080, 65535, NULL,  "where"},
    {"wait_time",   SETTING_NUMBER_AT(struct values, wait_ms), "ms",  -5,    0,     5, NULL,  "how long"},
    {"http.plain",  SETTING_FLAG_AT(struct values, plain),     "",     0,    0,     1, NULL,  "or not"},
    {"data.path",   SETTING_TEXT_AT(struct values, path),      "",     0,    0,     0, "x.db", "file"},
};
/* clang-format on */

struct place {
    struct settings settings;
    struct values values;
};

static struct place fresh(void)
{
    return (struct place){.values = {.port = -1}};
}

static void init(struct place *place)
{
    assert_false(
        err_is(settings_init(&place->settings, rows, COUNT(rows), &place->values, "GRADER_")));
}

static struct err parse(struct place *place, const char *text)
{
    return settings_parse(&place->settings, text, strlen(text), "g.conf");
}

static void refused(struct err err, const char *text)
{
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, text);
}

static void origin_is(const struct place *place, size_t row, const char *text)
{
    char origin[320];
    settings_origin(&place->settings, row, origin, sizeof origin);
    assert_string_equal(origin, text);
}

static void defaults_come_from_the_rows(void **state)
{
    struct place place = fresh();
    (void)state;
    init(&place);
    assert_int_equal(place.values.port, 8080);
    assert_false(place.values.plain);
    assert_string_equal(place.values.path, "x.db");
    origin_is(&place, 0, "default");
}

static void a_file_sets_values_and_keeps_their_place(void **state)
{
    struct place place = fresh();
    (void)state;
    init(&place);
    assert_false(err_is(parse(&place, "# comment\n\n  http.port = 81 # why\r\nhttp.plain=yes\n"
                                      "data.path = a#b.db")));
    assert_int_equal(place.values.port, 81);
    assert_true(place.values.plain);
    assert_string_equal(place.values.path, "a#b.db"); /* no blank before it: no comment */
    origin_is(&place, 0, "file g.conf:3");
    origin_is(&place, 3, "file g.conf:5");
    origin_is(&place, 1, "default");
}

static void refusals_name_file_line_key_and_bounds(void **state)
{
    struct place place = fresh();
    (void)state;
    init(&place);
    refused(parse(&place, "\nhttp.port = 65536\n"),
            "g.conf:2: http.port wants a whole number from 0 to 65535 (port), not '65536'");
    refused(parse(&place, "http.prt = 1\n"),
            "g.conf:1: no setting \"http.prt\". Did you mean http.port?");
    refused(parse(&place, "zzz = 1\n"),
            "g.conf:1: no setting \"zzz\"; `grader settings` lists them");
    refused(parse(&place, "http.port\n"), "g.conf:1: expected 'name = value', found 'http.port'");
    refused(parse(&place, "http.plain = maybe"), "g.conf:1: http.plain wants 0 or 1, not 'maybe'");
    refused(parse(&place, "data.path = 0123456789abcdef"),
            "g.conf:1: data.path is longer than 15 bytes");
    refused(parse(&place, "http.port = 1\nhttp.port = 2"),
            "g.conf:2: 'http.port' was set in line 1 already");
    assert_int_equal(place.values.port, 1);
}

static void numbers_are_whole_and_within_their_bounds(void **state)
{
    static const char *const bad[] = {
        "", " ", "6", "-6", "1.5", "0x1", "+1", "1 2", "a", "99999999999999999999", "--1"};
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"-5", -5}, {"5", 5}, {"0", 0}, {"-0", 0}, {"003", 3}};
    struct place place = fresh();
    (void)state;
    init(&place);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct err err = settings_set(&place.settings, "wait_time", bad[i], SETTING_FILE, "");
        assert_int_equal(err.code, ERR_INPUT);
        assert_int_equal(place.values.wait_ms, 0);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_false(
            err_is(settings_set(&place.settings, "wait_time", good[i].text, SETTING_FILE, "")));
        assert_int_equal(place.values.wait_ms, good[i].value);
        place.values.wait_ms = 0;
    }
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    static const char nul[] = "http.port = 1\0\n";
    struct place place = fresh();
    char large[SETTINGS_FILE_MAX + 2];
    (void)state;
    init(&place);
    refused(settings_parse(&place.settings, nul, sizeof nul - 1, "g.conf"),
            "g.conf:1: this line is no UTF-8 text");
    refused(parse(&place, "data.path = \xff"), "g.conf:1: this line is no UTF-8 text");
    refused(parse(&place, "data.path = a\x01"), "g.conf:1: data.path wants printable UTF-8");
    memset(large, '#', SETTINGS_FILE_MAX + 1);
    assert_int_equal(settings_parse(&place.settings, large, SETTINGS_FILE_MAX + 1, "g").code,
                     ERR_LIMIT);
    assert_int_equal(settings_parse(&place.settings, large, SETTINGS_LINE_MAX, "g").code,
                     ERR_LIMIT);
    assert_int_equal(settings_parse(&place.settings, large, SETTINGS_LINE_MAX - 1, "g").code,
                     ERR_NONE);
}

static void the_environment_wins_over_the_file(void **state)
{
    static const char *const environment[] = {"HOME=/root",
                                              "GRADER_HTTP_PORT=82",
                                              "GRADER_WAIT_TIME=3",
                                              "GRADER_SERVICE_HOST=10.0.0.1",
                                              "GRADER_PORT=tcp://10.0.0.1:80",
                                              NULL};
    struct place place = fresh();
    (void)state;
    init(&place);
    assert_false(err_is(parse(&place, "http.port = 81")));
    assert_false(err_is(settings_environment(&place.settings, environment)));
    assert_int_equal(place.values.port, 82);
    assert_int_equal(place.values.wait_ms, 3);
    origin_is(&place, 0, "environment");
}

static void a_typing_error_in_the_environment_is_named(void **state)
{
    static const char *const near[] = {"GRADER_HTTP_PROT=82", NULL};
    static const char *const bad[] = {"GRADER_HTTP_PORT=x", NULL};
    struct place place = fresh();
    (void)state;
    init(&place);
    refused(settings_environment(&place.settings, near),
            "GRADER_HTTP_PROT: no setting \"http_prot\". Did you mean http.port?");
    refused(settings_environment(&place.settings, bad),
            "GRADER_HTTP_PORT: http.port wants a whole number from 0 to 65535 (port), not 'x'");
    assert_false(err_is(settings_environment(&place.settings, NULL)));
}

static void flags_win_and_leave_other_words_alone(void **state)
{
    char words[][24] = {"serve", "--http.port=83", "--json", "--http.plain", "x",
                        "--",    "--http.port=9"};
    char *argv[COUNT(words) + 1] = {0};
    int argc = COUNT(words);
    struct place place = fresh();
    (void)state;
    init(&place);
    for (size_t i = 0; i < COUNT(words); i++)
        argv[i] = words[i];
    assert_false(err_is(settings_flags(&place.settings, &argc, argv)));
    assert_int_equal(argc, 5);
    assert_string_equal(argv[0], "serve");
    assert_string_equal(argv[1], "--json");
    assert_string_equal(argv[2], "x");
    assert_string_equal(argv[3], "--");
    assert_string_equal(argv[4], "--http.port=9");
    assert_null(argv[5]);
    assert_int_equal(place.values.port, 83);
    assert_true(place.values.plain);
    origin_is(&place, 0, "flag");
}

static void flags_that_do_not_fit_are_refused(void **state)
{
    char unknown[] = "--http.prt=1";
    char bare[] = "--http.port";
    char *argv[] = {unknown, NULL};
    int argc = 1;
    struct place place = fresh();
    (void)state;
    init(&place);
    refused(settings_flags(&place.settings, &argc, argv),
            "no setting \"http.prt\". Did you mean http.port?");
    argv[0] = bare;
    argc = 1;
    refused(settings_flags(&place.settings, &argc, argv),
            "--http.port wants a value: --http.port=VALUE");
}

static void load_takes_all_sources_in_order(void **state)
{
    char path[] = "/tmp/settings-test-XXXXXX";
    char flag[] = "--wait_time=4";
    static const char text[] = "http.port = 81\nwait_time = 1\ndata.path = f\n";
    static const char *const environment[] = {"GRADER_WAIT_TIME=2", "GRADER_DATA_PATH=e", NULL};
    char *argv[] = {flag, NULL};
    int argc = 1;
    struct place place = fresh();
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    (void)close(fd);
    init(&place);
    struct err err = settings_load(&place.settings, path, true, environment, &argc, argv);
    (void)unlink(path);
    assert_false(err_is(err));
    assert_int_equal(place.values.port, 81);
    assert_int_equal(place.values.wait_ms, 4);
    assert_string_equal(place.values.path, "e");
    /* The file is gone now: fine unless it was asked for. */
    err = settings_load(&place.settings, path, false, NULL, &argc, argv);
    assert_false(err_is(err));
    err = settings_load(&place.settings, path, true, NULL, &argc, argv);
    assert_int_equal(err.code, ERR_SYSTEM);
}

static void a_sample_file_is_itself_a_valid_file(void **state)
{
    struct place place = fresh();
    auto_buf struct buf sample = buf_of(65536);
    auto_buf struct buf printed = buf_of(65536);
    (void)state;
    init(&place);
    settings_sample(&sample, &place.settings);
    for (size_t i = 0; i < sample.size; i++) /* take the comment sign off each setting */
        if (sample.at[i] == '#' && sample.at[i + 1] != ' ')
            sample.at[i] = ' ';
    assert_false(err_is(settings_parse(&place.settings, sample.at, sample.size, "sample")));
    assert_int_equal(place.values.port, 8080);
    settings_print(&printed, &place.settings);
    assert_non_null(strstr(printed.at, "http.port = 8080 port   (file sample:"));
    assert_non_null(strstr(printed.at, "-5 to 5 ms, default 0"));
}

static void a_broken_table_is_our_own_failure(void **state)
{
    struct values values;
    struct settings settings;
    struct setting bad[2] = {rows[0], rows[0]};
    (void)state;
    assert_int_equal(settings_init(&settings, bad, 2, &values, "G_").code, ERR_INTERNAL);
    bad[0].preset = 70000;
    assert_int_equal(settings_init(&settings, bad, 1, &values, "G_").code, ERR_INTERNAL);
    bad[0] = rows[0];
    bad[0].name = "Http";
    assert_int_equal(settings_init(&settings, bad, 1, &values, "G_").code, ERR_INTERNAL);
    bad[0] = rows[3];
    bad[0].preset_text = "longer than the field";
    assert_int_equal(settings_init(&settings, bad, 1, &values, "G_").code, ERR_INTERNAL);
    assert_int_equal(settings_init(&settings, rows, SETTINGS_MAX + 1, &values, "G_").code,
                     ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_rows),
        cmocka_unit_test(a_file_sets_values_and_keeps_their_place),
        cmocka_unit_test(refusals_name_file_line_key_and_bounds),
        cmocka_unit_test(numbers_are_whole_and_within_their_bounds),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(the_environment_wins_over_the_file),
        cmocka_unit_test(a_typing_error_in_the_environment_is_named),
        cmocka_unit_test(flags_win_and_leave_other_words_alone),
        cmocka_unit_test(flags_that_do_not_fit_are_refused),
        cmocka_unit_test(load_takes_all_sources_in_order),
        cmocka_unit_test(a_sample_file_is_itself_a_valid_file),
        cmocka_unit_test(a_broken_table_is_our_own_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
