#include "tests/unit/support/store_fixture.h"

#include "tests/unit/support/check.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

void store_fixture_make(struct store_fixture *fixture)
{
    static const struct spec spec = {.name = "attention", .title = "Attention", .hash = "abc"};
    *fixture = (struct store_fixture){.folder = "/tmp/grader-store-XXXXXX"};
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/grader.db", fixture->folder);
    must(store_open(&fixture->db, fixture->path));
    must(store_cohort_put(&fixture->db, "ml-2026", "Machine learning", 1, &fixture->cohort_id));
    must(store_membership_put(&fixture->db, fixture->cohort_id, "alice", "Alice", ROLE_STUDENT, 1,
                              &fixture->membership_id));
    randombytes_buf(fixture->token_hash, sizeof fixture->token_hash);
    must(store_token_add(&fixture->db, fixture->membership_id, fixture->token_hash, 1));

    int64_t assignment_id = 0;
    must(store_assignment_put(&fixture->db, &spec, NULL, 1, &assignment_id));
    fixture->offering = (struct offering){.cohort_id = fixture->cohort_id,
                                          .attempts_max = 2,
                                          .split = -1,
                                          .weight = 100,
                                          .board = BOARD_COHORT,
                                          .board_names = NAMES_ALIAS};
    strcpy(fixture->offering.assignment, "attention");
    must(
        store_offering_put(&fixture->db, &fixture->offering, assignment_id, &fixture->offering_id));
    bool found = false;
    must(store_membership_by_token(&fixture->db, fixture->token_hash, 9, &fixture->who, &found));
    assert_true(found);
}

void store_fixture_remove(struct store_fixture *fixture)
{
    char command[128];
    db_close(&fixture->db);
    (void)snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
}

int64_t store_fixture_submit(struct store_fixture *fixture, const char *source, int64_t *out_job)
{
    struct submission_row row = {.membership_id = fixture->membership_id,
                                 .offering_id = fixture->offering_id,
                                 .received_at = 1000,
                                 .file_name = "attention.c",
                                 .spec_hash = "abc"};
    int64_t id = 0;
    (void)crypto_hash_sha256(row.source_hash, (const unsigned char *)source, strlen(source));
    must(store_submission_add(&fixture->db, &row, source, strlen(source), &id, out_job));
    return id;
}

int64_t store_fixture_number(struct db *db, const char *sql)
{
    sqlite3_stmt *ask = NULL;
    assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &ask, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(ask), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(ask, 0);
    (void)sqlite3_finalize(ask);
    return number;
}
