/* Finds one file in a multipart/form-data body (RFC 7578) that is in memory as a whole: what
 * `curl -F file=@attention.c` and a browser's form send. Pure, copies nothing but the name. */
#ifndef GRADER_MULTIPART_H
#define GRADER_MULTIPART_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_PARTS_MAX 16
#define MULTIPART_LINES_MAX 8 /* header lines of one part */

struct multipart_file {
    const char *bytes; /* inside the body */
    size_t size;
    char name[256]; /* its last path component; "" if none was given */
};

/* True if the Content-Type (NULL: none) is multipart/form-data. */
bool multipart_is(const char *content_type);

/* ERR_INPUT: no or a bad boundary, a broken part, no such field, the field twice, something behind
 * the last boundary. ERR_LIMIT: more than MULTIPART_PARTS_MAX parts. */
struct err multipart_find(const char *content_type, const char *body, size_t size,
                          const char *field, struct multipart_file *out);

#endif
