/* Markdown of handouts as HTML, by cmark with tables. Raw HTML and unsafe links in it are left
 * out: a private folder's handout is as harmless as ours. */
#ifndef GRADER_WEB_MARKDOWN_H
#define GRADER_WEB_MARKDOWN_H

#include "sandbox/base/buf.h"

/* Appends the text as HTML. Bytes that are no UTF-8 become U+FFFD. */
void markdown_html(struct buf *out, const char *text);

#endif
