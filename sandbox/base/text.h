/* What we do to text that strangers wrote before anybody sees it, and a few pure helpers on text.
 */
#ifndef SANDBOX_BASE_TEXT_H
#define SANDBOX_BASE_TEXT_H

#include "sandbox/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Offset of the first byte that is not valid UTF-8 (overlong forms, surrogates and values past
 * U+10FFFF included), or `size` if all is well. NUL counts as valid here. */
size_t text_utf8_bad(const char *text, size_t size);

/* Appends `text` fit for a terminal, a page and JSON: invalid UTF-8 becomes '?', control characters
 * except \n and \t, bidirectional controls and zero-width characters are dropped, lines longer than
 * line_max bytes and everything after lines_max lines are cut ("..." marks both).
 * Returns false if anything was cut. */
bool text_sanitise(struct buf *out, const char *text, size_t size, size_t lines_max,
                   size_t line_max);

/* Writes `text` quoted for a log line into out (always 0-terminated, cut with "..." to fit). */
void text_quote(const char *text, size_t size, char *out, size_t out_size);

/* The entry of `names` nearest to `word` by edit distance, or NULL if none is within a third of
 * its length (at least 1). */
const char *text_nearest(const char *word, const char *const *names, size_t count);

/* Lower-case hexadecimal; out holds 2*size+1. text_unhex wants exactly 2*size digits. */
void text_hex(const unsigned char *bytes, size_t size, char *out);
bool text_unhex(const char *hex, unsigned char *out, size_t size);

/* `word` is [a-z][a-z0-9_-]{1,31}: the rule for cohort, assignment and login names. */
bool text_is_name(const char *word);

/* Copies a C string into a fixed field, always 0-terminated; returns false if it was cut.
 * A cut never splits a UTF-8 character. */
bool text_copy(char *out, size_t out_size, const char *text);

#endif
