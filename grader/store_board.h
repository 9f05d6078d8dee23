/* What boards, handouts and start pages read. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_BOARD_H
#define GRADER_STORE_BOARD_H

#include "grader/board.h"
#include "grader/db.h"

/* Adds every graded run of the offering's students that has a speed, by person, oldest first. */
struct err store_board_runs(struct db *db, int64_t offering_id, struct board *out);

/* A number that differs whenever another connection has committed since. */
struct err store_changes(struct db *db, int64_t *out_version);

/* One line of a person's own list. */
struct own_row {
    int64_t id, received_at;
    enum stage stage;
    bool practice;
    int64_t score;  /* hundredths; -1: none */
    double speedup; /* 0: none */
};
/* The newest ones for an offering. */
struct err store_own_rows(struct db *db, int64_t membership_id, int64_t offering_id,
                          struct own_row *out, size_t max, size_t *out_count);
/* Best score in hundredths (-1: none) and how many were submitted, practice apart. */
struct err store_own_best(struct db *db, int64_t membership_id, int64_t offering_id,
                          int64_t *out_score, int64_t *out_count);

#endif
