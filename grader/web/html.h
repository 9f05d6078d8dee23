/* Writing HTML so that nothing which a person typed can become markup. Pure. */
#ifndef GRADER_WEB_HTML_H
#define GRADER_WEB_HTML_H

#include "sandbox/base/buf.h"

/* Appends text as character data or as the inside of a quoted attribute: & < > " ' become
 * entities; control, bidirectional and zero-width characters are dropped, invalid UTF-8 becomes ?.
 */
void html_text(struct buf *out, const char *text, size_t size);

/* printf for markup: the format is ours and stands as it is; every %s is escaped as above. Takes
 * %s, %d, %lld, %zu and floating conversions, and %%; no width or precision for %s. */
void html_put(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
