/* A course run as its staff sees it: cohorts, sections, people in them, their tokens, and what is
 * decided for one of them. Part of grader/store.h, whose rules hold here. */
#ifndef GRADER_STORE_COURSE_H
#define GRADER_STORE_COURSE_H

#include "grader/store_people.h"
#include "grader/zone.h"

/* -- cohorts ---------------------------------------------------------------------------------- */
struct cohort_row {
    int64_t id;
    char name[SPEC_NAME_MAX], title[96], zone[ZONE_NAME_MAX];
    int64_t grace_days;            /* of one student over all offerings; -1: no such budget */
    int64_t created_at, closed_at; /* 0: open */
    int64_t people, offerings;     /* how many */
};
struct err store_cohort_find(struct db *db, const char *name, struct cohort_row *out,
                             bool *out_found);
struct err store_cohorts(struct db *db, void (*each)(void *context, const struct cohort_row *row),
                         void *context);
/* Title, zone, grace_days and closed_at of the cohort with this id. */
struct err store_cohort_set(struct db *db, const struct cohort_row *row);

/* -- people of a cohort ------------------------------------------------------------------------ */
struct person_row {
    int64_t membership_id, user_id, created_at; /* of the membership */
    char login[SPEC_NAME_MAX], name[96], email[96], section[SPEC_NAME_MAX],
        student_id[SPEC_NAME_MAX], alias[SPEC_NAME_MAX];
    enum role role;
    int64_t tokens;       /* that work now */
    int64_t last_used_at; /* of any token; 0: never */
    bool is_elsewhere;    /* in another cohort too */
};
struct err store_person_find(struct db *db, int64_t cohort_id, const char *login, int64_t now_at,
                             struct person_row *out, bool *out_found);
/* Whoever has this login anywhere: user_id, login, name, email and is_elsewhere, the rest empty. */
struct err store_user_known(struct db *db, const char *login, struct person_row *out,
                            bool *out_found);
/* By section, then login. */
struct err store_people(struct db *db, int64_t cohort_id, int64_t now_at,
                        void (*each)(void *context, const struct person_row *row), void *context);
/* Insert or update by login in the cohort; an empty section, student_id or alias is none. A name or
 * email is that of the user, in every cohort. out_id: the membership. */
struct err store_person_put(struct db *db, int64_t cohort_id, const struct person_row *row,
                            int64_t now_at, int64_t *out_id);

/* -- tokens ------------------------------------------------------------------------------------ */
struct token_row {
    int64_t id, membership_id, cohort_id, worker_id; /* one of the last three */
    char owner[SPEC_NAME_MAX];                       /* login or name of a worker; "" of a hook */
    enum role role;
    char label[64];
    int64_t created_at, last_used_at, expires_at, revoked_at; /* 0: not */
};
/* Of row: the owner's number, label and expires_at. */
struct err store_token_put(struct db *db, const struct token_row *row,
                           const unsigned char hash[STORE_TOKEN_HASH], int64_t now_at,
                           int64_t *out_id);
/* Of the people and git servers of a cohort; cohort_id 0: of the workers. */
struct err store_tokens(struct db *db, int64_t cohort_id,
                        void (*each)(void *context, const struct token_row *row), void *context);
/* *out_changed is false if it was not there, was of another cohort or revoked before. */
/* own_id: besides those of students and git servers only tokens of this membership; 0: all. */
struct err store_token_revoke(struct db *db, int64_t token_id, int64_t cohort_id, int64_t own_id,
                              int64_t now_at, bool *out_changed);
/* Notes that it was used. */
struct err store_token_used(struct db *db, int64_t token_id, int64_t now_at);

/* -- one student's own rules --------------------------------------------------------------------
 */
struct extension_row {
    int64_t offering_id, membership_id;
    int64_t due_at, closes_at; /* 0: as everybody's */
    int64_t attempts;          /* more of them; -1: as before */
    bool ends;                 /* an earlier due_at and closes_at are taken back */
    const char *reason, *actor;
};
/* Where nothing is left that differs from everybody's, the row goes. */
struct err store_extension_put(struct db *db, const struct extension_row *row, int64_t now_at);
/* Whether this person has dates of an extension. */
struct err store_extension_has_due(struct db *db, int64_t offering_id, int64_t membership_id,
                                   bool *out_has);

struct override_row {
    int64_t offering_id, membership_id;
    int64_t grade; /* -1: not set */
    bool hold;
    const char *reason, *actor;
};
/* Neither set nor held: the row goes. */
struct err store_override_put(struct db *db, const struct override_row *row, int64_t now_at);

/* Dates of a section in an offering, its own ones; 0: as the offering's. Without any the row goes.
 */
struct section_dates {
    int64_t opens_at, due_at, closes_at;
};
struct err store_section_dates_get(struct db *db, int64_t offering_id, int64_t section_id,
                                   struct section_dates *out);
struct err store_section_dates_put(struct db *db, int64_t offering_id, int64_t section_id,
                                   const struct section_dates *dates);
/* What holds for each section that has dates of its own; 0: without. */
struct err store_section_dates_all(struct db *db, int64_t offering_id,
                                   void (*each)(void *context, const char *section,
                                                const struct section_dates *dates),
                                   void *context);
struct err store_section_find(struct db *db, int64_t cohort_id, const char *name, int64_t *out_id,
                              bool *out_found);

/* -- deletion on request ------------------------------------------------------------------------
 */
struct erased {
    int64_t memberships, submissions, sources, tokens;
    int64_t others; /* of no meaning to the caller */
};
/* Takes a person out of the database: name, login, email, student_id, alias and section; tokens;
 * sources that nobody else sent (in earlier bytes of the file too: secure_delete); file and commit
 * names, compiler's words and printed text in measurements; reasons that were written about them.
 * What stays: submissions and gradings as numbers, under the login erased-USER. */
struct err store_user_erase(struct db *db, int64_t user_id, struct erased *out);
struct err store_user_find(struct db *db, const char *login, int64_t *out_id, bool *out_found);
/* A person's memberships: their numbers and when each began. */
struct err store_user_memberships(struct db *db, int64_t user_id,
                                  void (*each)(void *context, int64_t membership_id,
                                               int64_t created_at),
                                  void *context);
/* Is there such a membership, and is it of somebody who was erased? */
struct err store_member_find(struct db *db, int64_t membership_id, int64_t created_at,
                             bool *out_found, bool *out_erased);

/* The running service looks again at what waits: after whatever changes the queue. */
struct err store_changes_count(struct db *db);
struct err store_changes_read(struct db *db, int64_t *out_count);

#endif
