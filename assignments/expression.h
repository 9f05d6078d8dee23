/* Size expressions of the assignment file: names of sizes, integers, + - * / and parentheses. Pure.
 *
 * Parsed once into a short postfix program over argument indices; evaluated with overflow checks.
 */
#ifndef ASSIGNMENTS_EXPRESSION_H
#define ASSIGNMENTS_EXPRESSION_H

#include "sandbox/base/err.h"

#include <stddef.h>
#include <stdint.h>

#define EXPRESSION_STEPS_MAX 48

struct expression {
    int count; /* steps in use; 0: no expression was given */
    struct {
        char what;     /* 'n' number, 'v' variable, or one of + - * / */
        int64_t value; /* the number, or the index of the variable */
    } steps[EXPRESSION_STEPS_MAX];
};

/* Parses `text` with variables called names[0..count-1]. ERR_INPUT says what and at which column.
 */
struct err expression_parse(struct expression *out, const char *text, const char *const *names,
                            size_t names_count);

/* Evaluates in 64 bits. ERR_INPUT on overflow, division by zero or a negative result. Division
 * rounds towards zero. */
struct err expression_value(const struct expression *expression, const int64_t *variables,
                            int64_t *out_value);

#endif
