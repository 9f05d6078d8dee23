/* Writes JSON in a stable order, without a tree in between. Fields are written one after another;
 * commas come by themselves. Texts are sanitised first: no control, bidirectional or zero-width
 * character leaves this file. Pure. */
#ifndef SANDBOX_BASE_JSON_OUT_H
#define SANDBOX_BASE_JSON_OUT_H

#include "sandbox/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct json_out {
    struct buf *out; /* borrowed */
    bool comma;      /* private: the next field or element needs one before it */
};

/* `name` NULL: an element of an array. */
void json_open(struct json_out *json, const char *name, char bracket);
void json_close(struct json_out *json, char bracket);
void json_text(struct json_out *json, const char *name, const char *text);
void json_integer(struct json_out *json, const char *name, int64_t value);
void json_flag(struct json_out *json, const char *name, bool value);

/* With this many significant digits; NaN and infinities become the texts "nan", "inf", "-inf". */
void json_real(struct json_out *json, const char *name, double value, int digits);

/* Integer hundredths as a number with one or two decimals: 1500 is 15.0, 1525 is 15.25. */
void json_hundredths(struct json_out *json, const char *name, int64_t hundredths);

#endif
