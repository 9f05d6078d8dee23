/* Finds the toolchain's files. Nothing here is untrusted: it reads the host before any program. */
#include "sandbox/jail_tools.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GCC_BASE "/usr/lib/gcc/x86_64-linux-gnu"
#define LINKER "/lib64/ld-linux-x86-64.so.2"

static struct err resolve(const char *path, const char *package, char out[JAIL_PATH_MAX]);
static struct err libraries_of(const char *program, struct jail_parts *out);
static struct err linker_list(const char *program, struct buf *out);
static struct err part_add(struct jail_parts *parts, const char *path, bool optional);

struct err jail_tools_find(struct jail_tools *out)
{
    DIR *versions = opendir(GCC_BASE);
    if (versions == NULL)
        return err_make(ERR_SYSTEM, "no gcc in " GCC_BASE " (Debian package gcc)");
    long newest = -1;
    for (const struct dirent *entry; (entry = readdir(versions)) != NULL;) {
        char path[JAIL_PATH_MAX];
        int length = snprintf(path, sizeof path, GCC_BASE "/%.32s/cc1", entry->d_name);
        long version = strtol(entry->d_name, NULL, 10);
        if (length > 0 && version > newest && access(path, X_OK) == 0)
            newest = version;
    }
    (void)closedir(versions); /* was only read */
    if (newest < 0) {
        errno = ENOENT;
        return err_make(ERR_SYSTEM, "no cc1 below " GCC_BASE " (Debian package gcc)");
    }

    struct jail_tools found = {.cc1_arguments = {"-imultiarch", "x86_64-linux-gnu", NULL}};
    (void)snprintf(found.gcc_directory, sizeof found.gcc_directory, GCC_BASE "/%ld", newest);
    (void)snprintf(found.cc1, sizeof found.cc1, GCC_BASE "/%ld/cc1", newest);
    struct err err = resolve("/usr/bin/as", "binutils", found.as);
    if (!err_is(err))
        err = resolve("/usr/bin/ld", "binutils", found.ld);
    if (err_is(resolve("/usr/bin/addr2line", "binutils", found.addr2line)))
        found.addr2line[0] = '\0'; /* a diagnosis then names no line */
    if (!err_is(err))
        *out = found;
    return err;
}

struct err jail_parts_find(const struct jail_tools *tools, struct jail_parts *out)
{
    const char *const programs[] = {tools->cc1, tools->as, tools->ld, tools->addr2line};
    static const char *const directories[] = {"include", "include-fixed"};
    struct err err = err_none();

    out->count = 0;
    for (size_t i = 0; i < COUNT(programs) && !err_is(err); i++) {
        if (programs[i][0] == '\0')
            continue;
        err = part_add(out, programs[i], false);
        if (!err_is(err))
            err = libraries_of(programs[i], out);
    }
    for (size_t i = 0; i < COUNT(directories) && !err_is(err); i++) {
        char path[JAIL_PATH_MAX];
        (void)snprintf(path, sizeof path, "%.200s/%s", tools->gcc_directory, directories[i]);
        err = part_add(out, path, i > 0);
    }
    if (!err_is(err))
        err = part_add(out, "/usr/include", false);
    if (!err_is(err))
        err = part_add(out, "/usr/bin/as", true);
    if (!err_is(err))
        err = part_add(out, "/usr/bin/ld", true);
    return err;
}

static struct err resolve(const char *path, const char *package, char out[JAIL_PATH_MAX])
{
    auto_free char *real = realpath(path, NULL);
    if (real == NULL)
        return err_make(ERR_SYSTEM, "'%s' (Debian package %s)", path, package);
    if (!text_copy(out, JAIL_PATH_MAX, real))
        return err_make(ERR_LIMIT, "path too long: '%.80s'", real);
    return err_none();
}

/* Lines read "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)" and, for the dynamic linker
 * itself, "\t/lib64/ld-linux-x86-64.so.2 (0x...)". */
static struct err libraries_of(const char *program, struct jail_parts *out)
{
    auto_buf struct buf text;
    buf_init(&text, 65536);
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
        err = part_add(out, path, false);
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

static struct err part_add(struct jail_parts *parts, const char *path, bool optional)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (strcmp(parts->at[i].path, path) == 0)
            return err_none();
    }
    if (parts->count == JAIL_PARTS_MAX)
        return err_make(ERR_LIMIT, "more than %d parts in the toolchain", JAIL_PARTS_MAX);

    struct jail_part part = {.optional = optional};
    struct stat info;
    if (stat(path, &info) < 0)
        return optional ? err_none() : err_make(ERR_SYSTEM, "toolchain part '%s'", path);
    struct err err = resolve(path, "gcc", part.source);
    if (err_is(err))
        return err;
    if (!text_copy(part.path, sizeof part.path, path))
        return err_make(ERR_LIMIT, "path too long: '%.80s'", path);
    part.directory = S_ISDIR(info.st_mode);
    parts->at[parts->count++] = part;
    return err_none();
}
