/* What staff does to a course, by the operations themselves: dates, targets, people, grades, and
 * what an erased person leaves behind. */
#include "grader/grade.h"
#include "grader/operation.h"
#include "grader/roster.h"
#include "grader/routes.h"
#include "grader/store_gradebook.h"
#include "grader/store_regrade.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"
#include "tests/unit/support/store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND ((int64_t)1000000)
#define NOW (1790000000 * SECOND) /* Mon 21 Sep 2026 */

struct course {
    struct store_fixture store;
    struct spec *specs;
    size_t specs_count;
    int http_code;   /* of the last refusal, 0: none */
    char said[4096]; /* its words, or the notes */
};

static int make(void **state)
{
    struct course *course = calloc(1, sizeof *course);
    store_fixture_make(&course->store);
    assert_false(err_is(spec_load_all(&course->specs, &course->specs_count, "assignments")));
    *state = course;
    return 0;
}

static int remove_all(void **state)
{
    struct course *course = *state;
    store_fixture_remove(&course->store);
    free(course->specs);
    free(course);
    return 0;
}

static void must(struct err err)
{
    if (err_is(err))
        fail_msg("%s", err.text);
}

/* Runs an operation as a command (who NULL) or for a token, in a transaction: `words` are name and
 * value by turns, ending with NULL. Returns whether it was done. */
static bool run_as(struct course *course, const struct membership *who, const char *command,
                   const char *const *words)
{
    struct operation_call call = {.db = &course->store.db,
                                  .who = who,
                                  .actor = who != NULL ? who->login : "command:test",
                                  .specs = course->specs,
                                  .specs_count = course->specs_count,
                                  .home = ".",
                                  .overlay = "",
                                  .now_at = NOW,
                                  .yes = true};
    char first[32];
    const char *second = strchr(command, ' ');
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(command, " "), command);
    const struct operation *operation = operation_find(first, second != NULL ? second + 1 : NULL);
    assert_non_null(operation);
    operation_begin(&call, operation);
    for (; words[0] != NULL; words += 2) {
        int at = operation_argument(operation, words[0]);
        assert_true(at >= 0);
        must(operation_set(&call, at, words[1], strlen(words[1])));
    }
    must(db_exec(call.db, "BEGIN IMMEDIATE"));
    struct err err = operation_check(&call);
    if (!err_is(err))
        err = operation->run(&call);
    must(db_exec(call.db, err_is(err) ? "ROLLBACK" : "COMMIT"));
    must(operation_over(&call, !err_is(err)));
    if (err_is(err) && err.code != ERR_INPUT)
        fail_msg("%s: %s", command, err.text);
    course->http_code = err_is(err) ? call.http_code : 0;
    (void)text_copy(course->said, sizeof course->said,
                    err_is(err) ? err.text : call.reply.notes.at);
    operation_end(&call);
    return !err_is(err);
}

#define RUN(course, command, ...)                                                                  \
    run_as(course, NULL, command, (const char *const[]){__VA_ARGS__, NULL})
#define OFFER(course, ...)                                                                         \
    RUN(course, "offer", "cohort", "ml-2026", "assignment", "attention", __VA_ARGS__)
#define PCA(course, ...) RUN(course, "offer", "cohort", "ml-2026", "assignment", "pca", __VA_ARGS__)
#define GRADE(course, ...)                                                                         \
    RUN(course, "grade", "cohort", "ml-2026", "assignment", "attention", "login", "alice",         \
        "reason", "why", __VA_ARGS__)

static int64_t number(struct course *course, const char *sql)
{
    return store_fixture_number(&course->store.db, sql);
}

static void does(struct course *course, const char *sql)
{
    must(db_exec(&course->store.db, sql));
}

static struct offering offering_of(struct course *course, int64_t membership_id)
{
    struct offering offering;
    bool found = false;
    must(store_offering_find(&course->store.db, course->store.cohort_id, membership_id, "attention",
                             &offering, &found));
    assert_true(found);
    return offering;
}

static int64_t at(const char *text)
{
    int64_t moment = 0;
    must(zone_read("UTC", text, &moment));
    return moment;
}

/* Of the fixture's student, in section B. */
static void put_into_section(struct course *course)
{
    does(course, "INSERT INTO section (id, cohort_id, name) VALUES (7, 1, 'B');"
                 "UPDATE membership SET section_id = 7");
}

/* -- dates ------------------------------------------------------------------------------------- */

static void a_section_keeps_only_the_dates_that_were_given(void **state)
{
    struct course *course = *state;
    put_into_section(course);
    int64_t me = course->store.membership_id;
    assert_true(OFFER(course, "opens", "2026-09-01 08:00", "due", "2026-10-01 23:59"));
    assert_true(OFFER(course, "section", "B", "opens", "2026-09-08 08:00"));
    assert_int_equal(offering_of(course, me).opens_at, at("2026-09-08 08:00"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-01 23:59"));

    /* Everybody's due moves, and the section's with it. */
    assert_true(OFFER(course, "due", "2026-10-05 23:59"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-05 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-05 23:59"));

    /* A due of its own leaves its own opening alone, and closes with it. */
    assert_true(OFFER(course, "section", "B", "due", "2026-10-20 23:59"));
    assert_int_equal(offering_of(course, me).opens_at, at("2026-09-08 08:00"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-20 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-20 23:59"));
    assert_int_equal(offering_of(course, 0).due_at, at("2026-10-05 23:59"));

    /* "none" is as everybody's again, and what holds is said. */
    assert_true(OFFER(course, "section", "B", "due", "none"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-05 23:59"));
    assert_non_null(
        strstr(course->said, "attention, section B: opens 2026-09-08 08:00, due 2026-10-05 23:59"));
    assert_true(OFFER(course, "section", "B", "opens", "none"));
    assert_int_equal(number(course, "SELECT count(*) FROM section_dates"), 0);
}

static void the_list_of_offerings_has_sections_and_targets(void **state)
{
    struct course *course = *state;
    put_into_section(course);
    assert_true(OFFER(course, "due", "2026-10-05 23:59"));
    assert_true(OFFER(course, "section", "B", "due", "2026-10-20 23:59"));
    assert_true(PCA(course, "opens", "2027-01-01", "target", "cpu:x86-64-v4=12"));
    assert_true(RUN(course, "offerings", "cohort", "ml-2026"));
    assert_non_null(strstr(course->said, "attention, section B: opens at once, due 2026-10-20"));
    assert_non_null(strstr(course->said, "pca: full speed points on cpu:x86-64-v4 at 12x."));
}

static void a_close_after_the_due_stays_for_a_section(void **state)
{
    struct course *course = *state;
    put_into_section(course);
    int64_t me = course->store.membership_id;
    assert_true(OFFER(course, "due", "2026-10-01 23:59", "closes", "2026-10-08 23:59", "late",
                      "per_day", "late-percent", "10"));
    assert_true(OFFER(course, "section", "B", "due", "2026-10-03 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-08 23:59"));
    assert_true(OFFER(course, "section", "B", "due", "2026-10-10 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-10 23:59"));
    assert_true(OFFER(course, "closes", "none"));
    assert_int_equal(offering_of(course, me).closes_at, 0); /* never, whatever the due */
}

static void dates_that_fit_no_section_are_refused_and_change_nothing(void **state)
{
    struct course *course = *state;
    put_into_section(course);
    assert_true(OFFER(course, "opens", "2026-09-01", "due", "2026-10-01 23:59"));
    assert_true(OFFER(course, "section", "B", "opens", "2026-09-20 08:00"));
    assert_false(OFFER(course, "due", "2026-09-10 23:59"));
    assert_int_equal(course->http_code, 422);
    assert_non_null(strstr(course->said, "for section B it opens 2026-09-20 08:00, after"));
    assert_int_equal(offering_of(course, 0).due_at, at("2026-10-01 23:59"));
    assert_false(OFFER(course, "section", "B", "due", "2026-09-15 23:59"));
    assert_int_equal(offering_of(course, course->store.membership_id).due_at,
                     at("2026-10-01 23:59"));
}

#define EXTEND(course, ...)                                                                        \
    RUN(course, "extend", "cohort", "ml-2026", "assignment", "attention", "login", "alice",        \
        "reason", "ill", __VA_ARGS__)

static void a_persons_dates_are_said_in_the_zone_of_the_offering(void **state)
{
    struct course *course = *state;
    assert_true(OFFER(course, "zone", "Asia/Shanghai", "due", "2026-10-01 23:59"));
    assert_true(EXTEND(course, "due", "2026-10-03 23:59"));
    assert_true(RUN(course, "user show", "cohort", "ml-2026", "login", "alice"));
    assert_non_null(strstr(course->said, "extension, due 2026-10-03 23:59 Asia/Shanghai"));
}

static void an_extension_never_shortens_and_keeps_its_other_half(void **state)
{
    struct course *course = *state;
    int64_t me = course->store.membership_id;
    assert_true(OFFER(course, "due", "2026-10-01 23:59", "attempts", "5"));
    assert_true(EXTEND(course, "attempts", "3"));
    assert_false(EXTEND(course, "due", "none"));
    assert_non_null(strstr(course->said, "alice has no later deadline for attention"));
    assert_true(EXTEND(course, "due", "2026-10-04 23:59"));
    assert_int_equal(offering_of(course, me).attempts_max, 8);
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-04 23:59"));
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE action = 'extend'"
                                    " AND reason LIKE '%+-1%'"),
                     0);
    /* A year too much is taken back, and the right one given. */
    assert_true(EXTEND(course, "due", "2027-10-04 23:59"));
    assert_false(EXTEND(course, "due", "2026-10-06 23:59"));
    assert_non_null(strstr(course->said, "due none takes an extension back"));
    assert_true(EXTEND(course, "due", "none"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-01 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-01 23:59"));
    assert_int_equal(offering_of(course, me).attempts_max, 8);
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE action = 'extend'"
                                    " AND reason LIKE 'due taken back%'"),
                     1);
    assert_true(EXTEND(course, "due", "2026-10-04 23:59"));
    /* More time for everybody is more time for whoever has an extension. */
    assert_true(OFFER(course, "due", "2026-10-10 23:59"));
    assert_int_equal(offering_of(course, me).due_at, at("2026-10-10 23:59"));
    assert_int_equal(offering_of(course, me).closes_at, at("2026-10-10 23:59"));
    /* And no deadline at all is none for them too. */
    assert_true(OFFER(course, "due", "none"));
    assert_int_equal(offering_of(course, me).due_at, 0);
    assert_int_equal(offering_of(course, me).closes_at, 0);
    assert_true(EXTEND(course, "attempts", "0"));
    assert_int_equal(offering_of(course, me).attempts_max, 5);
    /* Where nothing of it is left, nothing is shown of it. */
    assert_true(OFFER(course, "due", "2026-10-01 23:59"));
    assert_true(EXTEND(course, "due", "none"));
    assert_int_equal(number(course, "SELECT count(*) FROM extension"), 0);
    assert_false(EXTEND(course, "due", "none"));
    assert_int_equal(number(course, "SELECT count(*) FROM extension"), 0);
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE action = 'extend'"
                                    " AND reason LIKE 'due taken back%'"),
                     2);
}

/* -- targets ----------------------------------------------------------------------------------- */

static void targets_stay_frozen_and_each_change_is_in_the_audit(void **state)
{
    struct course *course = *state;
    assert_false(PCA(course, "opens", "2027-01-01", "target", "cpu:x86_64-v4=12"));
    assert_non_null(strstr(course->said, "no machine class 'cpu:x86_64-v4'"));
    assert_false(PCA(course, "opens", "2027-01-01", "target", "gpu:sm_x=12"));
    static const char *const misspelt[] = {
        "cpu:x86-64-v4x=12", "cpu:x86-64-v40=12", "cpu:x86-64-v=12", "gpu:sm_9O=12",
        "gpu:sm_9=12",       "gpu:sm_90-=12",     "gpu:sm_90 =12",   "gpu:sm_90-1G=12"};
    for (size_t i = 0; i < sizeof misspelt / sizeof misspelt[0]; i++) {
        assert_false(PCA(course, "opens", "2027-01-01", "target", misspelt[i]));
        assert_non_null(strstr(course->said, "no machine class"));
    }
    assert_true(PCA(course, "opens", "2027-01-01", "target", "gpu:sm_90-1g.10gb=12"));
    assert_true(PCA(course, "opens", "2027-01-01", "target", "gpu:sm_90=12"));
    assert_true(PCA(course, "opens", "2027-01-01", "target", "cpu:x86-64-v4=12"));
    assert_true(PCA(course, "target", "cpu:x86-64-v4=9", "split", "80"));
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE action = 'offer' AND reason"
                                    " LIKE 'opens 2027-01-01 00:00 %split 80 target"
                                    " cpu:x86-64-v4=9'"),
                     1);
    assert_true(PCA(course, "opens", "none"));
    assert_false(PCA(course, "target", "cpu:x86-64-v4=3"));
    assert_int_equal(course->http_code, 409);

    /* The way round it: into the future, the target, and back. */
    does(course, "INSERT INTO source VALUES (zeroblob(32), 1, x'00');"
                 "INSERT INTO submission (membership_id, offering_id, source_hash, file_name,"
                 " device, practice, spec_hash, key, stage, received_at) SELECT 1, id,"
                 " zeroblob(32), 'a.c', 'cpu', 0, 'x', zeroblob(32), 'graded', 1 FROM offering"
                 " WHERE name = 'pca'");
    assert_true(PCA(course, "opens", "2027-01-01"));
    assert_false(PCA(course, "target", "cpu:x86-64-v4=3"));
    assert_non_null(strstr(course->said, "has submissions"));
    assert_int_equal(number(course, "SELECT target FROM target WHERE class = 'cpu:x86-64-v4'"
                                    " AND offering_id = (SELECT id FROM offering"
                                    " WHERE name = 'pca')"),
                     9);
}

/* -- the rules of points ----------------------------------------------------------------------- */

static struct submission_row row_of(struct course *course, int64_t id)
{
    struct submission_row row;
    bool found = false;
    must(store_submission_get(&course->store.db, id, &row, &found));
    assert_true(found);
    return row;
}

static int64_t submit(struct course *course, const char *source, const char *stage, int64_t score);

static void a_report_keeps_the_rules_that_made_its_points(void **state)
{
    struct course *course = *state;
    const struct target_row set = {"cpu:x86-64-v4", 12};
    assert_true(OFFER(course, "split", "80"));
    must(store_target_put(&course->store.db, course->store.offering_id, &set, 1));
    int64_t fresh = submit(course, "waits", "queued", 0);
    int64_t id = submit(course, "graded", "graded", 6000);
    does(course, "UPDATE grading SET split = 80, target = 16, class = 'cpu:x86-64-v4'"
                 " WHERE stage = 'graded'");
    assert_true(OFFER(course, "split", "20"));
    struct submission_row row = row_of(course, id);
    assert_int_equal(row.split, 80);
    assert_int_equal(row.targets_count, 1);
    assert_true(row.targets[0].target > 15.9 && row.targets[0].target < 16.1);
    assert_int_equal(row_of(course, fresh).split, 20); /* nothing is measured yet */

    /* Once more is by the rules of today. */
    must(store_submission_rules(&course->store.db, &row));
    assert_int_equal(row.split, 20);
    assert_true(row.targets[0].target > 11.9 && row.targets[0].target < 12.1);
}

static void a_grade_that_is_held_back_is_known_to_its_report(void **state)
{
    struct course *course = *state;
    int64_t id = submit(course, "one", "graded", 6000);
    assert_false(row_of(course, id).held);
    assert_true(GRADE(course, "hold", "true"));
    assert_true(row_of(course, id).held);
    assert_true(GRADE(course, "release", "true"));
    assert_false(row_of(course, id).held);
    assert_false(row_of(course, id).unseen);
    assert_true(OFFER(course, "board", "ta"));
    assert_true(row_of(course, id).unseen);
}

/* -- people ------------------------------------------------------------------------------------ */

static bool import_as(struct course *course, const struct membership *who, const char *cohort,
                      const char *csv)
{
    return run_as(course, who, "roster import",
                  (const char *const[]){"cohort", cohort, "file", csv, NULL});
}

#define COUNT_USER(what) "SELECT count(*) FROM user WHERE login = 'alice' AND " what

static void a_ta_of_one_cohort_renames_nobody_of_another(void **state)
{
    struct course *course = *state;
    struct membership tina = {.id = 99, .login = "tina", .cohort = "other", .role = ROLE_TA};
    does(course, "UPDATE user SET email = 'a@x.org' WHERE login = 'alice'");
    assert_true(RUN(course, "cohort create", "cohort", "other"));
    assert_true(import_as(course, &tina, "other", "login,name,email\nalice,Mallory,m@x.org\n"));
    assert_int_equal(number(course, COUNT_USER("name = 'Alice' AND email = 'a@x.org'")), 1);
    assert_non_null(strstr(course->said, "1 are in other cohorts too"));
    assert_int_equal(number(course, "SELECT count(*) FROM membership"), 2);
    assert_true(import_as(course, &tina, "other", "login,name,email\nalice,Mallory,m@x.org\n"));
    assert_int_equal(number(course, COUNT_USER("name = 'Alice' AND email = 'a@x.org'")), 1);

    /* An admin may; and whoever is of this cohort alone is its TA's. */
    assert_true(import_as(course, NULL, "other", "login,name\nalice,Alice B.\n"));
    assert_int_equal(number(course, COUNT_USER("name = 'Alice B.' AND email = 'a@x.org'")), 1);
    assert_true(import_as(course, &tina, "other", "login,name\nbob,Bob\n"));
    assert_true(import_as(course, &tina, "other", "login,name\nbob,Robert\n"));
    assert_int_equal(number(course, "SELECT count(*) FROM user WHERE name = 'Robert'"), 1);
}

static void what_somebody_else_has_is_refused_by_line_and_column(void **state)
{
    struct course *course = *state;
    assert_true(RUN(course, "user add", "cohort", "ml-2026", "login", "alice", "student_id", "7",
                    "alias", "fox"));
    assert_false(import_as(course, NULL, "ml-2026", "login,name,student_id\nbo,B,8\ncy,C,7\n"));
    assert_non_null(strstr(course->said, "line 3, column 6: student_id '7' is somebody's"));
    assert_false(import_as(course, NULL, "ml-2026", "login,alias,name,student_id\nbo,fox,B,8\n"));
    assert_non_null(strstr(course->said, "line 2, column 4: alias 'fox' is somebody's"));
    assert_int_equal(number(course, "SELECT count(*) FROM membership"), 1);
}

static void adding_somebody_who_is_known_keeps_name_and_email(void **state)
{
    struct course *course = *state;
    does(course, "UPDATE user SET email = 'a@x.org' WHERE login = 'alice'");
    assert_true(RUN(course, "cohort create", "cohort", "other"));
    assert_true(RUN(course, "user add", "cohort", "other", "login", "alice", "role", "ta"));
    assert_int_equal(number(course, COUNT_USER("name = 'Alice' AND email = 'a@x.org'")), 1);
}

static void an_erased_persons_login_is_nobodys(void **state)
{
    struct course *course = *state;
    assert_false(import_as(course, NULL, "ml-2026", "login,name\nerased-5,Eve\n"));
    assert_non_null(strstr(course->said, "line 2, column 1"));
    assert_false(RUN(course, "user add", "cohort", "ml-2026", "login", "erased-5"));
    assert_int_equal(course->http_code, 422);
    assert_true(roster_is_reserved("erased-77"));
    assert_false(roster_is_reserved("erased-"));
    assert_false(roster_is_reserved("erased-5a"));
    assert_true(import_as(course, NULL, "ml-2026", "login,name\nerased-one,Eve\n"));
}

static void no_cohort_is_called_like_an_address(void **state)
{
    struct course *course = *state;
    struct http_route routes[ROUTES_MAX];
    routes_all(routes);
    int count = 0;
    for (const struct http_route *route = routes; route->method != NULL; route++) {
        char word[64];
        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(route->pattern + 1, "/"),
                       route->pattern + 1);
        if (!text_is_name(word))
            continue;
        count++;
        if (RUN(course, "cohort create", "cohort", word) || course->http_code != 409)
            fail_msg("a cohort may be called '%s'", word);
    }
    assert_true(count > 10);
    assert_false(RUN(course, "cohort create", "cohort", "git"));
}

/* -- grades ------------------------------------------------------------------------------------ */

static struct grade_override override_of(struct course *course)
{
    struct grade_override override = {.is_set = false};
    int64_t due_at = 0;
    must(store_grade_rules(&course->store.db, course->store.offering_id,
                           course->store.membership_id, &due_at, &override));
    return override;
}

static void a_grade_and_a_hold_are_two_things(void **state)
{
    struct course *course = *state;
    assert_true(GRADE(course, "grade", "42.5"));
    assert_true(GRADE(course, "hold", "true"));
    assert_true(override_of(course).hold);
    assert_int_equal(override_of(course).grade, 4250);
    assert_true(GRADE(course, "grade", "50"));
    assert_true(override_of(course).hold);
    assert_non_null(strstr(course->said, "held back"));
    assert_true(GRADE(course, "release", "true"));
    assert_false(override_of(course).hold);
    assert_int_equal(override_of(course).grade, 5000);
    assert_false(GRADE(course, "release", "true"));
    assert_int_equal(course->http_code, 409);
    assert_true(GRADE(course, "hold", "true"));
    assert_true(GRADE(course, "clear", "true"));
    assert_false(override_of(course).is_set);
    assert_false(override_of(course).hold);
    assert_false(GRADE(course, "hold", "true", "clear", "true"));
    assert_int_equal(number(course, "SELECT count(*) FROM override"), 0);
}

/* -- once more --------------------------------------------------------------------------------- */

static int64_t submit(struct course *course, const char *source, const char *stage, int64_t score)
{
    char sql[256];
    int64_t job = 0;
    int64_t id = store_fixture_submit(&course->store, source, &job);
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM job; UPDATE submission SET stage = '%s' WHERE id = %lld;"
                   "UPDATE grading SET stage = '%s', score = %lld WHERE submission_id = %lld",
                   stage, (long long)id, stage, (long long)score, (long long)id);
    does(course, sql);
    return id;
}

static int64_t regrade(struct course *course)
{
    const struct regrade_choice all = {.offering_id = course->store.offering_id,
                                       .which = REGRADE_ALL};
    int64_t count = 0;
    must(store_regrade_start(&course->store.db, &all, false, "tina", 5, &count));
    return count;
}

/* Everything that waits comes out as graded. */
static void grade_all(struct course *course)
{
    does(course, "DELETE FROM job; UPDATE grading SET stage = 'graded', score = 5000"
                 " WHERE stage = 'queued'");
}

static void what_was_sent_again_after_our_failure_blocks_no_regrade(void **state)
{
    struct course *course = *state;
    int64_t count = 0;
    int64_t failed = submit(course, "same", "system_error", 0);
    int64_t again = submit(course, "same", "graded", 4000);
    int64_t other = submit(course, "other", "system_error", 0);
    assert_int_equal(regrade(course), 2); /* the newest of the same bytes, and the other one */
    grade_all(course);
    must(store_regrade_apply(&course->store.db, course->store.offering_id, &count));
    assert_int_equal(count, 2);
    assert_int_equal(number(course, "SELECT count(*) FROM submission WHERE stage = 'graded'"), 2);
    assert_true(failed < again && again < other);
    assert_int_equal(number(course, "SELECT id FROM submission WHERE stage = 'system_error'"),
                     failed);
}

/* A regrade from before the second sending is under way when that comes. */
static void a_regrade_that_was_overtaken_is_not_applied(void **state)
{
    struct course *course = *state;
    int64_t count = 0;
    (void)submit(course, "same", "system_error", 0);
    assert_int_equal(regrade(course), 1);
    grade_all(course);
    (void)submit(course, "same", "graded", 4000);
    must(store_regrade_apply(&course->store.db, course->store.offering_id, &count));
    assert_int_equal(count, 0);
}

/* The one that was picked: the last where the last counts, and the better one after lateness. */
static void what_counts_is_regraded_and_not_what_scored_most(void **state)
{
    struct course *course = *state;
    int64_t early = submit(course, "early", "graded", 6000);
    int64_t best = submit(course, "best", "graded", 9000);
    int64_t last = submit(course, "last", "graded", 4000);
    char sql[160];
    assert_true(OFFER(course, "pick", "last"));
    assert_true(RUN(course, "regrade", "cohort", "ml-2026", "assignment", "attention"));
    assert_int_equal(number(course, "SELECT group_concat(submission_id) FROM job"), last);

    does(course, "DELETE FROM job; DELETE FROM grading WHERE generation > 1");
    assert_true(OFFER(course, "pick", "best", "due", "2026-09-10", "closes", "2026-09-20", "late",
                      "per_day", "late-percent", "50"));
    (void)snprintf(sql, sizeof sql, "UPDATE submission SET received_at = %lld WHERE id = %lld",
                   (long long)at("2026-09-11 12:00"), (long long)best);
    does(course, sql);
    assert_true(RUN(course, "regrade", "cohort", "ml-2026", "assignment", "attention"));
    assert_int_equal(number(course, "SELECT count(*) FROM job"), 1);
    assert_int_equal(number(course, "SELECT submission_id FROM job"), early);
}

/* -- erasure ----------------------------------------------------------------------------------- */

static bool erase(struct course *course)
{
    return RUN(course, "user erase", "login", "alice", "reason", "asked for it");
}

static void a_regrade_leaves_an_erased_persons_grade_alone(void **state)
{
    struct course *course = *state;
    int64_t count = 0;
    (void)submit(course, "one", "graded", 7000);
    assert_int_equal(regrade(course), 1);
    assert_true(erase(course));
    grade_all(course); /* its worker comes back all the same, with nothing */
    must(store_regrade_apply(&course->store.db, course->store.offering_id, &count));
    assert_int_equal(count, 0);
    assert_int_equal(regrade(course), 0);
    assert_int_equal(number(course, "SELECT g.score FROM submission s JOIN grading g"
                                    " ON g.submission_id = s.id AND g.generation = s.generation"),
                     7000);
}

static void erasing_ends_what_waits_and_names_nobody_any_more(void **state)
{
    struct course *course = *state;
    int64_t job = 0;
    (void)store_fixture_submit(&course->store, "waits", &job);
    does(course, "UPDATE user SET email = 'alice@x.org'");
    assert_true(GRADE(course, "grade", "42.5"));
    does(course, "UPDATE override SET actor = 'alice'; UPDATE grading SET actor = 'alice'");
    assert_true(erase(course));
    assert_int_equal(number(course, "SELECT count(*) FROM job"), 0);
    assert_int_equal(number(course, "SELECT count(*) FROM submission s JOIN grading g"
                                    " ON g.submission_id = s.id WHERE s.stage = 'cancelled'"
                                    " AND g.stage = 'cancelled'"),
                     1);
    assert_int_equal(number(course, "SELECT count(*) FROM override WHERE actor = 'alice'"), 0);
    assert_int_equal(number(course, "SELECT count(*) FROM grading WHERE actor = 'alice'"), 0);
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE object LIKE '%alice%'"), 0);
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE object ="
                                    " 'ml-2026/attention/erased-1' AND reason = ''"),
                     1);
}

static bool is_in_file(const char *path, const char *ending, const char *needle)
{
    char name[128];
    struct buf bytes;
    buf_init(&bytes, (size_t)64 << 20);
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    must(fdio_read_file(name, &bytes));
    bool found = memmem(bytes.at, bytes.size, needle, strlen(needle)) != NULL;
    buf_release(&bytes);
    return found;
}

static void what_is_erased_is_in_no_byte_of_the_files(void **state)
{
    struct course *course = *state;
    const char *path = course->store.path;
    does(course, "UPDATE user SET email = 'first@needle.org';"
                 "UPDATE user SET email = 'second@needle.org'");
    assert_true(is_in_file(path, "-wal", "needle.org"));
    assert_true(erase(course));
    must(db_settle(&course->store.db, 0));
    assert_false(is_in_file(path, "-wal", "needle.org"));
    assert_false(is_in_file(path, "", "needle.org"));
}

static void a_reader_in_the_way_of_that_is_told_and_it_is_tried_again(void **state)
{
    struct course *course = *state;
    struct db reader;
    must(db_open(&reader, course->store.path, true));
    must(db_exec(&reader, "BEGIN"));
    (void)store_fixture_number(&reader, "SELECT count(*) FROM user");
    assert_true(erase(course));
    int64_t began_ms = clock_ms();
    assert_true(err_is(db_settle(&course->store.db, 0)));
    assert_true(clock_ms() - began_ms < 2000); /* the writer's next batch does not wait for it */
    must(db_exec(&reader, "COMMIT"));
    must(db_settle(&course->store.db, 0));
    assert_false(is_in_file(course->store.path, "-wal", "Alice"));
    db_close(&reader);
}

/* A login may be a part of a cohort's name, or the whole of an assignment's. */
static void erasing_changes_no_other_name(void **state)
{
    struct course *course = *state;
    does(course, "UPDATE user SET login = 'attention' WHERE login = 'alice';"
                 "UPDATE cohort SET name = 'attention-2026';"
                 "INSERT INTO audit (actor, action, object, reason, done_at) VALUES"
                 " ('t', 'offer', 'attention-2026/attention', 'due', 1),"
                 " ('t', 'grade', 'attention-2026/attention/attention', 'ill', 1),"
                 " ('t', 'cohort.create', 'attention', 'zone', 1),"
                 " ('t', 'user.add', 'attention', 'student of attention-2026', 1),"
                 " ('t', 'extend', 'attention-2026/attention/tattention', 'ill', 1)");
    assert_true(RUN(course, "user erase", "login", "attention", "reason", "why"));
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE object IN"
                                    " ('attention-2026/attention', 'attention',"
                                    " 'attention-2026/attention/tattention') AND reason <> ''"),
                     3);
    assert_int_equal(number(course, "SELECT count(*) FROM audit WHERE object IN"
                                    " ('attention-2026/attention/erased-1', 'erased-1')"
                                    " AND reason IN ('', 'why')"),
                     3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(a_section_keeps_only_the_dates_that_were_given),
        TEST(the_list_of_offerings_has_sections_and_targets),
        TEST(a_close_after_the_due_stays_for_a_section),
        TEST(dates_that_fit_no_section_are_refused_and_change_nothing),
        TEST(a_persons_dates_are_said_in_the_zone_of_the_offering),
        TEST(an_extension_never_shortens_and_keeps_its_other_half),
        TEST(targets_stay_frozen_and_each_change_is_in_the_audit),
        TEST(a_ta_of_one_cohort_renames_nobody_of_another),
        TEST(what_somebody_else_has_is_refused_by_line_and_column),
        TEST(adding_somebody_who_is_known_keeps_name_and_email),
        TEST(an_erased_persons_login_is_nobodys),
        TEST(no_cohort_is_called_like_an_address),
        TEST(a_grade_and_a_hold_are_two_things),
        TEST(what_was_sent_again_after_our_failure_blocks_no_regrade),
        TEST(a_regrade_that_was_overtaken_is_not_applied),
        TEST(what_counts_is_regraded_and_not_what_scored_most),
        TEST(a_regrade_leaves_an_erased_persons_grade_alone),
        TEST(erasing_ends_what_waits_and_names_nobody_any_more),
        TEST(erasing_changes_no_other_name),
        TEST(what_is_erased_is_in_no_byte_of_the_files),
        TEST(a_reader_in_the_way_of_that_is_told_and_it_is_tried_again),
        TEST(a_report_keeps_the_rules_that_made_its_points),
        TEST(a_grade_that_is_held_back_is_known_to_its_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
