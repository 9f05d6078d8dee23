/* Each name that was put away, against the people of the database. */
#include "grader/git_settle.h"

#include "grader/git_place.h"
#include "grader/store_course.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct err settle_all(struct db *db, DIR *entries, const char *folder, size_t *out_count);
static bool was_put_away(const struct dirent *entry, struct git_owner *out);

struct err git_settle(struct db *db, const char *folder, size_t *out_count)
{
    *out_count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return errno == ENOENT ? err_none()
                               : err_make(ERR_SYSTEM, "look for repositories in '%.100s'", folder);
    struct err err = db_exec(db, "BEGIN IMMEDIATE");
    if (!err_is(err)) {
        err = settle_all(db, entries, folder, out_count);
        (void)db_exec(db, "ROLLBACK"); /* nothing was written */
    }
    (void)closedir(entries); /* read only */
    return err;
}

/* All of them, whatever becomes of one. */
static struct err settle_all(struct db *db, DIR *entries, const char *folder, size_t *out_count)
{
    struct err err = err_none();

    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        struct git_owner owner;
        bool is_here = false;
        if (!was_put_away(entry, &owner))
            continue;
        struct err one = store_member_is(db, owner.membership_id, owner.created_at, &is_here);
        if (!err_is(one))
            one = is_here ? git_repository_put_back(folder, owner)
                          : git_repository_forget(folder, owner);
        *out_count += !err_is(one);
        err = err_is(err) ? err : one;
    }
    return err;
}

/* "17-5.gone", or the file "17-5.git" that stands for it. */
static bool was_put_away(const struct dirent *entry, struct git_owner *out)
{
    char name[GIT_NAME_SIZE];
    long long membership_id = 0;
    long long created_at = 0;

    // NOLINTNEXTLINE(cert-err34-c): compared with what these numbers are called
    if (sscanf(entry->d_name, "%18lld-%18lld", &membership_id, &created_at) != 2)
        return false;
    *out = (struct git_owner){membership_id, created_at};
    git_repository_name(name, *out);
    size_t size = strlen(name);
    if (strncmp(entry->d_name, name, size) != 0)
        return false;
    const char *ending = entry->d_name + size;
    return strcmp(ending, ".gone") == 0 || (strcmp(ending, ".git") == 0 && entry->d_type == DT_REG);
}
