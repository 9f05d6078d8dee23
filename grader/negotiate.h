/* Which form of an answer is wanted: what the address ends in beats what Accept says. Pure. */
#ifndef GRADER_NEGOTIATE_H
#define GRADER_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>

enum negotiate_form {
    NEGOTIATE_TEXT, /* curl, and whoever has no wish */
    NEGOTIATE_JSON,
    NEGOTIATE_HTML,
    NEGOTIATE_SOURCE, /* ".c" only */
};

/* By an Accept header (NULL: none): the highest q of text/plain, application/json (or any +json)
 * and text/html; a wildcard counts for text. On equal terms a name beats a wildcard, then the one
 * named first wins. */
enum negotiate_form negotiate_accept(const char *accept);

/* Cuts ".txt", ".json" or ".c" off a last segment into `out`; *out_form is set if one was there.
 * Returns whether one was; false also when the rest does not fit. */
bool negotiate_suffix(const char *segment, char *out, size_t size, enum negotiate_form *out_form);

#endif
