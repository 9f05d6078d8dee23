/* What a file of a corpus promises, read and held against what came of it. */
#include "assignments/expectation.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <string.h>

/* Groups basics (one, two) and range (three, four). */
static struct spec spec;
static bool tried[SPEC_CASES_MAX], wrong[SPEC_CASES_MAX];

static int make(void **state)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    (void)state;

    memset(&spec, 0, sizeof spec);
    memset(wrong, 0, sizeof wrong);
    spec.groups_count = 2;
    (void)text_copy(spec.groups[0].name, sizeof spec.groups[0].name, "basics"); /* all fit */
    (void)text_copy(spec.groups[1].name, sizeof spec.groups[1].name, "range");
    spec.cases_count = COUNT(names);
    for (int i = 0; i < spec.cases_count; i++) {
        (void)text_copy(spec.cases[i].name, sizeof spec.cases[i].name, names[i]);
        spec.cases[i].group = i / 2;
        tried[i] = true;
    }
    return 0;
}

static struct expectation expect(const char *text)
{
    struct expectation got;

    assert_false(err_is(expectation_read(&got, &spec, text)));
    return got;
}

static void a_line_says_which_groups_and_cases(void **state)
{
    (void)state;
    assert_false(expect("/* pass */\n").is_given);
    assert_false(expect("").is_given);
    assert_true(expect("/* expect: pass */").is_given);
    assert_false(expect("/* expect: pass */\n/* expect: wrong basics */\n").is_wrong);
    assert_true(expect("/* expect: wrong */").is_wrong);
    assert_int_equal(expect("/* expect: wrong */").groups, 0);
    assert_int_equal(expect("/* expect: wrong range */\nint a;").groups, 2);
    assert_int_equal(expect("/* expect: wrong basics,range*/").groups, 3);
    assert_int_equal(expect("/* expect: wrong basics. No such group */").groups, 1);
    const struct expectation but = expect("/* expect: wrong everywhere but two, three */\n");
    assert_true(but.everywhere && but.spared[1] && but.spared[2]);
    assert_false(but.spared[0] || but.spared[3]);
}

static void what_the_spec_lacks_is_refused(void **state)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"/* expect: wrong one */", "no group 'one'"},
        {"/* expect: wrong everywhere but basics */", "no case 'basics'"},
        {"/* expect: right */", "neither"},
        {"/* expect: */", "neither"},
    };
    char lengthy[2000];
    struct expectation got;
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err err = expectation_read(&got, &spec, rows[i].text);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].words));
    }
    memset(lengthy, ' ', sizeof lengthy);
    memcpy(lengthy, "/* expect: wrong", 16);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(expectation_read(&got, &spec, lengthy).code, ERR_LIMIT);
}

static void a_group_wants_one_wrong_case_and_everywhere_all(void **state)
{
    const struct expectation range = expect("/* expect: wrong range */");
    const struct expectation all = expect("/* expect: wrong everywhere but two */");
    (void)state;

    wrong[0] = true;
    assert_string_equal(expectation_missed(&range, &spec, tried, wrong), "range");
    assert_string_equal(expectation_missed(&all, &spec, tried, wrong), "three");
    wrong[3] = true;
    assert_null(expectation_missed(&range, &spec, tried, wrong));
    assert_string_equal(expectation_missed(&all, &spec, tried, wrong), "three");
    wrong[2] = true;
    assert_null(expectation_missed(&all, &spec, tried, wrong));
}

static void what_was_not_tried_is_not_missed(void **state)
{
    const struct expectation range = expect("/* expect: wrong range */");
    const struct expectation all = expect("/* expect: wrong everywhere */");
    (void)state;

    wrong[0] = wrong[1] = wrong[3] = true;
    tried[2] = false;
    assert_null(expectation_missed(&all, &spec, tried, wrong));
    wrong[3] = false; /* range: one case passed, one is unknown */
    assert_null(expectation_missed(&range, &spec, tried, wrong));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_says_which_groups_and_cases, make),
        cmocka_unit_test_setup(what_the_spec_lacks_is_refused, make),
        cmocka_unit_test_setup(a_group_wants_one_wrong_case_and_everywhere_all, make),
        cmocka_unit_test_setup(what_was_not_tried_is_not_missed, make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
