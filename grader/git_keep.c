/* Limits, start, and staying until the last one has gone. */
#include "grader/git_keep.h"

#include "sandbox/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void step_back(void);
static void become(const sigset_t *mask, rlim_t file_max, char **words);
static bool limit_all(rlim_t file_max);
static int stay(const sigset_t *waited, pid_t first);
static bool reap(pid_t first, int *out_code);
static const struct timespec *end_further(int *steps);

#define USAGE 64
#define NOT_STARTED 126
#define NOT_FOUND 127
#define POLITENESS 10 /* nice: a push is in no hurry, graded programs are */

/* Of each process. A pack of a few kilobytes can claim to become gigabytes; an ordinary push or
 * clone within git.repository's preset needs under 200 MiB of addresses. */
static const struct {
    __rlimit_resource_t what;
    rlim_t most;
} limits[] = {
    {RLIMIT_AS, (rlim_t)512 << 20},
    {RLIMIT_CPU, 30},
    {RLIMIT_NOFILE, 256},
    {RLIMIT_CORE, 0},
};

int git_keep(int argc, char **argv)
{
    sigset_t waited;
    sigset_t before;

    if (argc < 3)
        return USAGE;
    (void)sigemptyset(&waited); /* none of these can fail */
    (void)sigaddset(&waited, SIGCHLD);
    (void)sigaddset(&waited, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &waited, &before);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return NOT_STARTED;
    if (getppid() != (pid_t)strtol(argv[0], NULL, 10)) /* it was quicker */
        return NOT_STARTED;
    step_back();
    pid_t first = fork();
    if (first < 0)
        return NOT_STARTED;
    if (first == 0)
        become(&before, (rlim_t)strtoull(argv[1], NULL, 10), argv + 2);
    (void)close(STDIN_FILENO); /* else nobody would see their ends */
    (void)close(STDOUT_FILENO);
    return stay(&waited, first);
}

/* Where memory runs out, a push is what the kernel may take. Both are allowed to everybody; without
 * them it is as it would have been. */
static void step_back(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!write(fd, "1000", 4);
        (void)close(fd);
    }
    (void)setpriority(PRIO_PROCESS, 0, POLITENESS);
}

static void become(const sigset_t *mask, rlim_t file_max, char **words)
{
    (void)sigprocmask(SIG_SETMASK, mask, NULL); /* a mask that was in force */
    if (limit_all(file_max))
        (void)execvp(words[0], words);
    _exit(errno == ENOENT ? NOT_FOUND : NOT_STARTED);
}

static bool limit_all(rlim_t file_max)
{
    const struct rlimit size = {file_max, file_max};

    for (size_t i = 0; i < COUNT(limits); i++) {
        const struct rlimit limit = {limits[i].most, limits[i].most};
        if (setrlimit(limits[i].what, &limit) < 0)
            return false;
    }
    return setrlimit(RLIMIT_FSIZE, &size) == 0;
}

/* -- the end ----------------------------------------------------------------------------------- */

/* Signals of the service go to the group; this process gets them too, and none but SIGKILL ends it
 * before the others have gone. */
static int stay(const sigset_t *waited, pid_t first)
{
    const struct timespec *wait = NULL;
    int steps = 0;
    int code = NOT_STARTED;

    while (reap(first, &code)) {
        int signal = wait == NULL ? sigwaitinfo(waited, NULL) : sigtimedwait(waited, NULL, wait);
        if ((signal == SIGTERM && steps == 0) || (signal < 0 && errno == EAGAIN))
            wait = end_further(&steps);
    }
    return code;
}

/* True: somebody is left. */
static bool reap(pid_t first, int *out_code)
{
    int state = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &state, WNOHANG)) > 0)
        if (pid == first)
            *out_code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
    return pid == 0;
}

/* Returns how long until the next step. */
static const struct timespec *end_further(int *steps)
{
    static const struct {
        int signal; /* to the group, this process included */
        struct timespec then;
    } way[] = {
        {0, {.tv_nsec = 500000000}}, /* its input has ended with the service */
        {SIGTERM, {.tv_sec = 3}},
        {SIGKILL, {.tv_sec = 3}},
    };
    size_t step = (size_t)*steps;

    if (*steps + 1 < (int)COUNT(way))
        (*steps)++;
    (void)kill(0, way[step].signal); /* itself at least is there */
    return &way[step].then;
}
