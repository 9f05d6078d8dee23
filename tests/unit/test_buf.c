/* The bounded buffer: all or nothing, sticky failure, always terminated. */
#include "sandbox/base/buf.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>
#include <string.h>

static void an_empty_buffer_is_an_empty_text(void **state)
{
    auto_buf struct buf buf = buf_of(10);
    (void)state;
    assert_string_equal(buf.at, "");
    assert_int_equal(buf.size, 0);
    buf_consume(&buf, 5);
    buf_clear(&buf);
    assert_string_equal(buf.at, "");
}

static void appending_keeps_the_text_terminated(void **state)
{
    auto_buf struct buf buf = buf_of(1000);
    (void)state;
    buf_append(&buf, "a\0b", 3);
    buf_text(&buf, "cd");
    buf_printf(&buf, "%d-%s", 7, "x");
    assert_int_equal(buf.size, 8);
    assert_memory_equal(buf.at, "a\0bcd7-x", 9);
    for (int i = 0; i < 100; i++)
        buf_text(&buf, "0123456");
    assert_int_equal(buf.size, 708);
    assert_int_equal(buf.at[708], 0);
    assert_false(buf.failed);
}

static void the_bound_is_exact_and_failure_stays(void **state)
{
    auto_buf struct buf buf = buf_of(5);
    (void)state;
    buf_text(&buf, "12345");
    assert_false(buf.failed);
    buf_text(&buf, "");
    assert_false(buf.failed);
    buf_text(&buf, "6");
    assert_true(buf.failed);
    assert_string_equal(buf.at, "12345");
    buf_consume(&buf, 3);
    buf_text(&buf, "7"); /* there is room again, but a hole before it */
    assert_true(buf.failed);
    assert_string_equal(buf.at, "45");
    buf_clear(&buf);
    assert_false(buf.failed);
    buf_printf(&buf, "%s", "123456");
    assert_true(buf.failed);
    assert_string_equal(buf.at, "");
}

static void a_size_that_overflows_is_a_failure(void **state)
{
    auto_buf struct buf buf = buf_of(100);
    (void)state;
    buf_text(&buf, "x");
    buf_append(&buf, "y", (size_t)-1);
    assert_true(buf.failed);
    assert_string_equal(buf.at, "x");
}

static void consuming_moves_the_rest_up(void **state)
{
    auto_buf struct buf buf = buf_of(100);
    (void)state;
    buf_text(&buf, "abcdef");
    buf_consume(&buf, 0);
    buf_consume(&buf, 2);
    assert_string_equal(buf.at, "cdef");
    buf_consume(&buf, 100);
    assert_string_equal(buf.at, "");
    buf_text(&buf, "g");
    assert_string_equal(buf.at, "g");
}

static void taking_hands_the_bytes_over(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 100);
    char *none = buf_take(&buf);
    assert_string_equal(none, "");
    buf_text(&buf, "mine");
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "mine");
    assert_int_equal(buf.size, 0);
    buf_text(&buf, "next");
    assert_string_equal(taken, "mine");
    assert_string_equal(buf.at, "next");
    buf_release(&buf);
    assert_string_equal(buf.at, "");
    buf_release(&buf); /* twice is fine */
    free(none);
    free(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(appending_keeps_the_text_terminated),
        cmocka_unit_test(the_bound_is_exact_and_failure_stays),
        cmocka_unit_test(a_size_that_overflows_is_a_failure),
        cmocka_unit_test(consuming_moves_the_rest_up),
        cmocka_unit_test(taking_hands_the_bytes_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
