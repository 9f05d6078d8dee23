/* A database of any earlier version becomes one of today, loses nothing, and leaves a copy. */
#include "grader/store.h"
#include "grader/store_schema.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
    char folder[32], path[64], copy[80];
};

static int make(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    strcpy(place->folder, "/tmp/grader-migrate-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->path, sizeof place->path, "%s/grader.db", place->folder);
    (void)snprintf(place->copy, sizeof place->copy, "%s.before-v%d", place->path, store_version);
    *state = place;
    return 0;
}

static int remove_all(void **state)
{
    struct place *place = *state;
    char command[64];
    (void)snprintf(command, sizeof command, "rm -rf %s", place->folder);
    assert_int_equal(system(command), 0);
    free(place);
    return 0;
}

static void must(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

/* A database as the program of that version left it, with one of everything in it. */
static void make_version(const struct place *place, int version)
{
    static const char rows[] =
        "INSERT INTO cohort (id, name, title, created_at) VALUES (1, 'ml', 'ML', 1);"
        "INSERT INTO user (id, login, name, created_at) VALUES (1, 'alice', '爱丽丝', 1);"
        "INSERT INTO membership (id, cohort_id, user_id, role, created_at)"
        "  VALUES (1, 1, 1, 'student', 1);"
        "INSERT INTO token (id, membership_id, hash, created_at) VALUES (7, 1, zeroblob(32), 1);"
        "INSERT INTO assignment (id, name, spec_hash, title, created_at)"
        "  VALUES (1, 'attention', 'abc', 'A', 1);"
        "INSERT INTO offering (id, cohort_id, name, assignment_id, due_at, attempts_max)"
        "  VALUES (1, 1, 'attention', 1, 5000, 2);"
        "INSERT INTO source (hash, size, packed) VALUES (zeroblob(32), 1, x'00');"
        "INSERT INTO submission (id, membership_id, offering_id, source_hash, file_name, device,"
        "  practice, spec_hash, key, stage, received_at)"
        "  VALUES (41, 1, 1, zeroblob(32), 'a.c', 'cpu', 0, 'abc', zeroblob(32), 'queued', 4000);"
        "INSERT INTO grading (id, submission_id, generation, stage, created_at)"
        "  VALUES (1, 41, 1, 'queued', 1);"
        "INSERT INTO job (id, submission_id, generation, kind, queued_at, tries)"
        "  VALUES (900, 41, 1, 'check', 1, 2);"
        "INSERT INTO job (id, submission_id, generation, kind, queued_at)"
        "  VALUES (901, 41, 1, 'time', 1);"
        "DELETE FROM job WHERE id = 901;";
    char sql[64];
    struct db db;
    must(db_open(&db, place->path, false));
    for (int i = 0; i < version; i++)
        for (const char *const *part = store_migrations[i]; *part != NULL; part++)
            must(db_exec(&db, *part));
    if (version > 0)
        must(db_exec(&db, rows));
    if (version == 1)
        must(db_exec(&db, "UPDATE offering SET zone_minutes = 480"));
    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", version);
    must(db_exec(&db, sql));
    db_close(&db);
}

static void every_earlier_version_becomes_todays(void **state)
{
    const struct place *place = *state;
    for (int version = 0; version <= store_version; version++) {
        struct db db;
        (void)unlink(place->path);
        (void)unlink(place->copy);
        make_version(place, version);
        must(store_open(&db, place->path));
        assert_int_equal(store_fixture_number(&db, "PRAGMA user_version"), store_version);
        assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM pragma_foreign_key_check"),
                         0);
        int64_t ok = store_fixture_number(&db, "SELECT integrity_check = 'ok' FROM"
                                               " pragma_integrity_check");
        assert_int_equal(ok, 1);
        int64_t rows = version > 0;
        assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM token WHERE id = 7"),
                         rows);
        assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM job WHERE id = 900"
                                                   " AND lane = 'live' AND tries % 2 = 0"),
                         rows);
        must(db_exec(&db,
                     "INSERT OR IGNORE INTO cohort (id, name, title, created_at)"
                     " VALUES (1, 'ml', 'ML', 1);"
                     "INSERT INTO user (id, login, name, created_at) VALUES (77, 'bob', '', 1);"
                     "INSERT INTO membership (cohort_id, user_id, role, created_at)"
                     " VALUES (1, 77, 'student', 1);"));
        assert_int_equal(
            store_fixture_number(&db, "SELECT count(DISTINCT mask) = count(*) AND"
                                      " count(*) FILTER (WHERE mask = 0) = 0 FROM membership"),
            1);
        db_close(&db);
    }
}

static void old_tokens_jobs_and_zones_still_mean_the_same(void **state)
{
    const struct place *place = *state;
    struct db db;
    static const unsigned char hash[STORE_TOKEN_HASH];
    struct membership who;
    struct offering offering;
    bool found = false;
    make_version(place, 1);
    must(store_open(&db, place->path));
    must(store_membership_by_token(&db, hash, 9, &who, &found));
    assert_true(found);
    assert_string_equal(who.login, "alice");
    assert_int_equal(who.role, ROLE_STUDENT);
    must(store_offering_find(&db, 1, 1, "attention", &offering, &found));
    assert_true(found);
    assert_string_equal(offering.zone, "Etc/GMT-8");
    assert_int_equal(zone_minutes(offering.zone, 0), 480);
    assert_int_equal(offering.due_at, 5000);
    assert_int_equal(offering.closes_at, 0);
    assert_int_equal(offering.split, -1);

    /* A number of a job is a licence to write: none is given out twice, across migrations too. */
    must(db_exec(&db, "INSERT INTO job (submission_id, generation, kind, queued_at)"
                      " VALUES (41, 1, 'time', 1)"));
    assert_int_equal(store_fixture_number(&db, "SELECT max(id) FROM job"), 902);
    db_close(&db);
}

static void a_copy_of_before_is_kept_and_opens_as_it_was(void **state)
{
    const struct place *place = *state;
    struct db db;
    make_version(place, 1);
    must(store_open(&db, place->path));
    db_close(&db);
    struct stat info;
    assert_int_equal(stat(place->copy, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600); /* all that the database has */
    must(db_open(&db, place->copy, false));
    assert_int_equal(store_fixture_number(&db, "PRAGMA user_version"), 1);
    assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM submission"), 1);
    db_close(&db);
}

/* Killed in the middle of a migration, or out of disk: the next start finds the old version. */
static void a_migration_that_fails_changes_nothing(void **state)
{
    const struct place *place = *state;
    struct db db;
    make_version(place, 1);
    must(db_open(&db, place->path, false));
    must(db_exec(&db,
                 "CREATE TABLE audit_done_blocks (x); CREATE INDEX audit_done ON"
                 " audit_done_blocks (x)")); /* the last statement of version 2 trips over it */
    db_close(&db);
    assert_true(err_is(store_open(&db, place->path)));
    must(db_open(&db, place->path, false));
    assert_int_equal(store_fixture_number(&db, "PRAGMA user_version"), 1);
    assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM sqlite_schema"
                                               " WHERE name = 'section'"),
                     0);
    must(db_exec(&db, "DROP TABLE audit_done_blocks"));
    db_close(&db);
    must(store_open(&db, place->path));
    assert_int_equal(store_fixture_number(&db, "SELECT count(*) FROM token"), 1);
    db_close(&db);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(every_earlier_version_becomes_todays),
        TEST(old_tokens_jobs_and_zones_still_mean_the_same),
        TEST(a_copy_of_before_is_kept_and_opens_as_it_was),
        TEST(a_migration_that_fails_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
