/* Removing one repository. */
#include "grader/git_place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err put_away(const char *path, const char *gone, bool *out_found);
static struct err remove_tree(const char *path, bool *out_found);
static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at);

#define TRIES 100          /* against a push that goes on making files */
#define DESCRIPTORS_MAX 16 /* that a walk may hold */

struct err git_repository_erase(const char *folder, struct git_owner owner, bool *out_found)
{
    char path[1200];
    char made[1200];
    char gone[1200];
    char name[GIT_NAME_SIZE];

    *out_found = false;
    git_repository_name(name, owner);
    if (snprintf(path, sizeof path, "%s/%s.git", folder, name) >= (int)sizeof path - 8)
        return err_make(ERR_INPUT, "git.path: too long a name");
    (void)snprintf(made, sizeof made, "%s/%s.git.new", folder, name); /* both fit */
    (void)snprintf(gone, sizeof gone, "%s/%s.gone", folder, name);
    struct err err = remove_tree(gone, out_found); /* of an earlier call */
    if (!err_is(err))
        err = put_away(path, gone, out_found);
    if (!err_is(err))
        err = remove_tree(gone, out_found);
    return err_is(err) ? err : remove_tree(made, out_found);
}

/* Under its new name nothing new begins in it; the file takes its old one, whether or not there was
 * a repository yet. */
static struct err put_away(const char *path, const char *gone, bool *out_found)
{
    struct stat about;

    for (int i = 0; i < TRIES; i++) {
        bool is_there = lstat(path, &about) == 0;
        if (is_there && !S_ISDIR(about.st_mode))
            return err_none();
        if (is_there && rename(path, gone) < 0)
            break;
        *out_found = *out_found || is_there;
        auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno == ENOENT) /* no folder, no repositories */
            return err_none();
        if (errno != EEXIST) /* else somebody has just made a new one */
            break;
    }
    return err_make(ERR_SYSTEM, "put away the repository '%.100s'", path);
}

static struct err remove_tree(const char *path, bool *out_found)
{
    struct stat about;

    for (int i = 0; i < TRIES; i++) {
        if (lstat(path, &about) < 0)
            return errno == ENOENT ? err_none()
                                   : err_make(ERR_SYSTEM, "look at the repository '%.100s'", path);
        *out_found = true;
        (void)nftw(path, remove_one, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS); /* looked at above */
    }
    return err_make(ERR_SYSTEM, "remove all of the repository '%.100s'", path);
}

/* A folder that is not empty is left for the next try. */
static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
    (void)about;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}
