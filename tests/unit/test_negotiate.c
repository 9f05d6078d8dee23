/* Which form of an answer a client gets. */
#include "grader/negotiate.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdlib.h>
#include <string.h>

static void accept_headers_follow_the_table(void **state)
{
    static const struct {
        const char *accept;
        enum negotiate_form form;
    } rows[] = {
        {NULL, NEGOTIATE_TEXT},
        {"", NEGOTIATE_TEXT},
        {"*/*", NEGOTIATE_TEXT},
        {"text/plain", NEGOTIATE_TEXT},
        {"application/json", NEGOTIATE_JSON},
        {"APPLICATION/JSON", NEGOTIATE_JSON},
        {"application/*", NEGOTIATE_JSON},
        {"application/problem+json", NEGOTIATE_JSON},
        {"application/json; charset=utf-8", NEGOTIATE_JSON},
        {"text/html", NEGOTIATE_HTML},
        {"image/png", NEGOTIATE_TEXT},
        /* a browser */
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", NEGOTIATE_HTML},
        /* axios */
        {"application/json, text/plain, */*", NEGOTIATE_JSON},
        {"*/*, application/json", NEGOTIATE_JSON},
        {"text/plain;q=0.5, application/json;q=0.6", NEGOTIATE_JSON},
        {"text/plain;q=0.7, application/json;q=0.6", NEGOTIATE_TEXT},
        {"application/json;q=0, text/plain;q=0.1", NEGOTIATE_TEXT},
        {"application/json;q=0", NEGOTIATE_TEXT},
        {"application/json;v=1;q=0.9, text/html;q=0.8", NEGOTIATE_JSON},
        {"application/json;q=", NEGOTIATE_TEXT},
        {"application/json;q=abc", NEGOTIATE_TEXT},
        {"application/json;q=99", NEGOTIATE_JSON},
        {",,, ,application/json", NEGOTIATE_JSON},
        {"application/jsonx", NEGOTIATE_TEXT},
        {";q=1", NEGOTIATE_TEXT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (negotiate_accept(rows[i].accept) != rows[i].form)
            fail_msg("'%s' gives %d instead of %d", rows[i].accept ? rows[i].accept : "NULL",
                     (int)negotiate_accept(rows[i].accept), (int)rows[i].form);
}

static void more_than_32_ranges_are_not_read(void **state)
{
    struct buf accept;
    (void)state;
    buf_init(&accept, 1024);
    for (int i = 0; i < 32; i++)
        buf_text(&accept, "a/b,");
    buf_text(&accept, "application/json");
    assert_int_equal(negotiate_accept(accept.at), NEGOTIATE_TEXT);
    buf_release(&accept);
}

static void suffixes_are_cut_off(void **state)
{
    static const struct {
        const char *segment;
        const char *rest;
        bool is_there;
        enum negotiate_form form;
    } rows[] = {
        {"1841.txt", "1841", true, NEGOTIATE_TEXT},
        {"1841.json", "1841", true, NEGOTIATE_JSON},
        {"1841.html", "1841", true, NEGOTIATE_HTML},
        {"1841.c", "1841", true, NEGOTIATE_SOURCE},
        {"1841.cu", "1841", true, NEGOTIATE_SOURCE},
        {"1841", "1841", false, NEGOTIATE_HTML},
        {"1841.pdf", "1841.pdf", false, NEGOTIATE_HTML},
        {".txt", ".txt", false, NEGOTIATE_HTML},
        {"a.txt.json", "a.txt", true, NEGOTIATE_JSON},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char rest[16];
        enum negotiate_form form = NEGOTIATE_HTML; /* stays where there is no suffix */
        assert_int_equal(negotiate_suffix(rows[i].segment, rest, sizeof rest, &form),
                         rows[i].is_there);
        assert_string_equal(rest, rows[i].rest);
        assert_int_equal(form, rows[i].form);
    }
}

static void a_segment_that_does_not_fit_has_no_suffix(void **state)
{
    char rest[8];
    enum negotiate_form form = NEGOTIATE_HTML;
    (void)state;
    assert_true(negotiate_suffix("1234567.txt", rest, sizeof rest, &form));
    assert_false(negotiate_suffix("12345678.txt", rest, sizeof rest, &form));
    assert_string_equal(rest, "1234567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_headers_follow_the_table),
        cmocka_unit_test(more_than_32_ranges_are_not_read),
        cmocka_unit_test(suffixes_are_cut_off),
        cmocka_unit_test(a_segment_that_does_not_fit_has_no_suffix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
