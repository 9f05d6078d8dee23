/* What a request must look like before anybody believes its framing. Refuses everything that two
 * programs on the way could read in two ways: double lengths, bare carriage returns, encoded
 * slashes and the like. Pure: looks at bytes, opens nothing. */
#ifndef GRADER_GUARD_H
#define GRADER_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_FIELDS_MAX 64    /* header lines; browsers send about 15 */
#define GUARD_URI_MAX 2048     /* bytes of path and query, still encoded */
#define GUARD_SEGMENTS_MAX 12  /* of a path; the longest door has 6 */
#define GUARD_ARGUMENTS_MAX 32 /* behind the '?'; the operation with the most has 20 */

/* One header line. The pointers may lie in the block that came over the wire. */
struct guard_field {
    const char *name;
    size_t name_size;
    const char *value;
    size_t value_size;
};

struct guard_request {
    const char *method;
    const char *uri;     /* as it came: path, '?', query */
    const char *version; /* "HTTP/1.1" */
    const struct guard_field *fields;
    size_t fields_count;
    /* The library keeps the header as one block, in which it has cut the blanks of the first line
     * to one zero byte each and every line end to two. method, version and fields lie there; so
     * does uri_at, where the address was. block_end NULL: not so, and the layout is not looked at.
     */
    const char *uri_at;
    const char *block_end;
};

/* code 0: fine; else 400, 414, 417, 431 or 505 with one plain sentence (a literal). */
struct guard_verdict {
    int code;
    const char *why;
};

/* Everything: request line, target, header fields. Pure. */
struct guard_verdict guard_check(const struct guard_request *request);

/* The parts of guard_check, for tests and fuzzing. */
struct guard_verdict guard_uri(const char *uri);
struct guard_verdict guard_fields(const struct guard_request *request);
/* A carriage return alone ends a line for the library and for nobody else; a zero byte hides what
 * follows it. Both shift a later line against where it must begin. */
struct guard_verdict guard_layout(const struct guard_request *request);

/* How many arguments stand behind the '?', empty ones too. The library gives up where their list
 * does not fit into a connection's memory, so this is asked before anything else. */
size_t guard_arguments(const char *uri);

/* Decodes the path of a URI that guard_uri accepted into `out` (GUARD_URI_MAX + 1 bytes), its
 * segments each ended by a zero byte. Returns how many; a slash at the end adds none. */
size_t guard_segments(const char *uri, char *out, const char *out_segments[GUARD_SEGMENTS_MAX]);

#endif
