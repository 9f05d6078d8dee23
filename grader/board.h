/* The leaderboard of one offering: each person's best run on each machine class, ranked. Pure.
 *
 * Life: 1. board_init  2. board_add for every graded run, oldest first  3. board_rank  4.
 * board_view and the writers  5. board_release. */
#ifndef GRADER_BOARD_H
#define GRADER_BOARD_H

#include "assignments/spec.h"
#include "grader/report.h"
#include "grader/store_offering.h"
#include "sandbox/base/buf.h"

#define BOARD_NAME_MAX 64
#define BOARD_HISTORY_MAX 6 /* the last improvements of a person */
#define BOARD_TOP 25        /* shown when nobody asks for more */
#define BOARD_TOP_MAX 2000
#define BOARD_NEIGHBOURS 2 /* above and below one's own row */

/* One graded run. */
struct board_run {
    int64_t membership_id, submission_id;
    char login[SPEC_NAME_MAX], name[BOARD_NAME_MAX], alias[BOARD_NAME_MAX];
    char class_name[SPEC_NAME_MAX];
    double speedup, low, high;
    int64_t received_at;
    int64_t mask; /* random, from the membership: the name of whoever has chosen none */
    bool is_held; /* under review, or held by a TA */
};

struct board_row {
    struct board_run best;
    int64_t rank, shared; /* 0: held */
    struct {
        int64_t received_at;
        double speedup;
    } history[BOARD_HISTORY_MAX]; /* of their best, oldest first; the last one is `best` */
    size_t history_count;
};

struct board {
    struct board_row *rows; /* after board_rank: by class, and by rank within it */
    size_t rows_count, rows_room;
    bool failed; /* out of memory: rows are missing */
};

/* Life: 1. board_init  2. board_add for every finished run, in any order  3. board_rank, once,
 * which sorts the rows and gives ranks  4. board_release. Runs are copied; out of memory sets
 * `failed`. */
void board_init(struct board *board);
void board_release(struct board *board);
void board_add(struct board *board, const struct board_run *run);
void board_rank(struct board *board);

/* The rows of one class. class_name "" takes the one with the most rows. */
struct board_class {
    const char *name; /* "" if there is none at all */
    const struct board_row *rows;
    size_t rows_count, ranked_count;
};
struct board_class board_class(const struct board *board, const char *class_name);
/* The classes that have rows, in order; returns how many. */
size_t board_classes(const struct board *board, const char *out[SPEC_CLASSES_MAX]);

/* Who looks at which offering. */
struct board_view {
    const char *cohort, *assignment;
    int64_t own;     /* membership; 0: nobody's */
    bool everything; /* a TA: real names, held rows */
    enum board_names names;
    size_t top;
    int zone_minutes;
    enum language language;
};

/* Whether row `index` of a class is shown to this viewer: the first `top`, one's own, and the
 * neighbours of that. Held rows are shown to TAs and to their owner. */
bool board_shows(const struct board_class *class, size_t index, const struct board_view *view);

/* What a row is called: by the offering's rule; one's own always by login. */
const char *board_name(const struct board_row *row, const struct board_view *view, char *out,
                       size_t size);

/* Where a run would stand if it were that person's best; the run may be in the board or not yet. */
struct board_place {
    int64_t rank, of, shared; /* rank 0: none */
};
struct board_place board_place(const struct board *board, const struct board_run *run);

/* Appends the board of one class: as one JSON object, as text of 80 columns. Who is shown by which
 * name is the view's rule. */
void board_json(struct buf *out, const struct board *board, const struct board_class *class,
                const struct board_view *view);
void board_text(struct buf *out, const struct board_class *class, const struct board_view *view);

#endif
