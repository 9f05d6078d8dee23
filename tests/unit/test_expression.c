/* Size expressions: what they mean, and what is refused. */
#include "assignments/expression.h"

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

static const char *const names[] = {"B", "Tq", "", "D"};
static const int64_t values[] = {2, 17, 1000, 5};

static struct err parse(struct expression *out, const char *text)
{
    return expression_parse(out, text, names, COUNT(names));
}

static void values_follow_the_usual_precedence(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"7", 7},         {"B", 2},
        {"Tq*D", 85},     {" B + Tq * D ", 87},
        {"(B+Tq)*D", 95}, {"20-3-2", 15},
        {"100/7/2", 7},   {"((((B))))", 2},
        {"B-Tq+100", 85}, {"2*B*Tq*(D+1)", 408},
        {"0", 0},         {"9223372036854775807", INT64_MAX},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expression expression;
        int64_t value = -1;
        assert_false(err_is(parse(&expression, rows[i].text)));
        assert_false(err_is(expression_value(&expression, values, &value)));
        assert_int_equal(value, rows[i].value);
    }
}

static void mistakes_are_refused_with_their_column(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "column 1: expected a size"},
        {"B+", "column 3: expected a size"},
        {"B Tq", "column 3: expected an operator"},
        {"(B", "column 3: expected ')'"},
        {"B)", "column 2: expected an operator"},
        {"B*X", "column 3: no size of this name"},
        {"-1", "column 1: expected a size"},
        {"Tq2", "column 1: no size of this name"},
        {"9223372036854775808", "the number is too large"},
        {"(((((((((((((((((B)))))))))))))))))", "too many parentheses"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expression expression;
        struct err err = parse(&expression, rows[i].text);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].reason));
    }
}

static void an_expression_with_too_many_steps_is_refused(void **state)
{
    char text[2 * EXPRESSION_STEPS_MAX] = "1";
    struct expression expression;
    (void)state;

    for (size_t at = 1; at < EXPRESSION_STEPS_MAX; at += 2)
        memcpy(text + at, "+1", 3);
    struct err err = parse(&expression, text);
    assert_int_equal(err.code, ERR_INPUT);
    assert_non_null(strstr(err.text, "too long"));
}

static void values_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"B-Tq", "negative"},
        {"B/(D-5)", "divides by zero"},
        {"4611686018427387904*B", "overflows"},
        {"9223372036854775807+B", "overflows"},
        {"0-9223372036854775807-B", "overflows"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct expression expression;
        int64_t value = 77;
        assert_false(err_is(parse(&expression, rows[i].text)));
        struct err err = expression_value(&expression, values, &value);
        assert_int_equal(err.code, ERR_INPUT);
        assert_non_null(strstr(err.text, rows[i].reason));
        assert_int_equal(value, 77);
    }
}

static void an_expression_never_given_has_no_value(void **state)
{
    struct expression expression = {.count = 0};
    int64_t value = 77;
    (void)state;

    assert_int_equal(expression_value(&expression, values, &value).code, ERR_INPUT);
    assert_int_equal(value, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_the_usual_precedence),
        cmocka_unit_test(mistakes_are_refused_with_their_column),
        cmocka_unit_test(an_expression_with_too_many_steps_is_refused),
        cmocka_unit_test(values_that_are_none_are_refused),
        cmocka_unit_test(an_expression_never_given_has_no_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
