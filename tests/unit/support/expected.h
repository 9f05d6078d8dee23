/* Right answers, made by the oracle itself. */
#ifndef TESTS_UNIT_SUPPORT_EXPECTED_H
#define TESTS_UNIT_SUPPORT_EXPECTED_H

#include "assignments/call.h"

/* What the oracle expects of every output of a call, rounded to what the output holds; asserts. */
void expected_take(struct call *call);

/* Breaks one element of an output, as badly as a bit can. */
void expected_spoil(const struct call *call, int argument, size_t at);

#endif
