/* Is all here that the door for git needs? */
#include "grader/git_need.h"

#include "grader/git_place.h"
#include "sandbox/base/err.h"
#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start_version(const char *program_path, int to);

#define MAJOR_MIN 2 /* GIT_VERSION_WORD */
#define MINOR_MIN 31
#define ANSWER_MS 5000

enum git_need git_need(const char *program_path, const char *hooks)
{
    const struct {
        const char *path, *name;
        enum git_need need;
    } needed[] = {{program_path, "git", GIT_NEEDS_GIT},
                  {program_path, "curl", GIT_NEEDS_CURL},
                  {hooks, "post-receive", GIT_NEEDS_HOOKS},
                  {hooks, "pre-receive", GIT_NEEDS_HOOKS}};

    for (size_t i = 0; i < COUNT(needed); i++)
        if (!git_program(needed[i].path, needed[i].name))
            return needed[i].need;
    return GIT_NEEDS_NOTHING;
}

enum git_age git_age(const char *program_path)
{
    char said[128] = "";
    int ends[2];
    size_t size = 0;
    bool is_ready = true;
    int status = -1;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return GIT_AGE_UNKNOWN;
    auto_close int from = ends[0];
    pid_t pid = start_version(program_path, ends[1]);
    (void)close(ends[1]); /* the child has its own */
    if (pid < 0)
        return GIT_AGE_UNKNOWN;
    for (ssize_t got = 1; got > 0 && is_ready && size + 1 < sizeof said;) {
        if (err_is(fdio_wait(from, ANSWER_MS, &is_ready)))
            is_ready = false;
        got = is_ready ? read(from, said + size, sizeof said - 1 - size) : 0;
        size += got > 0 ? (size_t)got : 0;
    }
    if (!is_ready)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return is_ready && status == 0 ? git_age_said(said) : GIT_AGE_UNKNOWN;
}

/* Returns -1 where it cannot be started. */
static pid_t start_version(const char *program_path, int to)
{
    char file[1200];
    char path[1100];
    const char *const words[] = {file, "version", NULL};
    const char *const variables[] = {path, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;

    if (!git_program_find(program_path, "git", file, sizeof file))
        return -1;
    (void)snprintf(path, sizeof path, "PATH=%.1080s", program_path); /* it asks nobody else */
    (void)posix_spawn_file_actions_init(&actions);                   /* never fails in glibc */
    int code = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn(&pid, file, &actions, NULL, (char *const *)(uintptr_t)words,
                           (char *const *)(uintptr_t)variables);
    (void)posix_spawn_file_actions_destroy(&actions); /* never fails in glibc */
    return code == 0 ? pid : -1;
}

enum git_age git_age_said(const char *said)
{
    int major = 0;
    int minor = 0;

    if (said[0] == '\0')
        return GIT_AGE_UNKNOWN;
    // NOLINTNEXTLINE(cert-err34-c): what is no number is no version that fits
    if (sscanf(said, "git version %4d.%4d", &major, &minor) != 2)
        return GIT_TOO_OLD;
    return major > MAJOR_MIN || (major == MAJOR_MIN && minor >= MINOR_MIN) ? GIT_NEW_ENOUGH
                                                                           : GIT_TOO_OLD;
}
