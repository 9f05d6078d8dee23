/* What is offered: versions of assignments, offerings with their dates. Part of grader/store.h,
 * whose rules hold here. */
#ifndef GRADER_STORE_OFFERING_H
#define GRADER_STORE_OFFERING_H

#include "assignments/spec.h"
#include "grader/db.h"
#include "grader/zone.h"
#include "sandbox/base/buf.h"

enum late_policy { LATE_NONE, LATE_PER_DAY, LATE_GRACE, LATE_COUNT };
enum pick { PICK_BEST, PICK_LAST, PICK_COUNT };
enum board_sight { BOARD_TA, BOARD_COHORT, BOARD_PUBLIC, BOARD_COUNT }; /* who sees the board */
enum board_names { NAMES_REAL, NAMES_ALIAS, NAMES_ANONYMOUS, NAMES_COUNT };
/* Their words: columns, options and JSON; ending with NULL. */
extern const char *const late_policy_words[], *const pick_words[], *const board_sight_words[],
                                                                       *const board_names_words[];

struct offering {
    int64_t id, cohort_id;
    char assignment[SPEC_NAME_MAX];
    char spec_hash[65];
    int64_t opens_at, due_at, closes_at; /* 0: without; a minute counts to its end */
    int64_t attempts_max;                /* 0: without limit */
    char zone[ZONE_NAME_MAX];            /* "" becomes UTC */
    bool supersede;
    enum late_policy late_policy;
    int64_t
        late_percent; /* lost for each day begun: of LATE_PER_DAY, and of LATE_GRACE after grace */
    int64_t grace_days; /* of each student, without loss */
    int64_t interval_s; /* between two submissions of a student */
    enum pick pick;
    int64_t split;  /* of 100, for correctness; -1: as the assignment says */
    int64_t weight; /* hundredths, in the cohort's total */
    enum board_sight board;
    enum board_names board_names;
};

/* The version of an assignment (name and spec hash) with its text, and what a cohort offers under
 * that name. `text` may be NULL: unknown. */
struct err store_assignment_put(struct db *db, const struct spec *spec, const char *text,
                                int64_t now_at, int64_t *out_id);
/* Appends the text of a version to out. *out_found is false for one that nobody kept. */
struct err store_assignment_text(struct db *db, const char *spec_hash, struct buf *out,
                                 bool *out_found);
struct err store_offering_put(struct db *db, const struct offering *offering, int64_t assignment_id,
                              int64_t *out_id);
/* By cohort and name of the assignment. Dates and attempts are those of one person: section,
 * extension and deadlines held open are in them; membership_id 0: those of the offering. */
struct err store_offering_find(struct db *db, int64_t cohort_id, int64_t membership_id,
                               const char *assignment, struct offering *out, bool *out_found);
/* Whether anybody has submitted for it, practice apart. */
struct err store_offering_used(struct db *db, int64_t offering_id, bool *out_used);
/* Offerings of a cohort, by name; out holds max. A cohort has no more than this many. */
#define STORE_OFFERINGS_MAX 64
struct err store_offerings(struct db *db, int64_t cohort_id, int64_t membership_id,
                           struct offering *out, size_t max, size_t *out_count);

/* Offerings of open cohorts under this name move to this version; out_moved: how many did. */
struct err store_offerings_move(struct db *db, const char *assignment, int64_t assignment_id,
                                int64_t *out_moved);

/* Frozen speed targets of an offering, one per machine class. */
struct target_row {
    char class_name[SPEC_NAME_MAX];
    double target;
};
struct err store_target_put(struct db *db, int64_t offering_id, const struct target_row *row,
                            int64_t now_at);
/* Those that the assignment's file proposes. */
struct err store_targets_copy(struct db *db, int64_t offering_id, const struct spec *spec,
                              int64_t now_at);
struct err store_targets(struct db *db, int64_t offering_id,
                         struct target_row out[SPEC_CLASSES_MAX], int *out_count);

#endif
