/* Everything that lasts: one function per SQL statement or transaction part. What the words mean
 * stands in INTERFACE; the tables stand in grader/store_schema.c.
 *
 * A function takes the connection of the thread that it runs on: the loop thread reads with its own
 * query-only connection; everything that writes runs on the writer thread (grader/writer.h), inside
 * a transaction that the writer opens and commits. Commands of people (`grader cohort …`) open a
 * connection of their own. */
#ifndef GRADER_STORE_H
#define GRADER_STORE_H

#include "assignments/speed.h"
#include "grader/db.h"
#include "grader/stage.h"
#include "grader/store_course.h"
#include "grader/store_offering.h"
#include "grader/store_people.h"
#include "sandbox/base/buf.h"
#include "worker/wire.h"

/* Opens for writing: refuses file systems that break WAL (NFS and the like) and newer databases,
 * backs up before a migration, migrates. `path`'s folder must exist. */
struct err store_open(struct db *out, const char *path);

/* -- submissions
 * ----------------------------------------------------------------------------------- */
#define STORE_COMMIT_MAX 65                 /* SHA-256 in hexadecimal */
#define STORE_EVENTS_MAX ((size_t)64 << 20) /* bytes of one grading's measurements, unpacked */
struct submission_row {
    int64_t id, membership_id, offering_id;
    char login[SPEC_NAME_MAX], cohort[SPEC_NAME_MAX];
    int64_t cohort_id;
    char assignment[SPEC_NAME_MAX], spec_hash[65];
    enum device device;
    char file_name[64];
    char commit[STORE_COMMIT_MAX]; /* of a git push, "" for none */
    bool practice;
    unsigned char key[32];
    int64_t received_at, due_at;
    char zone[ZONE_NAME_MAX];
    int64_t attempts_max;
    bool supersede; /* of the offering */
    bool review;    /* a TA must look, or has held it back */
    bool held;      /* its owner's grade for the offering is held back */
    bool unseen;    /* its board is for TAs alone: nobody learns a rank */
    enum stage stage;
    int64_t generation; /* of the newest grading */
    unsigned char source_hash[32];
    char measured_hash[65]; /* version of the assignment behind the newest grading */
    /* The rules of its points: those that its grading was made under; before one, the offering's.
     */
    int64_t split;     /* -1: as the assignment says, or points of 100 for correctness */
    int targets_count; /* frozen speed targets; none: those of the assignment */
    struct target_row targets[SPEC_CLASSES_MAX];
};

/* Inserts source (once per content), submission, grading 1 and its queue entry. out_id: its number.
 */
struct err store_submission_add(struct db *db, const struct submission_row *row, const char *source,
                                size_t source_size, int64_t *out_id, int64_t *out_job);
/* The same bytes for the same offering by the same person, unless that one ended in system_error,
 * superseded or cancelled. */
struct err store_submission_same(struct db *db, int64_t membership_id, int64_t offering_id,
                                 enum device device, bool practice,
                                 const unsigned char source_hash[32], int64_t *out_id,
                                 bool *out_found);
/* Whether that person has a submission of so many bytes there; -1: of any size. */
struct err store_submission_sized(struct db *db, int64_t membership_id, const char *assignment,
                                  bool practice, int64_t bytes, bool *out_found);
struct err store_submission_get(struct db *db, int64_t id, struct submission_row *out,
                                bool *out_found);
/* Puts the offering's rules of today in place of those of the grading: for grading it again. */
struct err store_submission_rules(struct db *db, struct submission_row *row);
/* Appends the source, uncompressed, to out. */
struct err store_source(struct db *db, const unsigned char source_hash[32], struct buf *out);
/* Attempts that count: graded, or still under way. */
struct err store_attempts(struct db *db, int64_t membership_id, int64_t offering_id,
                          int64_t *out_graded, int64_t *out_running);
/* The number of this attempt: one more than those before it that count; and how many are graded. */
struct err store_attempt_number(struct db *db, int64_t membership_id, int64_t offering_id,
                                int64_t id, int64_t *out_number, int64_t *out_graded);
/* How many submissions, practice ones apart, since a time: for the rate limit. */
struct err store_recent(struct db *db, int64_t membership_id, bool practice, int64_t since_at,
                        int64_t *out_count, int64_t *out_oldest_at);
/* When a person last submitted for an offering, practice apart; 0: never. */
struct err store_last_received(struct db *db, int64_t membership_id, int64_t offering_id,
                               int64_t *out_at);
/* Best score of a person before this submission, in hundredths; -1: none. */
struct err store_best_before(struct db *db, int64_t membership_id, int64_t offering_id, int64_t id,
                             int64_t *out_score);
/* Numbers of a person's submissions, newest first. */
struct err store_submissions_of(struct db *db, int64_t membership_id, int64_t *out_ids, size_t max,
                                size_t *out_count);

/* -- gradings and the queue
 * ------------------------------------------------------------------------ */
enum job_lane { LANE_LIVE, LANE_REGRADE, LANE_PRACTICE };
extern const char *const job_lane_words[]; /* in columns; ending with NULL */

struct job_row {
    int64_t id, submission_id, generation;
    enum job_kind kind;
    enum job_lane lane;
    int64_t tries;  /* ended in system_error or a vanished worker */
    int64_t deaths; /* of workers while they held it */
    int64_t queued_at;
};

/* Every job that waits or was running when the process ended, oldest first. Call `each` for each.
 */
struct err store_jobs(struct db *db, void (*each)(void *context, const struct job_row *row),
                      void *context);

/* The largest number of a job in the queue, 0 if it is empty. */
struct err store_job_newest(struct db *db, int64_t *out_id);

/* What a finished job adds to its grading, all in one transaction. */
struct grading_step {
    const struct job_row *job;
    enum stage stage; /* of submission and grading from now on */
    const char *code, *message;
    const char *events;          /* JSON lines to append to the measurements */
    const struct spec *spec;     /* names of cases and groups */
    const struct report *report; /* scored; rows of case_result come from it */
    bool then_time;              /* put a time job into the queue */
    int64_t now_at;
};
/* *out_fresh is false if the job was already finished (a repeat): nothing is written then. */
struct err store_grading_step(struct db *db, const struct grading_step *step, bool *out_fresh,
                              int64_t *out_time_job);
/* The same into a grading that has no job: points that were computed again. */
struct err store_grading_put(struct db *db, const struct grading_step *step);
/* Counts a failed run of a job; the job stays in the queue. */
struct err store_job_failed(struct db *db, int64_t job_id, bool worker_died);

/* The measurements of a grading (JSON lines), with its stage, code and message. */
struct grading_row {
    enum stage stage;
    char code[32], message[240];
    int64_t finished_at;
    int64_t score;      /* hundredths; -1: none */
    char spec_hash[65]; /* of the version it was measured under; "": that of the submission */
    bool has_key;       /* of its own: a regrade with fresh inputs */
    unsigned char key[32];
};
struct err store_grading_get(struct db *db, int64_t submission_id, int64_t generation,
                             struct grading_row *out, struct buf *out_events, bool *out_found);

/* The newest earlier submission of the same person to the same offering whose program is the same
 * object, measured under the same version and in the same class: one case of it. */
struct equal_timing {
    const struct submission_row *row;
    const char *object, *case_name, *spec_hash, *class_name;
};
struct err store_equal_timing(struct db *db, const struct equal_timing *wish, struct speed *out,
                              bool *out_found);

/* -- copies -------------------------------------------------------------------------------------
 */
/* A compact copy into a file that is new or empty, while others write. */
struct err store_copy(struct db *db, const char *path);
/* ERR_INPUT unless it is whole and of a version that this program knows. */
struct err store_check(struct db *db);

/* -- audit
 * ----------------------------------------------------------------------------------------- */
struct err store_audit(struct db *db, const char *actor, const char *action, const char *object,
                       const char *reason, int64_t now_at);

struct audit_row {
    const char *actor, *action, *object, *reason; /* lent for the call */
    int64_t done_at;
};
/* Newest first. */
struct err store_audit_list(struct db *db, int64_t limit,
                            void (*each)(void *context, const struct audit_row *row),
                            void *context);

#endif
