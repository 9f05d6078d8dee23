/* Finding and grading a folder of files. */
#include "grader/batch.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_MAX ((size_t)16 << 20) /* larger is no source; a spec allows far less */

static struct err find_in(struct batch_files *out, int parent, const char *folder,
                          const char *prefix, int depth);
static struct err add_path(struct batch_files *out, const char *path);
static bool is_source(const char *name);
static int by_name(const void *left, const void *right);
static struct err grade_one(const struct batch_wish *wish, const char *path, struct child *child,
                            struct try_hello *hello, struct report *report);

struct err batch_find(struct batch_files *out, const char *folder)
{
    *out = (struct batch_files){0};
    struct err err = find_in(out, AT_FDCWD, folder, "", 0);
    if (err_is(err))
        batch_release(out);
    else if (out->count > 1)
        qsort(out->paths, out->count, sizeof *out->paths, by_name);
    return err;
}

static struct err find_in(struct batch_files *out, int parent, const char *folder,
                          const char *prefix, int depth)
{
    int fd =
        openat(parent, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct err err = err_none();
    if (directory == NULL) {
        err = err_make(ERR_SYSTEM, "open the folder '%.80s'", folder);
        if (fd >= 0)
            (void)close(fd);
        return err;
    }
    const struct dirent *entry;
    while (!err_is(err) && (entry = readdir(directory)) != NULL) {
        char path[BATCH_PATH_MAX];
        struct stat info;
        int size = snprintf(path, sizeof path, "%s%s", prefix, entry->d_name);
        if (*entry->d_name == '.' || size < 0 || (size_t)size + 2 > sizeof path ||
            fstatat(dirfd(directory), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISREG(info.st_mode) && is_source(entry->d_name)) {
            err = add_path(out, path);
        } else if (S_ISDIR(info.st_mode) && depth == 0) {
            memcpy(path + size, "/", 2); /* room was asked for above */
            err = find_in(out, dirfd(directory), entry->d_name, path, depth + 1);
        }
    }
    (void)closedir(directory); /* only read */
    return err;
}

static struct err add_path(struct batch_files *out, const char *path)
{
    if (out->count == BATCH_FILES_MAX)
        return err_make(ERR_LIMIT, "more than %d files", BATCH_FILES_MAX);
    if ((out->count & (out->count - 1)) == 0) { /* at each power of two: room for twice as many */
        size_t room = out->count == 0 ? 1 : out->count * 2;
        char **paths = realloc(out->paths, room * sizeof *paths);
        if (paths == NULL)
            return err_make(ERR_SYSTEM, "no memory for the names of the files");
        out->paths = paths;
    }
    out->paths[out->count] = strdup(path);
    if (out->paths[out->count] == NULL)
        return err_make(ERR_SYSTEM, "no memory for the names of the files");
    out->count++;
    return err_none();
}

void batch_release(struct batch_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    *files = (struct batch_files){0};
}

static bool is_source(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && (strcmp(dot, ".c") == 0 || strcmp(dot, ".cu") == 0);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

struct err batch_run(const struct batch_wish *wish, const struct batch_files *files,
                     int *out_signal)
{
    struct child_options options = {
        .home = wish->place->home, .overlay = wish->place->overlay, .backend = wish->backend};
    struct child child;
    struct try_hello hello = {0};
    struct report *report = calloc(1, sizeof *report);
    *out_signal = 0;
    if (report == NULL)
        return err_make(ERR_SYSTEM, "no memory for a report");
    struct err err = child_start(&child, &options);
    bool running = !err_is(err);
    for (size_t i = 0; running && i < files->count; i++) {
        report_init(report, wish->spec);
        struct err failure = grade_one(wish, files->paths[i], &child, &hello, report);
        if (child.interrupted) {
            *out_signal = child.signal;
            break;
        }
        wish->graded(wish->context, files->paths[i], report, failure);
        report_release(report);
        if (!err_is(failure))
            continue;
        child_stop(&child);
        hello.known = false;
        err = child_start(&child, &options);
        running = !err_is(err);
    }
    report_release(report);
    if (running)
        child_stop(&child);
    free(report);
    return err;
}

static struct err grade_one(const struct batch_wish *wish, const char *path, struct child *child,
                            struct try_hello *hello, struct report *report)
{
    char full[BATCH_PATH_MAX + 4096];
    auto_buf struct buf source = buf_of(SOURCE_MAX);
    (void)snprintf(full, sizeof full, "%.4000s/%s", wish->folder, path); /* fits */
    struct err err = fdio_read_file(full, &source);
    if (err_is(err) && err.code != ERR_LIMIT) {
        report->stage = STAGE_REJECTED;
        (void)text_copy(report->message, sizeof report->message, err.text); /* a cut is fine */
        return err_none();
    }
    const char *dot = strrchr(path, '.');
    struct try_wish one = {.spec = wish->spec,
                           .source = source.at,
                           .source_size = source.size,
                           .file_name = path,
                           .device = strcmp(dot, ".cu") == 0 ? DEVICE_GPU : DEVICE_CPU,
                           .no_timing = wish->no_timing,
                           .patterns_only = wish->patterns_only};
    if (!try_accept(&one, report))
        return err_none();
    return try_grade(child, hello, &one, report);
}
