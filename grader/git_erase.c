/* Removing one repository. */
#include "grader/git_place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct paths;
static struct err paths_of(struct paths *out, const char *folder, struct git_owner owner);
static bool is_folder(const char *path);
static struct err remove_tree(const char *path);
static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at);

#define TRIES 100          /* against a push that goes on making files */
#define DESCRIPTORS_MAX 16 /* that a walk may hold */

/* Where a repository is, was put away, and was half made. */
struct paths {
    char is[1200], gone[1200], made[1200];
};

/* The file that takes its name is there first, so that the two change places in one step: no push
 * finds neither of them and makes a new one. */
struct err git_repository_put_away(const char *folder, struct git_owner owner, bool *out_found)
{
    struct paths paths = {.is = ""};
    struct stat about;

    *out_found = false;
    struct err err = paths_of(&paths, folder, owner);
    for (int i = 0; i < TRIES && !err_is(err); i++) {
        bool is_there = is_folder(paths.is);
        if (!is_there && lstat(paths.is, &about) == 0) { /* the file, by an earlier call */
            *out_found = is_folder(paths.gone);
            return err_none();
        }
        err = remove_tree(paths.gone); /* the file, of a call that ended too soon */
        if (err_is(err))
            break;
        auto_close int fd =
            open(is_there ? paths.gone : paths.is, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno == ENOENT) /* no folder, no repositories */
            return err_none();
        if (fd < 0 && errno == EEXIST) /* somebody has just made one */
            continue;
        if (fd < 0)
            break;
        *out_found = is_there;
        if (!is_there)
            return err_none();
        auto_close int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder_fd >= 0 &&
            renameat2(AT_FDCWD, paths.gone, AT_FDCWD, paths.is, RENAME_EXCHANGE) == 0 &&
            fsync(folder_fd) == 0) /* before the COMMIT that may follow */
            return err_none();
        break;
    }
    return err_is(err) ? err : err_make(ERR_SYSTEM, "put away the repository '%.100s'", paths.is);
}

struct err git_repository_put_back(const char *folder, struct git_owner owner)
{
    struct paths paths = {.is = ""};
    struct err err = paths_of(&paths, folder, owner);

    if (err_is(err))
        return err;
    bool is_there = is_folder(paths.is); /* it was not put away, or is back */
    bool is_away = !is_there && is_folder(paths.gone);
    if (is_away && renameat2(AT_FDCWD, paths.gone, AT_FDCWD, paths.is, RENAME_EXCHANGE) < 0 &&
        (errno != ENOENT || rename(paths.gone, paths.is) < 0))
        return err_make(ERR_SYSTEM, "put back the repository '%.100s'", paths.is);
    if (unlink(is_there || is_away ? paths.gone : paths.is) < 0 && errno != ENOENT)
        return err_make(ERR_SYSTEM, "remove what stood for the repository '%.100s'", paths.is);
    return err_none();
}

struct err git_repository_remove(const char *folder, struct git_owner owner)
{
    struct paths paths = {.is = ""};
    struct err err = paths_of(&paths, folder, owner);

    if (!err_is(err))
        err = remove_tree(paths.gone);
    return err_is(err) ? err : remove_tree(paths.made);
}

struct err git_repository_forget(const char *folder, struct git_owner owner)
{
    struct paths paths = {.is = ""};
    struct err err = git_repository_remove(folder, owner);

    if (!err_is(err))
        err = paths_of(&paths, folder, owner);
    if (!err_is(err) && !is_folder(paths.is) && unlink(paths.is) < 0 && errno != ENOENT)
        return err_make(ERR_SYSTEM, "remove what stood for the repository '%.100s'", paths.is);
    return err;
}

static struct err paths_of(struct paths *out, const char *folder, struct git_owner owner)
{
    char name[GIT_NAME_SIZE];

    git_repository_name(name, owner);
    if (snprintf(out->is, sizeof out->is, "%s/%s.git", folder, name) >= (int)sizeof out->is - 8)
        return err_make(ERR_INPUT, "git.path: too long a name");
    (void)snprintf(out->made, sizeof out->made, "%s/%s.git.new", folder, name); /* both fit */
    (void)snprintf(out->gone, sizeof out->gone, "%s/%s.gone", folder, name);
    return err_none();
}

static bool is_folder(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static struct err remove_tree(const char *path)
{
    struct stat about;

    for (int i = 0; i < TRIES; i++) {
        if (lstat(path, &about) < 0)
            return errno == ENOENT ? err_none()
                                   : err_make(ERR_SYSTEM, "look at the repository '%.100s'", path);
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
