/* What every page has: head, skip link, navigation, language switch. Pure.
 *
 * Pages work without JavaScript; grader/web/live.js only exchanges the inside of the element with
 * data-events for what the server sends. Neither styles nor scripts stand in the markup: the policy
 * is default-src 'self'. */
#ifndef GRADER_WEB_PAGE_H
#define GRADER_WEB_PAGE_H

#include "grader/report.h"
#include "grader/web/html.h"

struct page_head {
    const char *title;
    enum language language;
    bool has_asked;     /* by ?lang=: links go on with it */
    const char *path;   /* of this page, for the language switch */
    const char *login;  /* "": nobody signed in */
    const char *cohort; /* "" then */
    int refresh_s;      /* without JavaScript; 0: the page is final */
};

/* Append everything before, and after, the inside of <main>. */
void page_begin(struct buf *out, const struct page_head *head);
void page_end(struct buf *out);

/* "?lang=zh" to stand behind an address, or "". */
const char *page_query(const struct page_head *head);

/* A sentence of grader/words.h with its conversions filled in, escaped as a whole. */
void page_words(struct buf *out, enum language language, const char *code, ...);

#endif
