/* The framing guard by itself; tests/unit/test_http.c meets it behind the real library. */
#include "grader/guard.h"
#include "sandbox/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <string.h>

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        (name), sizeof(name) - 1, (value), sizeof(value) - 1                                       \
    }
#define HOST FIELD("Host", "here:8080")
#define ROW_FIELDS_MAX 5

static struct guard_verdict check(const char *method, const char *uri, const char *version,
                                  const struct guard_field *fields, size_t count)
{
    struct guard_request request = {
        .method = method, .uri = uri, .version = version, .fields = fields, .fields_count = count};
    return guard_check(&request);
}

static void a_plain_request_passes(void **state)
{
    static const struct guard_field fields[] = {HOST, FIELD("Accept", "*/*"),
                                                FIELD("Expect", "100-Continue"),
                                                FIELD("Content-Length", "12")};
    (void)state;
    struct guard_verdict verdict =
        check("PUT", "/submit/attention/a%20b.c?lang=zh", "HTTP/1.1", fields, COUNT(fields));
    assert_int_equal(verdict.code, 0);
}

static void old_http_needs_no_host(void **state)
{
    (void)state;
    assert_int_equal(check("GET", "/", "HTTP/1.0", NULL, 0).code, 0);
    assert_int_equal(check("GET", "/", "HTTP/1.1", NULL, 0).code, 400);
}

static void methods_and_versions_are_few(void **state)
{
    static const struct guard_field host = HOST;
    (void)state;
    assert_int_equal(check("", "/", "HTTP/1.1", &host, 1).code, 400);
    assert_int_equal(check("Get", "/", "HTTP/1.1", &host, 1).code, 400);
    assert_int_equal(check("GETGETGETGETGETGET", "/", "HTTP/1.1", &host, 1).code, 400);
    assert_int_equal(check("GET", "/", "HTTP/1.2", &host, 1).code, 505);
    assert_int_equal(check("GET", "/", "HTTP/3", &host, 1).code, 505);
    assert_int_equal(check("GET", "/", "", &host, 1).code, 400);
    assert_int_equal(check("GET", "/", "ICY/1.1", &host, 1).code, 400);
}

static void addresses_that_two_programs_may_read_differently_are_refused(void **state)
{
    static const struct {
        const char *uri;
        int code;
    } rows[] = {
        {"/", 0},
        {"/a/b/", 0},
        {"/a.b/..c/d..", 0},
        {"/a%2eb", 0},
        {"/%E6%96%87.c", 0},
        {"/\xE6\x96\x87.c", 0},
        {"/a?q=../%2f//", 0},
        {"/a?", 0},
        {"/%252e%252e", 0}, /* decoded once: the text "%2e%2e" */
        {"", 400},
        {"a", 400},
        {"*", 400},
        {"http://here/", 400},
        {"//", 400},
        {"/a//b", 400},
        {"/a//", 400},
        {"/.", 400},
        {"/..", 400},
        {"/../a", 400},
        {"/a/..", 400},
        {"/a/../", 400},
        {"/a/%2E%2e", 400},
        {"/a/.%2e/b", 400},
        {"/a%2fb", 400},
        {"/a%5Cb", 400},
        {"/a\\b", 400},
        {"/a%", 400},
        {"/a%4", 400},
        {"/a%zz", 400},
        {"/a%00", 400},
        {"/a%0D%0A", 400},
        {"/a%7f", 400},
        {"/a%c2%9b", 400},
        {"/a?b=%1b", 400},
        {"/a?b=%ff", 400},
        {"/a%c0%af", 400},
        {"/a%e0%80%af", 400},
        {"/a%ed%a0%80", 400},
        {"/a%f4%90%80%80", 400},
        {"/\xff", 400},
        {"/a b", 400},
        {"/a\tb", 400},
        {"/a#b", 400},
        {"/a|b", 400},
        {"/a%E6?b=%96%87", 400}, /* a character torn in two */
        {"/1/2/3/4/5/6/7/8/9/10/11/12", 0},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13", 414},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (guard_uri(rows[i].uri).code != rows[i].code)
            fail_msg("'%s': %d instead of %d", rows[i].uri, guard_uri(rows[i].uri).code,
                     rows[i].code);
}

static void arguments_are_counted_behind_the_question_mark(void **state)
{
    (void)state;
    assert_int_equal(guard_arguments("/a&b"), 0);
    assert_int_equal(guard_arguments("/a?"), 1);
    assert_int_equal(guard_arguments("/a?b=1&c=2?&"), 3);
}

static void an_address_of_2048_bytes_passes_and_one_more_does_not(void **state)
{
    char uri[GUARD_URI_MAX + 2];
    (void)state;
    memset(uri, 'a', sizeof uri);
    uri[0] = '/';
    uri[GUARD_URI_MAX] = '\0';
    assert_int_equal(guard_uri(uri).code, 0);
    uri[GUARD_URI_MAX] = 'a';
    uri[GUARD_URI_MAX + 1] = '\0';
    assert_int_equal(guard_uri(uri).code, 414);
}

static void header_lines_follow_the_table(void **state)
{
    static const struct {
        struct guard_field fields[ROW_FIELDS_MAX];
        int code;
    } rows[] = {
        {{HOST, FIELD("content-length", "0")}, 0},
        {{HOST, FIELD("Transfer-Encoding", "Chunked")}, 0},
        {{HOST, FIELD("X", "")}, 0},
        {{HOST, FIELD("X", "a\tb \xe6\x96\x87")}, 0},
        {{FIELD("Host", "[::1]:8080")}, 0},
        {{HOST, FIELD("Cookie", "a"), FIELD("Cookie", "b")}, 0},
        {{HOST, FIELD("HOST", "here")}, 400},
        {{FIELD("Host", "")}, 400},
        {{FIELD("Host", "a b")}, 400},
        {{FIELD("Host", "a@b")}, 400},
        {{FIELD("Host", "a\0b")}, 400},
        {{HOST, FIELD("Content-Length", "3"), FIELD("content-length", "3")}, 400},
        {{HOST, FIELD("Content-Length", "3"), FIELD("Transfer-Encoding", "chunked")}, 400},
        {{HOST, FIELD("Content-Length", "")}, 400},
        {{HOST, FIELD("Content-Length", " 3")}, 400},
        {{HOST, FIELD("Content-Length", "3 ")}, 400},
        {{HOST, FIELD("Content-Length", "-1")}, 400},
        {{HOST, FIELD("Content-Length", "1e3")}, 400},
        {{HOST, FIELD("Content-Length", "999999999999999999")}, 0},
        {{HOST, FIELD("Content-Length", "9999999999999999999")}, 400},
        {{HOST, FIELD("Transfer-Encoding", "identity")}, 400},
        {{HOST, FIELD("Transfer-Encoding", "chunked, chunked")}, 400},
        {{HOST, FIELD("Transfer-Encoding", "\x0b"
                                           "chunked")},
         400},
        {{HOST, FIELD("Transfer-Encoding ", "chunked")}, 400},
        {{HOST, FIELD("Transfer-Encoding\0", "chunked")}, 400},
        {{HOST, FIELD("", "a")}, 400},
        {{HOST, FIELD("X(", "a")}, 400},
        {{HOST, FIELD("X\x80", "a")}, 400},
        {{HOST, FIELD("X", "a\rb")}, 400},
        {{HOST, FIELD("X", "a\nb")}, 400},
        {{HOST, FIELD("X", "a\0b")}, 400},
        {{HOST, FIELD("X", "\x7f")}, 400},
        {{HOST, FIELD("Authorization", "a"), FIELD("Authorization", "a")}, 400},
        {{HOST, FIELD("Content-Type", "a"), FIELD("Content-Type", "a")}, 400},
        {{HOST, FIELD("Expect", "100-continue"), FIELD("Expect", "100-continue")}, 400},
        {{HOST, FIELD("Expect", "a cookie")}, 417},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count = 0;
        while (count < ROW_FIELDS_MAX && rows[i].fields[count].name)
            count++;
        struct guard_verdict verdict = check("PUT", "/a", "HTTP/1.1", rows[i].fields, count);
        if (verdict.code != rows[i].code)
            fail_msg("row %zu: %d (%s) instead of %d", i, verdict.code, verdict.why, rows[i].code);
        assert_true((verdict.code == 0) == (verdict.why[0] == '\0'));
    }
}

static void chunked_is_for_1_1_only(void **state)
{
    static const struct guard_field coding = FIELD("Transfer-Encoding", "chunked");
    (void)state;
    assert_int_equal(check("PUT", "/a", "HTTP/1.0", &coding, 1).code, 400);
}

static void sixty_four_header_lines_pass_and_one_more_does_not(void **state)
{
    struct guard_field fields[GUARD_FIELDS_MAX + 1] = {HOST};
    (void)state;
    for (size_t i = 1; i < COUNT(fields); i++)
        fields[i] = (struct guard_field)FIELD("X", "a");
    assert_int_equal(check("GET", "/", "HTTP/1.1", fields, GUARD_FIELDS_MAX).code, 0);
    assert_int_equal(check("GET", "/", "HTTP/1.1", fields, GUARD_FIELDS_MAX + 1).code, 431);
}

/* A block as the library leaves it, with one header line whose end is given. */
static int check_block(const char *block, size_t size, size_t uri, size_t version, size_t name,
                       size_t value)
{
    struct guard_field field = {block + name, strlen(block + name), block + value,
                                strlen(block + value)};
    struct guard_request request = {.method = block,
                                    .uri = block + uri,
                                    .uri_at = block + uri,
                                    .version = block + version,
                                    .fields = &field,
                                    .fields_count = 1,
                                    .block_end = block + size};
    return guard_layout(&request).code;
}

static void layout_must_be_exact(void **state)
{
    static const char good[] = "GET\0/a\0HTTP/1.1\0\0Host\0 h\0\0\0\0";
    static const char bare_version[] = "GET\0/a\0HTTP/1.1\0Host\0 h\0\0\0\0";
    static const char bare_line[] = "GET\0/a\0HTTP/1.1\0\0Host\0 h\0\0\0";
    static const char two_blanks[] = "GET\0\0/a\0HTTP/1.1\0\0Host\0 h\0\0\0\0";
    static const char hidden[] = "GET\0/a\0b\0HTTP/1.1\0\0Host\0 h\0\0\0\0";
    (void)state;
    assert_int_equal(check_block(good, sizeof good - 1, 4, 7, 17, 23), 0);
    assert_int_equal(check_block(bare_version, sizeof bare_version - 1, 4, 7, 16, 22), 400);
    assert_int_equal(check_block(bare_line, sizeof bare_line - 1, 4, 7, 17, 23), 400);
    assert_int_equal(check_block(two_blanks, sizeof two_blanks - 1, 5, 8, 18, 24), 400);
    assert_int_equal(check_block(hidden, sizeof hidden - 1, 4, 9, 19, 25), 400);
}

static void segments_come_decoded(void **state)
{
    char space[GUARD_URI_MAX + 1];
    const char *segments[GUARD_SEGMENTS_MAX];
    (void)state;
    assert_int_equal(guard_segments("/a%20b/c/?x=/d", space, segments), 2);
    assert_string_equal(segments[0], "a b");
    assert_string_equal(segments[1], "c");
    assert_int_equal(guard_segments("/", space, segments), 0);
    assert_int_equal(guard_segments("/?a/b", space, segments), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_passes),
        cmocka_unit_test(old_http_needs_no_host),
        cmocka_unit_test(methods_and_versions_are_few),
        cmocka_unit_test(addresses_that_two_programs_may_read_differently_are_refused),
        cmocka_unit_test(arguments_are_counted_behind_the_question_mark),
        cmocka_unit_test(an_address_of_2048_bytes_passes_and_one_more_does_not),
        cmocka_unit_test(header_lines_follow_the_table),
        cmocka_unit_test(chunked_is_for_1_1_only),
        cmocka_unit_test(sixty_four_header_lines_pass_and_one_more_does_not),
        cmocka_unit_test(layout_must_be_exact),
        cmocka_unit_test(segments_come_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
