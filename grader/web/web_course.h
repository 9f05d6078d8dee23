/* The start page and the handout of an offering. Pure, but for the handout's Markdown, which the
 * caller reads. */
#ifndef GRADER_WEB_COURSE_H
#define GRADER_WEB_COURSE_H

#include "grader/store_board.h"
#include "grader/store_offering.h"
#include "grader/web/page.h"

/* One assignment of the start page. */
struct course_row {
    const struct spec *spec;
    struct offering offering; /* id 0: nobody has signed in */
    int64_t best;             /* hundredths; -1: none */
    int64_t count;            /* submissions */
};
void web_start(struct buf *out, const struct course_row *rows, size_t count,
               const struct page_head *head);

struct handout {
    const char *cohort; /* whose offering it is: an admin reads those of others too */
    const struct spec *spec;
    struct offering offering;
    struct target_row targets[SPEC_CLASSES_MAX];
    int targets_count;
    int64_t grace_budget; /* late days of one student over all offerings; -1: no such budget */
    const struct own_row *own;
    size_t own_count;
    const char *task; /* Markdown, "" for none */
    const char *base_url;
};
/* Appends what lateness costs, as text; nothing where nothing late counts. */
void handout_late(struct buf *out, const struct handout *handout, enum language language);
void web_handout(struct buf *out, const struct handout *handout, const struct page_head *head);

/* Text of a page that is text already: one heading, then as it is. */
void web_plain(struct buf *out, const char *text, const struct page_head *head);

#endif
