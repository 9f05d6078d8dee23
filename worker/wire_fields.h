/* Structs to JSON objects and back by table: a row says key, kind, place and bounds of one field,
 * and serves both directions. Strict when it reads: an unknown key, a key given twice, a missing
 * field, a wrong kind, a value outside its bounds or a text with control characters is refused with
 * its place. Private to worker/wire*.c; pure. */
#ifndef WORKER_WIRE_FIELDS_H
#define WORKER_WIRE_FIELDS_H

#include "sandbox/base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Integers travel as JSON numbers, which are doubles: beyond this they are not exact. */
#define WIRE_INTEGER_MAX 9007199254740991.0

enum wire_kind {
    WIRE_TEXT,    /* char array; one line */
    WIRE_LINES,   /* char *, owned, at most `max` bytes; \n and \t allowed */
    WIRE_HEX,     /* unsigned char array, as lower-case hexadecimal */
    WIRE_INT,     /* int */
    WIRE_INT64,   /* int64_t */
    WIRE_REAL,    /* double, finite */
    WIRE_ANYREAL, /* double; NaN is null, the infinities "inf" and "-inf" */
    WIRE_BOOL,    /* bool */
    WIRE_WORD,    /* an enum, as one of `words` in its order */
    WIRE_OBJECT,  /* the key is known; the caller puts and reads it */
};

enum wire_need {
    WIRE_ALWAYS,
    /* Left out when it does not apply: an empty text, a NULL, a number below `min` (read as min - 1
     * when absent). */
    WIRE_WHEN_SET,
};

struct wire_field {
    const char *key;
    enum wire_kind kind;
    size_t offset, size; /* in the struct */
    enum wire_need need;
    double min, max;          /* of numbers; of WIRE_LINES max is the bytes */
    const char *const *words; /* of WIRE_WORD: max is the number of words */
};

#define WIRE_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* Adds the fields of `from` to the object. ERR_INTERNAL: a value that may not be sent;
 * ERR_SYSTEM: no memory. */
struct err wire_write(cJSON *object, const struct wire_field *fields, size_t count,
                      const void *from);

/* Reads an object into `to`, whose owned texts are NULL before. `place` begins the error's text. */
struct err wire_read(const cJSON *object, const char *place, const struct wire_field *fields,
                     size_t count, void *to);

/* One number with the rules of WIRE_ANYREAL; for lists. */
cJSON *wire_anyreal(double value);

/* "PLACE: reason" as ERR_INPUT. */
struct err wire_refuse(const char *place, const char *key, const char *reason);

#endif
