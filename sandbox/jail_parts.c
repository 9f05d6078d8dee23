/* The parts of a view, read from the host before any program. */
#include "sandbox/jail_parts.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINKER "/lib64/ld-linux-x86-64.so.2"

static struct err part_add(struct jail_parts *parts, const char *path, const char *host,
                           bool optional);
static struct err linker_list(const char *program, struct buf *out);
static enum jail_part_kind kind_of(mode_t mode);

struct err jail_parts_add(struct jail_parts *parts, const char *path, bool optional)
{
    return part_add(parts, path, path, optional);
}

struct err jail_parts_add_as(struct jail_parts *parts, const char *path, const char *host)
{
    return part_add(parts, path, host, false);
}

static struct err part_add(struct jail_parts *parts, const char *path, const char *host,
                           bool optional)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->at[i].path, path) == 0)
            return err_none();
    }
    if (parts->count == JAIL_PARTS_MAX)
        return err_make(ERR_LIMIT, "more than %d parts in the view", JAIL_PARTS_MAX);

    struct jail_part part = {.text_fd = -1};
    struct stat info;
    if (stat(host, &info) < 0)
        return optional ? err_none() : err_make(ERR_SYSTEM, "part of the view '%s'", host);
    struct err err = jail_parts_resolve(host, part.source);
    if (err_is(err))
        return err;
    if (!text_copy(part.path, sizeof part.path, path))
        return err_make(ERR_LIMIT, "path too long: '%.80s'", path);
    part.kind = kind_of(info.st_mode);
    parts->at[parts->count++] = part;
    return err_none();
}

struct err jail_parts_resolve(const char *path, char out[JAIL_PATH_MAX])
{
    auto_free char *real = realpath(path, NULL);
    if (real == NULL)
        return err_make(ERR_SYSTEM, "find '%s'", path);
    if (!text_copy(out, JAIL_PATH_MAX, real))
        return err_make(ERR_LIMIT, "path too long: '%.80s'", real);
    return err_none();
}

/* Lines read "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)" and, for the dynamic linker
 * itself, "\t/lib64/ld-linux-x86-64.so.2 (0x...)". */
struct err jail_parts_libraries(struct jail_parts *parts, const char *program)
{
    auto_buf struct buf text = buf_of(65536);
    struct err err = linker_list(program, &text);
    if (err_is(err))
        return err;

    char *rest = NULL;
    for (char *line = strtok_r(text.at, "\n", &rest); line != NULL && !err_is(err);
         line = strtok_r(NULL, "\n", &rest)) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue; /* the vdso has no file */
        path[strcspn(path, " ")] = '\0';
        err = jail_parts_add(parts, path, false);
    }
    return err;
}

static struct err linker_list(const char *program, struct buf *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_make(ERR_SYSTEM, "pipe for the dynamic linker");
    auto_close int read_end = ends[0];
    int write_end = ends[1];

    char *arguments[] = {(char[]){LINKER}, (char[]){"--list"}, strdup(program), NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    (void)posix_spawn_file_actions_init(&actions); /* never fails in glibc */
    int status = posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
    if (status == 0)
        status = posix_spawn(&pid, LINKER, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions); /* never fails in glibc */
    free(arguments[2]);
    (void)close(write_end); /* or the read below would never end */
    if (status != 0) {
        errno = status;
        return err_make(ERR_SYSTEM, "start %s", LINKER);
    }

    char piece[4096];
    for (ssize_t got; (got = read(read_end, piece, sizeof piece)) > 0;)
        buf_append(out, piece, (size_t)got);
    if (waitpid(pid, &status, 0) < 0)
        return err_make(ERR_SYSTEM, "wait for %s", LINKER);
    if (status != 0 || out->failed)
        return err_make(ERR_INTERNAL, "%s --list '%.80s' gave status %d", LINKER, program, status);
    return err_none();
}

static enum jail_part_kind kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? PART_DIRECTORY : S_ISCHR(mode) ? PART_DEVICE : PART_FILE;
}
