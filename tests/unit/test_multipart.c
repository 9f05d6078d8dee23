/* multipart/form-data: what curl and browsers send, and what nobody should. */
#include "grader/multipart.h"
#include "sandbox/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <string.h>

#define TYPE "multipart/form-data; boundary=XX"
#define PART(disposition, content)                                                                 \
    "--XX\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" content "\r\n"
#define END "--XX--\r\n"

static struct err find(const char *type, const char *body, struct multipart_file *out)
{
    return multipart_find(type, body, strlen(body), "file", out);
}

static void the_file_that_curl_sends_is_found(void **state)
{
    static const char type[] =
        "multipart/form-data; boundary=------------------------d74496d66958873e";
    static const char body[] = "--------------------------d74496d66958873e\r\n"
                               "Content-Disposition: form-data; name=\"file\"; "
                               "filename=\"attention.c\"\r\n"
                               "Content-Type: text/x-csrc\r\n\r\n"
                               "int x;\r\n--not the end\r\n\r\n"
                               "--------------------------d74496d66958873e--\r\n";
    struct multipart_file file;
    (void)state;
    assert_string_equal(find(type, body, &file).text, "");
    assert_int_equal(file.size, strlen("int x;\r\n--not the end\r\n"));
    assert_memory_equal(file.bytes, "int x;", 6);
    assert_string_equal(file.name, "attention.c");
}

static void binary_bytes_and_empty_files_come_through(void **state)
{
    static const char body[] = PART("name=file", "a\0b\r\n\0") END;
    struct multipart_file file;
    (void)state;
    assert_string_equal(multipart_find(TYPE, body, sizeof body - 1, "file", &file).text, "");
    assert_int_equal(file.size, 6);
    assert_memory_equal(file.bytes, "a\0b\r\n\0", 6);
    assert_string_equal(file.name, "");
    assert_string_equal(find(TYPE, PART("name=\"file\"", "") END, &file).text, "");
    assert_int_equal(file.size, 0);
}

static void other_fields_are_passed_over(void **state)
{
    struct multipart_file file;
    (void)state;
    struct err err = find(TYPE,
                          PART("name=\"note\"", "hello") PART("name=\"file\"; filename=\"a.c\"",
                                                              "b") PART("name=\"files\"", "c") END,
                          &file);
    assert_string_equal(err.text, "");
    assert_memory_equal(file.bytes, "b\r\n", 3);
    assert_int_equal(file.size, 1);
}

static void names_lose_their_folders_and_escapes(void **state)
{
    static const struct {
        const char *body;
        const char *name;
    } rows[] = {
        {PART("name=\"file\"; filename=\"/home/a/b.c\"", "") END, "b.c"},
        {PART("name=\"file\"; filename=\"C:\\\\a\\\\b.c\"", "") END, "b.c"},
        {PART("name=\"file\"; filename=\"a\\\"b;c.c\"", "") END, "a\"b;c.c"},
        {PART("name=\"file\"; filename=../../a.c", "") END, "a.c"},
        {PART("filename=\"x.c\"; name=\"file\"", "") END, "x.c"},
        {PART("name=\"file\";filename=\"\"", "") END, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multipart_file file;
        assert_string_equal(find(TYPE, rows[i].body, &file).text, "");
        assert_string_equal(file.name, rows[i].name);
    }
}

static void content_types_follow_the_table(void **state)
{
    static const struct {
        const char *type;
        bool is_multipart, is_usable;
    } rows[] = {
        {NULL, false, false},
        {"text/plain", false, false},
        {"multipart/form-data", true, false},
        {"multipart/form-datas; boundary=XX", false, false},
        {"multipart/mixed; boundary=XX", false, false},
        {"Multipart/Form-Data; Boundary=XX", true, true},
        {"multipart/form-data;boundary=\"XX\"", true, true},
        {"multipart/form-data; charset=utf-8; boundary=XX", true, true},
        {"multipart/form-data; boundary=", true, false},
        {"multipart/form-data; boundary=\"\"", true, false},
        {"multipart/form-data; boundary=X\x01", true, false},
        {"multipart/form-data; "
         "boundary=0123456789012345678901234567890123456789012345678901234567890"
         "123456789A",
         true, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multipart_file file;
        assert_int_equal(multipart_is(rows[i].type), rows[i].is_multipart);
        struct err err = find(rows[i].type, PART("name=\"file\"", "a") END, &file);
        assert_int_equal(err.code, rows[i].is_usable ? ERR_NONE : ERR_INPUT);
    }
}

static void broken_bodies_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *body;
        const char *reason;
    } rows[] = {
        {"", "does not begin"},
        {"hello", "does not begin"},
        {"\r\n" PART("name=\"file\"", "a") END, "does not begin"},
        {"--XY\r\n", "does not begin"},
        {"--XX", "does not end its line"},
        {"--XX\n", "does not end its line"},
        {"--XX--\r\n", "no field 'file'"},
        {"--XX\r\n\r\na\r\n" END, "has no Content-Disposition"},
        {"--XX\r\nContent-Disposition: form-data; name=\"file\"", "does not end"},
        {"--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc", "boundary is missing"},
        {PART("name=\"file\"", "a"), "boundary is missing"},
        {PART("name=\"file\"", "a") "--XX", "does not end"},
        {PART("name=\"file\"", "a") END "more", "follows"},
        {PART("name=\"other\"", "a") END, "no field 'file'"},
        {PART("name=\"file\"", "a") PART("name=\"file\"", "b") END, "there twice"},
        {"--XX\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\na\r\n" END, "broken"},
        {PART("name=\"file", "a") END, "broken"},
        {PART("name", "a") END, "broken"},
        {PART("filename=\"a.c\"", "a") END, "broken"},
        {PART("name=\"0123456789012345678901234567890123456789012345678901234567890123\"", "") END,
         "broken"},
        {"--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n"
         "Content-Disposition: form-data; name=\"file\"\r\n\r\na\r\n" END,
         "broken"},
        {"--XX\r\nA: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\nA: 6\r\nA: 7\r\nA: 8\r\nA: 9\r\n\r\n" END,
         "does not end"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct multipart_file file;
        struct err err = find(TYPE, rows[i].body, &file);
        if (err.code != ERR_INPUT || !strstr(err.text, rows[i].reason))
            fail_msg("row %zu: %d '%s' instead of '%s'", i, (int)err.code, err.text,
                     rows[i].reason);
    }
}

static void sixteen_parts_pass_and_one_more_does_not(void **state)
{
    for (int parts = MULTIPART_PARTS_MAX; parts <= MULTIPART_PARTS_MAX + 1; parts++) {
        struct buf body;
        buf_init(&body, 4096);
        buf_text(&body, PART("name=\"file\"", "a"));
        struct multipart_file file;
        for (int i = 1; i < parts; i++)
            buf_text(&body, PART("name=\"other\"", "a"));
        buf_text(&body, END);
        assert_int_equal(find(TYPE, body.at, &file).code,
                         parts > MULTIPART_PARTS_MAX ? ERR_LIMIT : ERR_NONE);
        buf_release(&body);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_that_curl_sends_is_found),
        cmocka_unit_test(binary_bytes_and_empty_files_come_through),
        cmocka_unit_test(other_fields_are_passed_over),
        cmocka_unit_test(names_lose_their_folders_and_escapes),
        cmocka_unit_test(content_types_follow_the_table),
        cmocka_unit_test(broken_bodies_are_refused_with_a_reason),
        cmocka_unit_test(sixteen_parts_pass_and_one_more_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
