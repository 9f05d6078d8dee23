/* CSV as people save it, and class lists. */
#include "grader/csv.h"
#include "grader/roster.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>
#include <string.h>

static void assert_fine(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

/* Rows as "a|b / c|d". */
static void rows_of(const char *text, const char *expected)
{
    struct csv csv;
    bool more = true;
    auto_buf struct buf out = buf_of(4096);
    assert_fine(csv_init(&csv, text, strlen(text)));
    while (more) {
        assert_fine(csv_next(&csv, &more));
        for (int i = 0; more && i < csv.fields_count; i++)
            buf_printf(&out, "%s%s", i > 0 ? "|" : out.size > 0 ? " / " : "", csv.fields[i].text);
    }
    csv_release(&csv);
    assert_string_equal(out.at, expected);
}

static void assert_fault(const char *text, size_t size, const char *expected)
{
    struct csv csv;
    bool more = true;
    struct err err = csv_init(&csv, text, size);
    while (!err_is(err) && more)
        err = csv_next(&csv, &more);
    csv_release(&csv);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, expected);
}

static void rows_are_read_in_every_dialect(void **state)
{
    (void)state;
    rows_of("a,b\nc,d\n", "a|b / c|d");
    rows_of("a,b\r\nc,d", "a|b / c|d");
    rows_of("\xef\xbb\xbf"
            "a;b\nc;d,e\n",
            "a|b / c|d,e");
    rows_of("a\tb\n\n\nc\t\n", "a|b / c|");
    rows_of("\"a,\"\"b\"\"\n2\",c\n", "a,\"b\"\n2|c");
    rows_of("\"\",\n", "|");
    rows_of("", "");
    rows_of("张三,李四\n", "张三|李四");
}

static void faults_name_line_and_column(void **state)
{
    (void)state;
    assert_fault("a,b\nc,\"d\n", 9, "line 2, column 3: this quote is never closed");
    assert_fault("a,b\n张三,x\"y\n", 15,
                 "line 2, column 5: a quote inside a field that does not begin with one");
    assert_fault("\"a\"b\n", 5, "line 1, column 4: text behind a closing quote");
    assert_fault("a\0b", 3, "line 1, column 2: a NUL byte; save the file as CSV UTF-8");
    assert_fault("a,\xff\n", 4, "line 1, column 3: this is no UTF-8; save the file as CSV UTF-8");
    assert_fault("\xef\xbb\xbf\"a\n", 6, "line 1, column 1: this quote is never closed");
}

static void formulas_are_made_harmless(void **state)
{
    (void)state;
    auto_buf struct buf out = buf_of(1000);
    static const char *const texts[] = {"plain", "=1+1", "+1", "-1", "@x", "a,b", "say \"x\"", ""};
    for (size_t i = 0; i < COUNT(texts); i++)
        csv_put(&out, texts[i], i == 0);
    assert_string_equal(out.at,
                        "plain,\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"a,b\",\"say \"\"x\"\"\",");
}

static void assert_roster_fault(const char *text, const char *expected)
{
    struct roster roster;
    struct err err = roster_read(&roster, text, strlen(text));
    roster_release(&roster);
    assert_int_equal(err.code, ERR_INPUT);
    assert_string_equal(err.text, expected);
}

static void a_class_list_is_read_with_chinese_names_in_any_order(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbfName,LOGIN, student_id ,section\r\n"
                               "\"Zhang, San 张三\",zhangsan,2130001,A\r\n李四,21307130001,,B\r\n";
    struct roster roster;
    assert_fine(roster_read(&roster, text, sizeof text - 1));
    assert_int_equal(roster.count, 2);
    assert_string_equal(roster.rows[0].name, "Zhang, San 张三");
    assert_string_equal(roster.rows[0].login, "zhangsan");
    assert_string_equal(roster.rows[1].login, "21307130001");
    assert_string_equal(roster.rows[1].section, "B");
    assert_int_equal(roster.rows[1].line, 3);
    assert_true(roster.has_section && roster.has_student_id);
    assert_false(roster.has_email || roster.has_alias);
    roster_release(&roster);
}

static void a_class_list_with_a_fault_names_it(void **state)
{
    (void)state;
    assert_roster_fault("", "the file is empty; the first line names the columns: login,name");
    assert_roster_fault("login,name\n", "nobody is in the file");
    assert_roster_fault("login,email\na,b\n",
                        "line 1, column 1: no column 'name' in the first line");
    assert_roster_fault("login,name,emial\na,b,c\n",
                        "line 1, column 12: no such column (or twice); 'email'? \"emial\"");
    assert_roster_fault("login,name,name\na,b,c\n",
                        "line 1, column 12: no such column (or twice); 'name'? \"name\"");
    assert_roster_fault("login,name\nal,A\nbob,B,x\n",
                        "line 3, column 7: 3 fields; the first line has 2");
    assert_roster_fault("login,name\nAlice,A\n",
                        "line 2, column 1: a login is up to 32 of a-z 0-9 _ -, not \"Alice\"");
    assert_roster_fault("login,name\n../x,A\n",
                        "line 2, column 1: a login is up to 32 of a-z 0-9 _ -, not \"../x\"");
    assert_roster_fault("login,name\nal,\n", "line 2, column 4: nothing stands in \"name\"");
    assert_roster_fault("login,name\nal,A\nbo,B\nal,C\n",
                        "line 4, column 1: login 'al' stands in line 2 too");
    assert_roster_fault("login,name,student_id\nal,A,7\nbo,B,7\n",
                        "line 3, column 6: student_id '7' stands in line 2 too");
    assert_roster_fault("alias,login,name\n\"x\",al,A\nx,bo,B\n",
                        "line 3, column 1: alias 'x' stands in line 2 too");
    assert_roster_fault("login,name\nal,\"A\x1b[31m\"\n",
                        "line 2, column 4: control characters in \"name\"");
}

static void big_lists_are_read_in_linear_time(void **state)
{
    (void)state;
    auto_buf struct buf text = buf_of(CSV_BYTES_MAX);
    struct roster roster;
    buf_text(&text, "login,name\n");
    for (int i = 0; i < ROSTER_ROWS_MAX; i++)
        buf_printf(&text, "s%d,Student %d\n", i, i);
    assert_fine(roster_read(&roster, text.at, text.size));
    assert_int_equal(roster.count, ROSTER_ROWS_MAX);
    roster_release(&roster);
    buf_text(&text, "one,more\n");
    assert_int_equal(roster_read(&roster, text.at, text.size).code, ERR_LIMIT);
    roster_release(&roster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_in_every_dialect),
        cmocka_unit_test(faults_name_line_and_column),
        cmocka_unit_test(formulas_are_made_harmless),
        cmocka_unit_test(a_class_list_is_read_with_chinese_names_in_any_order),
        cmocka_unit_test(a_class_list_with_a_fault_names_it),
        cmocka_unit_test(big_lists_are_read_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
