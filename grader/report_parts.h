/* The inside of the text report, shared by report_text.c (the order of a life), report_wrong.c and
 * report_mismatch.c (why a case failed), report_speed.c and report_lines.c (columns and numbers).
 * Pure. */
#ifndef GRADER_REPORT_PARTS_H
#define GRADER_REPORT_PARTS_H

#include "grader/report.h"

#define REPORT_COLUMNS 80
#define REPORT_LINES 25 /* of a finished report; live lines come on top */

/* Columns on a terminal: Chinese characters take two. */
int lines_columns(const char *text);

/* Appends `text` wrapped at REPORT_COLUMNS, at blanks or between Chinese characters; `column` is
 * where it starts, later lines are indented. '\n' breaks too. No line feed at the end. Returns the
 * column behind it. */
int lines_wrap(struct buf *out, int column, int indent, const char *text);

/* Appends `text` filled up with blanks to `columns`. */
void lines_pad(struct buf *out, const char *text, int columns);

/* A column of a table: foreign text, cut to fit and filled up, with a blank behind it. */
void lines_cell(struct buf *out, const char *text, int columns);

/* Appends at most `lines_max` lines of foreign text, indented, each cut to the columns. A line that
 * does not look like a compiler's ("attention.c:3:1: …", "   3 | …") gets "| " before it, so that
 * none can pass for one of ours; at indent 0 the caller has put something before it. Returns how
 * many it wrote. */
int lines_foreign(struct buf *out, int indent, const char *text, int lines_max);

/* "15.0"; with `whole`, "15" where nothing is behind the point. */
const char *lines_points(int64_t hundredths, bool whole, char *out, size_t size);

/* 2.7e-2 as people write it, without the zero in the exponent. */
const char *lines_small(double value, char *out, size_t size);

/* "Sun 29 Nov 2026 23:41:07 +08:00", or in Chinese order. `parts`: 'l' all of it, 'd' weekday, day
 * and hour, 'h' the hour alone, 'm' all but seconds and zone. */
const char *lines_time(int64_t at, int zone_minutes, enum language language, char parts, char *out,
                       size_t size);

/* The failure block of the first visible case that is not right: what, where, one next step.
 * `lines_max`: what is left of the budget. Writes nothing if no case failed. */
void report_wrong(struct buf *out, const struct report *report, const struct report_view *view,
                  int lines_max);

/* Of a case that has a mismatch: the element, the error against the bound, and where others are. */
void report_mismatch(struct buf *out, const struct report *report, const struct wire_case *one,
                     enum language language);

/* "wrong", "time limit": of one case, in the reader's language. */
const char *report_verdict(enum verdict verdict, enum language language);

/* The sentence of a hint code of the worker, NULL if there is none ("" among them). */
const char *report_hint(const char *code, enum language language);

/* One sentence about what a diagnosis build found, with its line: "line 23: reads k[85], …". */
void report_found_words(struct buf *out, const struct wire_finding *finding,
                        enum language language);

/* The same as lines of the text report, if the finding is about this case. */
void report_found(struct buf *out, const struct report *report, int index, enum language language);

/* The finding as an object of the case's JSON. */
struct json_out;
void report_found_json(struct json_out *json, const struct report *report, enum language language);

/* Launches and resources of a CUDA source; nothing for another. */
void report_cuda_json(struct json_out *json, const struct report *report);

/* After a time-out of this case whose baseline is known: appends the hint and returns true. */
bool report_slow(struct buf *out, const struct report *report, int index, enum language language);

/* What a timed and measured case amounts to, of the peak that is nearest (memory or arithmetic):
 * 0.05 is 5 %. 0 if the worker has measured no peaks. */
double report_share(const struct report *report, int index, bool *out_memory);

/* Fills report->beyond. */
void report_roof(struct report *report);

/* What the baseline takes for this case, -1 if that is not known. */
double report_baseline_ms(const struct report *report, int index);

/* True for a case that this reader may see by name. */
bool report_shows(const struct report *report, int index, const struct report_view *view);

/* What a part needs; one pointer instead of four parameters. */
struct page {
    struct report_text *cursor;
    struct buf *out;
    const struct report *report;
    const struct report_view *view;
    enum language language;
    size_t before; /* of `out`, when this call began */
};

/* The two middle parts; false while they must wait for more. */
bool report_checked(struct page *page);
bool report_timed(struct page *page);

/* The same as lines below "compiled". */
void report_cuda_text(struct page *page);

/* A word in the left column, and the name and points of a group. */
void report_label(struct page *page, const char *code);
void report_group(struct page *page, const char *name, const struct rubric_group *points);

#endif
