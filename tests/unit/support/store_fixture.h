/* A fresh database in a private folder, with one cohort, one student and one offering. */
#ifndef TESTS_UNIT_SUPPORT_STORE_FIXTURE_H
#define TESTS_UNIT_SUPPORT_STORE_FIXTURE_H

#include "grader/store.h"

struct store_fixture {
    char folder[64], path[96];
    struct db db;
    int64_t cohort_id, membership_id, offering_id;
    struct membership who;
    unsigned char token_hash[STORE_TOKEN_HASH];
    struct offering offering;
};

/* Make and remove; every failure fails the test at hand. */
void store_fixture_make(struct store_fixture *fixture);
void store_fixture_remove(struct store_fixture *fixture);

/* Adds a submission of `source`; returns its number. */
int64_t store_fixture_submit(struct store_fixture *fixture, const char *source, int64_t *out_job);

/* The first column of the first row of a query, as a number. */
int64_t store_fixture_number(struct db *db, const char *sql);

#endif
