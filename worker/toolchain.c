/* What this machine compiles with: asked once, at start. Reads the host before any submission is
 * there; nothing here is untrusted. */
#include "sandbox/base/buf.h"
#include "sandbox/base/text.h"
#include "sandbox/jail_tools.h"
#include "worker/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err find_tools(struct toolchain *toolchain);
static struct err find_version(struct toolchain *toolchain);
static struct err version_text(const char *cc1, struct buf *out);
static struct err find_identity(struct toolchain *toolchain);
static void find_isa(struct toolchain *toolchain);
static struct err find_folders(struct toolchain *toolchain, const char *home);
static bool find_above(const char *start, const char *wanted, char out[4096]);

struct err toolchain_find(struct toolchain *out, const char *home)
{
    auto_free struct toolchain *found = calloc(1, sizeof *found);
    if (found == NULL)
        return err_make(ERR_SYSTEM, "memory for the toolchain");

    struct err err = find_tools(found);
    if (!err_is(err))
        err = find_version(found);
    if (!err_is(err))
        err = find_identity(found);
    if (!err_is(err))
        err = find_folders(found, home);
    if (err_is(err))
        return err;
    find_isa(found);
    *out = *found;
    return err_none();
}

static struct err find_tools(struct toolchain *toolchain)
{
    struct jail_tools tools;
    struct err err = jail_tools_find(&tools);

    if (err_is(err))
        return err;
    _Static_assert(sizeof toolchain->cc1 == JAIL_PATH_MAX, "the same bound, so no cut");
    (void)text_copy(toolchain->cc1, sizeof toolchain->cc1, tools.cc1);
    (void)text_copy(toolchain->as, sizeof toolchain->as, tools.as);
    (void)text_copy(toolchain->ld, sizeof toolchain->ld, tools.ld);
    (void)text_copy(toolchain->addr2line, sizeof toolchain->addr2line, tools.addr2line);
    return err_none();
}

/* "GNU C17 (Debian 12.2.0-14+deb12u1) version 12.2.0 (x86_64-linux-gnu)" is what cc1 says. */
static struct err find_version(struct toolchain *toolchain)
{
    auto_buf struct buf text = buf_of(4096);

    struct err err = version_text(toolchain->cc1, &text);
    if (err_is(err))
        return err;
    const char *version = strstr(text.at, " version ");
    if (version == NULL)
        return err_make(ERR_INPUT, "%s does not tell its version", toolchain->cc1);
    version += strlen(" version ");
    (void)snprintf(toolchain->compiler, sizeof toolchain->compiler, "gcc %.*s",
                   (int)strcspn(version, " \n"), version);
    return err_none();
}

static struct err version_text(const char *cc1, struct buf *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_make(ERR_SYSTEM, "make a pipe");
    auto_close int reading = ends[0];
    int writing = ends[1];

    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions); /* glibc's cannot fail */
    (void)posix_spawn_file_actions_adddup2(&actions, writing, STDERR_FILENO); /* memory alone */
    const char *const words[] = {cc1, "-version", "-quiet", "/dev/null", "-o", "/dev/null", NULL};
    char *const environment[] = {NULL};
    pid_t pid;
    int failed =
        posix_spawn(&pid, cc1, &actions, NULL, (char *const *)(uintptr_t)words, environment);
    (void)posix_spawn_file_actions_destroy(&actions); /* glibc's cannot fail */
    (void)close(writing);                             /* nothing was written through it here */
    if (failed != 0) {
        errno = failed;
        return err_make(ERR_SYSTEM, "start %s", cc1);
    }

    char bytes[512];
    for (ssize_t got; (got = read(reading, bytes, sizeof bytes)) != 0;) {
        if (got > 0)
            buf_append(out, bytes, (size_t)got);
        else if (errno != EINTR)
            break;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return err_none();
}

/* A package upgrade changes size or time of one of the three, and so every cache key. */
static struct err find_identity(struct toolchain *toolchain)
{
    const char *const programs[] = {toolchain->cc1, toolchain->as, toolchain->ld};
    crypto_generichash_state state;
    unsigned char hash[32];

    if (sodium_init() < 0)
        return err_make(ERR_INTERNAL, "libsodium does not start");
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash); /* cannot fail for this size */
    for (size_t i = 0; i < COUNT(programs); i++) {
        struct stat status;
        char line[400];
        if (stat(programs[i], &status) < 0)
            return err_make(ERR_SYSTEM, "look at %s", programs[i]);
        int length = snprintf(line, sizeof line, "%s %lld %lld\n", programs[i],
                              (long long)status.st_size, (long long)status.st_mtime);
        (void)crypto_generichash_update(&state, (const unsigned char *)line,
                                        (unsigned long long)length); /* never fails */
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash); /* never fails */
    text_hex(hash, sizeof hash, toolchain->identity);
    return err_none();
}

/* A named level, never `native`: pool workers of a class then share objects and mean the same. */
static void find_isa(struct toolchain *toolchain)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4"))
        (void)strcpy(toolchain->isa, "x86-64-v4");
    else if (__builtin_cpu_supports("x86-64-v3"))
        (void)strcpy(toolchain->isa, "x86-64-v3");
    const char *march = toolchain->isa[0] == 0 ? "x86-64" : toolchain->isa;
    (void)snprintf(toolchain->class_name, sizeof toolchain->class_name, "cpu:%s", march);
    (void)snprintf(toolchain->flags, sizeof toolchain->flags, "-O3 -march=%s", march);
}

static struct err find_folders(struct toolchain *toolchain, const char *home)
{
    char program[4096], marker[4096 + 32];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return err_make(ERR_SYSTEM, "ask where this program lies");
    program[length] = 0;

    if (home != NULL) {
        if (realpath(home, toolchain->home) == NULL)
            return err_make(ERR_SYSTEM, "find the folder %s", home);
    } else if (!find_above(program, "assignments", toolchain->home) &&
               realpath(".", toolchain->home) == NULL) {
        return err_make(ERR_SYSTEM, "find the current folder");
    }
    (void)snprintf(marker, sizeof marker, "%s/assignments", toolchain->home);
    if (access(marker, F_OK) < 0)
        return err_make(ERR_INPUT, "no folder assignments/ in %.100s", toolchain->home);

    if (find_above(program, "runtime/names", toolchain->runtime)) {
        size_t used = strlen(toolchain->runtime);
        (void)text_copy(toolchain->runtime + used, sizeof toolchain->runtime - used, "/runtime");
        return err_none();
    }
    (void)snprintf(marker, sizeof marker, "%s/build/runtime", toolchain->home);
    if (access(marker, F_OK) < 0)
        return err_make(ERR_INPUT, "no runtime in %.100s: run make", marker);
    (void)text_copy(toolchain->runtime, sizeof toolchain->runtime, marker);
    return err_none();
}

/* The nearest folder above `start` (a file) that holds `wanted`. */
static bool find_above(const char *start, const char *wanted, char out[4096])
{
    char folder[4096], path[4096 + 64];

    if (!text_copy(folder, sizeof folder, start))
        return false;
    for (char *slash; (slash = strrchr(folder, '/')) != NULL && slash != folder;) {
        *slash = 0;
        (void)snprintf(path, sizeof path, "%s/%s", folder, wanted);
        if (access(path, F_OK) == 0)
            return text_copy(out, 4096, folder);
    }
    return false;
}
