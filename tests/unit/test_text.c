/* What is done to foreign text: UTF-8, sanitising, quoting, hex, names, nearest words. */
#include "sandbox/base/err.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <string.h>

static void utf8_is_what_unicode_table_3_7_allows(void **state)
{
    static const struct {
        const char *text;
        size_t size, bad;
    } rows[] = {
        {"", 0, 0},
        {"plain\0text", 10, 10},
        {"\xc3\xa9", 2, 2},         /* e with acute */
        {"\xe2\x82\xac", 3, 3},     /* euro */
        {"\xf0\x9f\x98\x80", 4, 4}, /* outside the first plane */
        {"\xf4\x8f\xbf\xbf", 4, 4}, /* U+10FFFF */
        {"a\xff", 2, 1},            /* never a lead */
        {"a\x80", 2, 1},            /* continuation alone */
        {"\xc0\x80", 2, 0},         /* overlong NUL */
        {"\xc1\xbf", 2, 0},         /* overlong */
        {"\xe0\x9f\xbf", 3, 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 4, 0}, /* overlong */
        {"\xed\xa0\x80", 3, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, 0}, /* past U+10FFFF */
        {"ab\xe2\x82", 4, 2},       /* cut short */
        {"ab\xe2\x28\xa1", 5, 2},   /* broken in the middle */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_utf8_bad(rows[i].text, rows[i].size), rows[i].bad);
}

static const char *clean(struct buf *out, const char *text, size_t lines, size_t line)
{
    buf_clear(out);
    (void)text_sanitise(out, text, strlen(text), lines, line);
    return out->at;
}

static void sanitised_text_has_nothing_that_hides_or_moves(void **state)
{
    auto_buf struct buf out = buf_of(4096);
    (void)state;
    assert_string_equal(clean(&out, "a\tb\nc", 10, 80), "a\tb\nc");
    assert_string_equal(clean(&out, "\033[31mred\r\b\a\x7f", 10, 80), "[31mred");
    assert_string_equal(clean(&out,
                              "x\xe2\x80\xae"
                              "y\xe2\x80\x8bz\xef\xbb\xbf",
                              10, 80),
                        "xyz");
    assert_string_equal(clean(&out, "\xc2\x85\xc2\x9b", 10, 80), ""); /* C1 controls */
    assert_string_equal(clean(&out, "\xf3\xa0\x81\x81", 10, 80), ""); /* tag characters */
    assert_string_equal(clean(&out, "a\xff\xfe", 10, 80), "a??");
    assert_string_equal(clean(&out, "\xe4\xbd\xa0\xe5\xa5\xbd", 10, 80),
                        "\xe4\xbd\xa0\xe5\xa5\xbd");
}

static void sanitised_text_is_cut_by_lines_and_columns(void **state)
{
    auto_buf struct buf out = buf_of(4096);
    (void)state;
    assert_string_equal(clean(&out, "12345\n67", 10, 4), "1234...\n67");
    assert_string_equal(clean(&out, "1234\n", 10, 4), "1234\n");
    assert_string_equal(clean(&out, "123\xe2\x82\xac", 10, 4), "123..."); /* no half character */
    assert_string_equal(clean(&out, "a\nb\nc\n", 2, 80), "a\nb\n...\n");
    buf_clear(&out);
    assert_true(text_sanitise(&out, "a\nb\n", 4, 2, 80));
    assert_false(text_sanitise(&out, "a\nb\nc", 5, 2, 80));
    assert_false(text_sanitise(&out, "12345", 5, 2, 4));
}

static void quoted_text_stays_in_its_space(void **state)
{
    char out[16];
    (void)state;
    text_quote("ab", 2, out, sizeof out);
    assert_string_equal(out, "\"ab\"");
    text_quote("\"\\\n", 3, out, sizeof out);
    assert_string_equal(out, "\"\\\"\\\\\\x0a\"");
    for (size_t size = 0; size <= sizeof out; size++) {
        memset(out, 'z', sizeof out);
        text_quote("0123456789012345678901234567890", 31, out, size);
        if (size > 0)
            assert_non_null(memchr(out, 0, size));
        for (size_t i = size; i < sizeof out; i++)
            assert_int_equal(out[i], 'z');
    }
    assert_string_equal(out, "\"0123456789...\"");
}

static void the_nearest_name_is_near(void **state)
{
    static const char *const names[] = {"attention", "lstm_cell", "pca"};
    (void)state;
    assert_string_equal(text_nearest("atention", names, 3), "attention");
    assert_string_equal(text_nearest("attention", names, 3), "attention");
    assert_string_equal(text_nearest("lstm", names, 2) == NULL ? "none" : "some", "none");
    assert_string_equal(text_nearest("pac", names, 3), "pca");
    assert_null(text_nearest("zebra", names, 3));
    assert_null(text_nearest("", names, 3));
    assert_null(text_nearest("pca", names, 0));
    char endless[201] = {0};
    memset(endless, 'a', sizeof endless - 1);
    assert_null(text_nearest(endless, names, 3)); /* its third is longer than any distance here */
}

static void hex_goes_there_and_back(void **state)
{
    static const unsigned char bytes[] = {0, 1, 0x9a, 0xff};
    unsigned char back[4];
    char hex[9];
    (void)state;
    text_hex(bytes, 4, hex);
    assert_string_equal(hex, "00019aff");
    assert_true(text_unhex(hex, back, 4));
    assert_memory_equal(bytes, back, 4);
    assert_false(text_unhex("00019af", back, 4));
    assert_false(text_unhex("00019aff0", back, 4));
    assert_false(text_unhex("00019aFF", back, 4)); /* lower case alone */
    assert_false(text_unhex("0001 aff", back, 4));
}

static void names_are_short_lower_case_and_begin_with_a_letter(void **state)
{
    (void)state;
    assert_true(text_is_name("ml-2026"));
    assert_true(text_is_name("ab"));
    assert_true(text_is_name("abcdefghijklmnopqrstuvwxyz012345")); /* 32 */
    assert_false(text_is_name("abcdefghijklmnopqrstuvwxyz0123456"));
    static const char *const bad[] = {"", "a", "2ab", "Ab", "a b", "a/b", "a.b", "-a", "a\n"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_is_name(bad[i]));
}

static void a_copy_never_splits_a_character(void **state)
{
    char out[6];
    (void)state;
    assert_true(text_copy(out, sizeof out, "12345"));
    assert_string_equal(out, "12345");
    assert_false(text_copy(out, sizeof out, "123456"));
    assert_string_equal(out, "12345");
    assert_false(text_copy(out, sizeof out, "123\xe2\x82\xac"));
    assert_string_equal(out, "123");
    assert_false(text_copy(out, 1, "x"));
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_what_unicode_table_3_7_allows),
        cmocka_unit_test(sanitised_text_has_nothing_that_hides_or_moves),
        cmocka_unit_test(sanitised_text_is_cut_by_lines_and_columns),
        cmocka_unit_test(quoted_text_stays_in_its_space),
        cmocka_unit_test(the_nearest_name_is_near),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(names_are_short_lower_case_and_begin_with_a_letter),
        cmocka_unit_test(a_copy_never_splits_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
