/* The page of one submission: /s/{id}, live, and its source with numbered lines. Pure. */
#ifndef GRADER_WEB_REPORT_H
#define GRADER_WEB_REPORT_H

#include "grader/web/page.h"

/* The whole page; web_report_inside is what an event stream sends again after each change. */
void web_report(struct buf *out, const struct report *report, const struct report_view *view,
                const struct page_head *head);
void web_report_inside(struct buf *out, const struct report *report, const struct report_view *view,
                       const struct page_head *head);

/* The source as the person sent it: text, each line with an address of its own (#L12). */
void web_source(struct buf *out, int64_t id, const char *file_name, const char *source, size_t size,
                const struct page_head *head);

#endif
