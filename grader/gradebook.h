/* Grades of a cohort: every student, every offering; as a CSV of our own, or filled into the file
 * that a learning platform exported. */
#ifndef GRADER_GRADEBOOK_H
#define GRADER_GRADEBOOK_H

#include "grader/store.h"
#include "grader/store_gradebook.h"

#define GRADEBOOK_OFFERINGS_MAX STORE_OFFERINGS_MAX

struct gradebook_person {
    struct person_row who;
    struct grade_result grades[GRADEBOOK_OFFERINGS_MAX];
    int64_t total; /* weighted mean over the offerings, hundredths; a missing or held one is 0 */
};

struct gradebook {
    struct offering offerings[GRADEBOOK_OFFERINGS_MAX]; /* by name */
    size_t offerings_count;
    struct gradebook_person *people; /* students, by section and login; owned */
    size_t people_count;
};

/* Reads everything in the caller's transaction. A cohort's budget of grace days is spent in the
 * order of deadlines. Release what came. */
struct err gradebook_load(struct gradebook *out, struct db *db, const struct cohort_row *cohort,
                          int64_t now_at);
void gradebook_release(struct gradebook *gradebook);

/* Which submission of each student counts for one offering, by its pick and after lateness: a JSON
 * list of numbers. */
struct err gradebook_counting(struct db *db, const struct cohort_row *cohort, int64_t offering_id,
                              int64_t now_at, struct buf *out);

/* login,name,student_id,section,email, then for each assignment its grade and NAME:submission,
 * NAME:score, NAME:days_late, NAME:note; then total. */
void gradebook_csv(const struct gradebook *gradebook, struct buf *out);

/* The bytes of an export of Canvas or Moodle with one column filled; everything else stays as it
 * is, byte for byte. The person is found by SIS Login ID, Username, SIS User ID, ID number or
 * email, whichever column is there; the column by `column`, or by the assignment's name; where the
 * file says how many points are possible ("Points Possible" row, "Maximum Grade" column), grades
 * are scaled to that. A held or missing grade leaves the cell alone. Two columns that fit the
 * assignment are refused. ERR_INPUT names line and column. */
struct gradebook_fill {
    size_t filled, unknown, without; /* rows: filled, nobody of ours, no grade */
};
struct err gradebook_fill(const struct gradebook *gradebook, size_t offering, const char *column,
                          const char *bytes, size_t size, struct buf *out,
                          struct gradebook_fill *out_counts);

#endif
