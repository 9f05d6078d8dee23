/* cmocka, with the four headers that it wants before it, in this order. */
#ifndef TESTS_UNIT_SUPPORT_CHECK_H
#define TESTS_UNIT_SUPPORT_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

/* Jumps back into cmocka. Its header does not say so, and then a check for NULL is none to a
 * reader. */
void _fail(const char *file, int line) __attribute__((noreturn));

#endif
