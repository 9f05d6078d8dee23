/* What students see of the tools' words. */
#include "tests/unit/support/check.h"
#include "worker/diagnostics.h"

#include <stdlib.h>
#include <string.h>

#define MAX 16384

static struct diagnostics_count clean(struct buf *out, const char *text)
{
    buf_init(out, MAX);
    return diagnostics_clean(out, text, strlen(text), "attention.c", MAX);
}

static void paths_of_the_host_are_shortened(void **state)
{
    static const struct {
        const char *said, *shown;
    } rows[] = {
        {"/usr/include/math.h:12:3: error: x\n", "<math.h>:12:3: error: x\n"},
        {"In file included from /usr/include/x86_64-linux-gnu/bits/a.h:4,\n",
         "In file included from <bits/a.h>:4,\n"},
        {"/usr/lib/gcc/x86_64-linux-gnu/12/include/immintrin.h:39: note: y\n",
         "<immintrin.h>:39: note: y\n"},
        {"/work/attention.c:1:2: warning: z\n", "attention.c:1:2: warning: z\n"},
        {"/usr/bin/x86_64-linux-gnu-ld.bfd: out.o: relocation\n",
         "x86_64-linux-gnu-ld.bfd: out.o: relocation\n"},
        {"{standard input}:5: Error: q\n", "attention.c (assembly):5: Error: q\n"},
        {"/usr/include/", "<>\n"},
        {"no newline at the end", "no newline at the end\n"},
        {"", ""},
        {"\n", "\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        (void)clean(&out, rows[i].said);
        assert_string_equal(out.at, rows[i].shown);
        buf_release(&out);
    }
}

static void the_students_own_lines_stay_as_they_are(void **state)
{
    (void)state;
    struct buf out;
    const char *text = "    3 | x = \"/usr/include/a.h: error: \";\n      |     ^~~\n"
                       "123456 | /work/ : warning: \n";
    struct diagnostics_count count = clean(&out, text);
    assert_string_equal(out.at, text);
    assert_int_equal(count.errors, 0);
    assert_int_equal(count.warnings, 0);
    buf_release(&out);
}

static void errors_and_warnings_are_counted_by_line(void **state)
{
    (void)state;
    struct buf out;
    struct diagnostics_count count = clean(
        &out, "a.c:1:1: error: one\na.c:1:1: warning: two [-Wx]\na.c:2:1: fatal error: three\n"
              "a.c:1:1: note: four\na.c:9: Error: five\na.c:9: Warning: six\n");
    assert_int_equal(count.errors, 3);
    assert_int_equal(count.warnings, 2);
    buf_release(&out);
}

static void long_texts_end_at_a_line_within_the_bounds(void **state)
{
    (void)state;
    auto_buf struct buf text = buf_of((size_t)4 << 20);
    auto_buf struct buf out = buf_of(MAX);
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "a.c:%d:1: error: %0300d\n", i, i);
    struct diagnostics_count count =
        diagnostics_clean(&out, text.at, text.size, "attention.c", MAX);
    assert_int_equal(count.errors, 5000);
    assert_false(out.failed);
    assert_true(out.size <= MAX);
    assert_string_equal(out.at + out.size - 5, "\n...\n");

    buf_clear(&text);
    buf_release(&out);
    buf_init(&out, MAX);
    for (int i = 0; i < 1000; i++)
        buf_text(&text, "x\n");
    (void)diagnostics_clean(&out, text.at, text.size, "attention.c", MAX);
    assert_int_equal(out.size, 2 * DIAGNOSTICS_LINES_MAX + 4);

    buf_clear(&text);
    buf_release(&out);
    buf_init(&out, 100);
    for (int i = 0; i < 1000; i++)
        buf_text(&text, "one single line without an end ");
    (void)diagnostics_clean(&out, text.at, text.size, "attention.c", 100);
    assert_false(out.failed);
    assert_string_equal(out.at, "...\n");
}

static void foreign_bytes_do_not_get_through(void **state)
{
    (void)state;
    struct buf out;
    (void)clean(&out, "a.c:1:1: error: \033[31m\xff \xe2\x80\xae\n");
    assert_string_equal(out.at, "a.c:1:1: error: [31m? \n");
    buf_release(&out);
}

static void the_chain_of_includes_is_kept_short(void **state)
{
    (void)state;
    auto_buf struct buf text = buf_of(MAX);
    struct buf out;
    int lines = 0;
    buf_text(&text, "In file included from a.c:1,\n");
    for (int i = 0; i < 28; i++)
        buf_text(&text, "                 from a.c:1,\n");
    buf_text(&text, "a.c:1:18: error: nested\n");
    struct diagnostics_count count = clean(&out, text.at);
    for (size_t i = 0; i < out.size; i++)
        lines += out.at[i] == '\n';
    assert_int_equal(lines, 6);
    assert_int_equal(count.errors, 1);
    assert_non_null(strstr(out.at, "error: nested"));
    buf_release(&out);
}

static void a_crash_of_the_compiler_is_one_line(void **state)
{
    (void)state;
    struct buf out;
    struct diagnostics_count count =
        clean(&out, "a.c:1:1: internal compiler error: Segmentation fault\n0x7f2 main\n\t../x.c:3\n"
                    "See <file:///usr/share/doc/gcc-12/README.Bugs> for instructions.\n");
    assert_string_equal(out.at, "a.c:1:1: internal compiler error: Segmentation fault\n");
    assert_int_equal(count.errors, 1);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_the_host_are_shortened),
        cmocka_unit_test(the_students_own_lines_stay_as_they_are),
        cmocka_unit_test(errors_and_warnings_are_counted_by_line),
        cmocka_unit_test(long_texts_end_at_a_line_within_the_bounds),
        cmocka_unit_test(foreign_bytes_do_not_get_through),
        cmocka_unit_test(a_crash_of_the_compiler_is_one_line),
        cmocka_unit_test(the_chain_of_includes_is_kept_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
