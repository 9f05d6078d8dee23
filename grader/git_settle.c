/* Each name in the folder of repositories, against the people of the database. */
#include "grader/git_settle.h"

#include "grader/git_place.h"
#include "grader/store_course.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool name_read(const char *name, struct git_owner *out, bool *out_away);
static struct err settle(struct db *db, const char *folder, struct git_owner owner, bool *out_ours);
static struct err decide(struct db *db, const char *folder, struct git_owner owner, bool *out_ours,
                         bool *out_erased);

struct err git_settle(struct db *db, const char *folder, size_t *out_count)
{
    struct err err = err_none();

    *out_count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return errno == ENOENT ? err_none()
                               : err_make(ERR_SYSTEM, "look for repositories in '%.100s'", folder);
    /* All of them, whatever becomes of one. */
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        struct git_owner owner;
        bool is_away = false;
        bool is_ours = false;
        if (!name_read(entry->d_name, &owner, &is_away))
            continue;
        struct err one = settle(db, folder, owner, &is_ours);
        *out_count += is_away && is_ours;
        err = err_is(err) ? err : one;
    }
    (void)closedir(entries); /* read only */
    return err;
}

/* "17-5.git", or "17-5.gone" for what was put away. */
static bool name_read(const char *name, struct git_owner *out, bool *out_away)
{
    char called[GIT_NAME_SIZE];
    long long membership_id = 0;
    long long created_at = 0;

    // NOLINTNEXTLINE(cert-err34-c): compared with what these numbers are called
    if (sscanf(name, "%18lld-%18lld", &membership_id, &created_at) != 2)
        return false;
    *out = (struct git_owner){membership_id, created_at};
    git_repository_name(called, *out);
    size_t size = strlen(called);
    if (strncmp(name, called, size) != 0)
        return false;
    *out_away = strcmp(name + size, ".gone") == 0;
    return *out_away || strcmp(name + size, ".git") == 0;
}

/* Removing may take long, and needs no transaction. */
static struct err settle(struct db *db, const char *folder, struct git_owner owner, bool *out_ours)
{
    bool is_erased = false;

    struct err err = db_exec(db, "BEGIN IMMEDIATE"); /* no erasure is half way */
    if (err_is(err))
        return err;
    err = decide(db, folder, owner, out_ours, &is_erased);
    (void)db_exec(db, "ROLLBACK"); /* nothing was written */
    return err_is(err) || !is_erased ? err : git_repository_forget(folder, owner);
}

static struct err decide(struct db *db, const char *folder, struct git_owner owner, bool *out_ours,
                         bool *out_erased)
{
    bool is_found = false;
    struct err err =
        store_member_find(db, owner.membership_id, owner.created_at, out_ours, out_erased);

    if (err_is(err) || !*out_ours)
        return err;
    return *out_erased ? git_repository_put_away(folder, owner, &is_found)
                       : git_repository_put_back(folder, owner);
}
