/* Size expressions: a recursive-descent parser that writes postfix, and a stack machine that
 * evaluates it. Grammar:
 *   sum = product {(+|-) product}   product = atom {(*|/) atom}   atom = number | name | ( sum ) */
#include "assignments/expression.h"

#include <stdbool.h>
#include <string.h>

/* Parentheses cost no step, so their depth needs a bound of its own: this is our C stack. */
#define DEPTH_MAX 16

struct parser {
    const char *text, *at;
    const char *const *names;
    size_t names_count;
    int depth;
    struct expression program;
};

static struct err parse_sum(struct parser *parser);
static struct err parse_product(struct parser *parser);
static struct err parse_atom(struct parser *parser);
static struct err parse_number(struct parser *parser);
static struct err parse_name(struct parser *parser);
static struct err parse_parenthesis(struct parser *parser);
static struct err step_add(struct parser *parser, char what, int64_t value);
static struct err refuse(const struct parser *parser, const char *reason);
static void skip_blanks(struct parser *parser);
static bool is_digit(char c);
static bool is_name_char(char c);
static struct err operate(char what, int64_t left, int64_t right, int64_t *out);

struct err expression_parse(struct expression *out, const char *text, const char *const *names,
                            size_t names_count)
{
    struct parser parser = {.text = text, .at = text, .names = names, .names_count = names_count};

    struct err err = parse_sum(&parser);
    if (err_is(err))
        return err;
    if (*parser.at != '\0')
        return refuse(&parser, "expected an operator or the end");

    *out = parser.program;
    return err_none();
}

struct err expression_value(const struct expression *expression, const int64_t *variables,
                            int64_t *out_value)
{
    int64_t stack[EXPRESSION_STEPS_MAX] = {0};
    int height = 0;

    for (int i = 0; i < expression->count; i++) {
        char what = expression->steps[i].what;
        int64_t value = expression->steps[i].value;
        if (what == 'n') {
            stack[height++] = value;
        } else if (what == 'v') {
            stack[height++] = variables[value];
        } else {
            height--;
            struct err err = operate(what, stack[height - 1], stack[height], &stack[height - 1]);
            if (err_is(err))
                return err;
        }
    }
    if (height != 1)
        return err_make(ERR_INPUT, "the expression is empty");
    if (stack[0] < 0)
        return err_make(ERR_INPUT, "the expression is negative (%lld)", (long long)stack[0]);
    *out_value = stack[0];
    return err_none();
}

static struct err parse_sum(struct parser *parser)
{
    struct err err = parse_product(parser);
    while (!err_is(err) && (*parser->at == '+' || *parser->at == '-')) {
        char what = *parser->at++;
        err = parse_product(parser);
        if (!err_is(err))
            err = step_add(parser, what, 0);
    }
    return err;
}

static struct err parse_product(struct parser *parser)
{
    struct err err = parse_atom(parser);
    while (!err_is(err) && (*parser->at == '*' || *parser->at == '/')) {
        char what = *parser->at++;
        err = parse_atom(parser);
        if (!err_is(err))
            err = step_add(parser, what, 0);
    }
    return err;
}

/* Leaves `at` on the next character that is not blank. */
static struct err parse_atom(struct parser *parser)
{
    struct err err;

    skip_blanks(parser);
    if (is_digit(*parser->at))
        err = parse_number(parser);
    else if (is_name_char(*parser->at))
        err = parse_name(parser);
    else if (*parser->at == '(')
        err = parse_parenthesis(parser);
    else
        err = refuse(parser, "expected a size, a number or '('");
    skip_blanks(parser);
    return err;
}

static struct err parse_number(struct parser *parser)
{
    int64_t value = 0;
    while (is_digit(*parser->at)) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *parser->at - '0', &value))
            return refuse(parser, "the number is too large");
        parser->at++;
    }
    return step_add(parser, 'n', value);
}

static struct err parse_name(struct parser *parser)
{
    const char *start = parser->at;
    while (is_name_char(*parser->at))
        parser->at++;
    size_t length = (size_t)(parser->at - start);

    for (size_t i = 0; i < parser->names_count; i++) {
        const char *name = parser->names[i];
        if (strlen(name) == length && strncmp(name, start, length) == 0)
            return step_add(parser, 'v', (int64_t)i);
    }
    parser->at = start;
    return refuse(parser, "no size of this name");
}

static struct err parse_parenthesis(struct parser *parser)
{
    if (++parser->depth > DEPTH_MAX)
        return refuse(parser, "too many parentheses inside each other");
    parser->at++;
    struct err err = parse_sum(parser);
    if (err_is(err))
        return err;
    if (*parser->at != ')')
        return refuse(parser, "expected ')'");
    parser->at++;
    parser->depth--;
    return err_none();
}

static struct err step_add(struct parser *parser, char what, int64_t value)
{
    struct expression *program = &parser->program;
    if (program->count == EXPRESSION_STEPS_MAX)
        return refuse(parser, "the expression is too long");
    program->steps[program->count].what = what;
    program->steps[program->count].value = value;
    program->count++;
    return err_none();
}

static struct err refuse(const struct parser *parser, const char *reason)
{
    return err_make(ERR_INPUT, "expression '%.40s', column %d: %s", parser->text,
                    (int)(parser->at - parser->text) + 1, reason);
}

static void skip_blanks(struct parser *parser)
{
    while (*parser->at == ' ')
        parser->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct err operate(char what, int64_t left, int64_t right, int64_t *out)
{
    bool overflow = false;

    switch (what) {
    case '+': overflow = __builtin_add_overflow(left, right, out); break;
    case '-': overflow = __builtin_sub_overflow(left, right, out); break;
    case '*': overflow = __builtin_mul_overflow(left, right, out); break;
    default:
        if (right == 0)
            return err_make(ERR_INPUT, "the expression divides by zero");
        overflow = left == INT64_MIN && right == -1;
        if (!overflow)
            *out = left / right;
        break;
    }
    return overflow ? err_make(ERR_INPUT, "the expression overflows 64 bits") : err_none();
}
