/* Reads JSON objects by table: each key with its kind and bounds is one row. A member that has no
 * row, stands twice, has the wrong kind or lies outside its bounds is refused with its place. */
#ifndef ASSIGNMENTS_SPEC_JSON_H
#define ASSIGNMENTS_SPEC_JSON_H

#include "sandbox/base/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More members than any object of the format has: it bounds the search for doubles. */
#define SPEC_JSON_MEMBERS_MAX 64

/* Where we are in a file, for messages. */
struct spec_place {
    const char *file;
    char path[96]; /* "cases[3].sizes" */
};

enum spec_kind {
    SPEC_KIND_TEXT,    /* char array of `size` bytes; never empty, no control characters */
    SPEC_KIND_INTEGER, /* int64_t */
    SPEC_KIND_REAL,    /* double */
    SPEC_KIND_BOOLEAN, /* bool */
    SPEC_KIND_LIST,    /* kind checked only; the caller reads it */
    SPEC_KIND_OBJECT,  /* likewise */
    SPEC_KIND_ANY,     /* nothing checked */
};

struct spec_field {
    const char *key;
    enum spec_kind kind;
    bool required;
    size_t offset, size; /* where it goes in the struct; of text also its room */
    double min, max;     /* of numbers; both 0: no bounds */
};

/* Text and number rows: `SPEC_AT(struct x, member)` gives offset and size. */
#define SPEC_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* The place one step further down: a member (`.key`) or an element (`[index]`). */
struct spec_place spec_place_key(const struct spec_place *place, const char *key);
struct spec_place spec_place_index(const struct spec_place *place, int index);

/* "FILE: PATH: reason" as ERR_INPUT. */
struct err spec_refuse(const struct spec_place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Wants an object, at most SPEC_JSON_MEMBERS_MAX members, no key twice. */
struct err spec_json_unique(const cJSON *object, const struct spec_place *place);

/* Reads the members of `object` into the struct `out`. Members that are absent leave their field as
 * it is. `others_allowed`: members without a row are left to the caller. */
struct err spec_json_read(const cJSON *object, const struct spec_place *place,
                          const struct spec_field *fields, size_t fields_count, bool others_allowed,
                          void *out);

/* One value, checked like a row's; for lists and for keys that are data. */
struct err spec_json_text(const cJSON *item, const struct spec_place *place, char *out,
                          size_t size);
struct err spec_json_integer(const cJSON *item, const struct spec_place *place, int64_t min,
                             int64_t max, int64_t *out);
struct err spec_json_real(const cJSON *item, const struct spec_place *place, double min, double max,
                          double *out);

/* Wants a list of min..max elements. */
struct err spec_json_list(const cJSON *item, const struct spec_place *place, int min, int max,
                          int *out_count);

#endif
