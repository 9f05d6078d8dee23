/* Makes the demo cohort and its netrc files. */
#include "grader/demo.h"

#include "grader/auth.h"
#include "grader/store.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct err demo_offering(struct db *db, int64_t cohort_id, const struct spec *spec,
                                int64_t now_at);
static struct err demo_person(struct db *db, int64_t cohort_id, size_t person, const char *folder,
                              const char *host);
static bool token_still_works(struct db *db, const char *path, const char *login);

static const struct {
    const char *login;
    const char *name;
    enum role role;
} people[] = {{"ta", "Demo TA", ROLE_TA},
              {"alice", "Alice", ROLE_STUDENT},
              {"bob", "Bob", ROLE_STUDENT},
              {"chen", "Chen", ROLE_STUDENT}};

struct err demo_make(struct db *db, const struct spec *specs, size_t specs_count,
                     const char *folder, const char *host)
{
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make the folder '%s'", folder);

    int64_t now_at = clock_utc_us();
    int64_t cohort_id = 0;
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    if (!err_is(err))
        err = store_cohort_put(db, "demo", "Demo course", now_at, &cohort_id);
    for (size_t i = 0; i < specs_count && !err_is(err); i++)
        err = demo_offering(db, cohort_id, &specs[i], now_at);
    for (size_t i = 0; i < COUNT(people) && !err_is(err); i++)
        err = demo_person(db, cohort_id, i, folder, host);
    if (!err_is(err))
        return db_exec(db, "COMMIT");
    (void)db_exec(db, "ROLLBACK"); /* the first failure is the one to tell */
    return err;
}

void demo_print(const char *folder, const char *base_url, const struct spec *specs,
                size_t specs_count, const char *home)
{
    printf("\nDemo course at %s. In another terminal, paste:\n\n", base_url);
    for (size_t i = 0; i < specs_count; i++)
        printf("curl --netrc-file %s/alice.netrc --fail-with-body %s/submit/%s -T "
               "%s/tests/submissions/%s/correct/naive.c\n",
               folder, base_url, specs[i].name, home, specs[i].name);
    printf("\nPeople: alice, bob, chen (students), ta. How to submit: curl %s/help\n"
           "Stop with Ctrl-C.\n\n",
           base_url);
    (void)fflush(stdout); /* a lost greeting is no reason to stop */
}

/* Once: what a TA changes afterwards stays. */
static struct err demo_offering(struct db *db, int64_t cohort_id, const struct spec *spec,
                                int64_t now_at)
{
    struct offering offering = {.cohort_id = 0};
    int64_t assignment_id = 0;
    int64_t offering_id = 0;
    bool found = false;
    struct err err = store_offering_find(db, cohort_id, 0, spec->name, &offering, &found);
    if (err_is(err) || found)
        return err;
    offering = (struct offering){.cohort_id = cohort_id,
                                 .split = -1,
                                 .weight = 100,
                                 .board = BOARD_COHORT,
                                 .board_names = NAMES_ALIAS};
    (void)text_copy(offering.assignment, sizeof offering.assignment, spec->name); /* as wide */
    err = store_assignment_put(db, spec, NULL, now_at, &assignment_id);
    if (!err_is(err))
        err = store_offering_put(db, &offering, assignment_id, &offering_id);
    return err_is(err) ? err : store_targets_copy(db, offering_id, spec, now_at);
}

static struct err demo_person(struct db *db, int64_t cohort_id, size_t person, const char *folder,
                              const char *host)
{
    const char *login = people[person].login;
    int64_t membership_id = 0;
    struct err err = store_membership_put(db, cohort_id, login, people[person].name,
                                          people[person].role, clock_utc_us(), &membership_id);
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.netrc", folder, login); /* a cut one fails below */
    if (err_is(err) || token_still_works(db, path, login))
        return err;

    char token[AUTH_TOKEN_SIZE];
    unsigned char hash[STORE_TOKEN_HASH];
    auth_token_new(token, hash);
    err = store_token_revoke_all(db, membership_id, clock_utc_us());
    if (!err_is(err))
        err = store_token_add(db, membership_id, hash, clock_utc_us());
    if (err_is(err))
        return err;
    char line[512];
    int length =
        snprintf(line, sizeof line, "machine %s login %s password %s\n", host, login, token);
    return fdio_write_file(path, line, (size_t)length, 0600);
}

static bool token_still_works(struct db *db, const char *path, const char *login)
{
    auto_buf struct buf line = buf_of(1024);
    char who[64];
    char token[128];
    if (err_is(fdio_read_file(path, &line)) ||
        sscanf(line.at, "machine %*s login %63s password %127s", who, token) != 2)
        return false;

    unsigned char hash[STORE_TOKEN_HASH];
    struct membership membership;
    bool found = false;
    auth_token_hash(token, hash);
    struct err err = store_membership_by_token(db, hash, clock_utc_us(), &membership, &found);
    return !err_is(err) && found && strcmp(membership.login, login) == 0;
}
