/* What the files of the store share among themselves. */
#ifndef GRADER_STORE_PARTS_H
#define GRADER_STORE_PARTS_H

#include "grader/db.h"

/* What of an offering holds for one person. To be joined behind `offering o` and a membership m
 * (LEFT JOIN where there may be none). NULL: without. An extension of due alone moves the close, a
 * section's due alone too. SQLite's max() of several is NULL as soon as one of them is: that is
 * meant where the offering has no such date, for nothing is later than never. */
#define DATES_JOIN                                                                                 \
    " LEFT JOIN section_dates d ON d.offering_id = o.id AND d.section_id = m.section_id"           \
    " LEFT JOIN extension x ON x.offering_id = o.id AND x.membership_id = m.id"                    \
    " LEFT JOIN held_open h ON h.offering_id = o.id AND h.membership_id = m.id"
#define DATES_OPENS "coalesce(d.opens_at, o.opens_at)"
/* PLAIN: as the date would be if nothing were held open. */
#define PLAIN_DUE "max(coalesce(d.due_at, o.due_at), coalesce(x.due_at, 0))"
#define DATES_DUE "max(" PLAIN_DUE ", coalesce(h.due_at, 0))"
#define SECTION_CLOSES                                                                             \
    "coalesce(d.closes_at, CASE WHEN d.due_at IS NULL THEN o.closes_at"                            \
    " WHEN o.late_policy = 'none' OR o.closes_at = o.due_at THEN d.due_at"                         \
    " ELSE max(o.closes_at, d.due_at) END)"
#define PLAIN_CLOSES "max(" SECTION_CLOSES ", coalesce(x.closes_at, 0), coalesce(x.due_at, 0))"
#define DATES_CLOSES "max(" PLAIN_CLOSES ", coalesce(h.closes_at, 0))"
#define DATES_ATTEMPTS                                                                             \
    "CASE o.attempts_max WHEN 0 THEN 0 ELSE o.attempts_max + coalesce(x.attempts, 0) END"

/* A regrade of submission s that is neither applied nor came to nothing: until then no other
 * grading of it may come to count. */
#define REGRADE_PENDING                                                                            \
    "EXISTS (SELECT 1 FROM grading h WHERE h.submission_id = s.id"                                 \
    " AND h.generation > s.generation AND h.retime = 0"                                            \
    " AND h.stage NOT IN ('system_error', 'cancelled'))"

/* Index of a column's word in a list that ends with NULL; ERR_INTERNAL names the column. */
struct err store_word(sqlite3_stmt *row, int column, const char *const *words, int *out);

/* Runs an INSERT … RETURNING id. */
struct err store_insert_id(struct db *db, sqlite3_stmt *statement, const char *doing,
                           int64_t *out_id);

#endif
