/* Starting a worker, framing, waiting with a deadline, and never leaving it behind. */
#include "grader/child.h"

#include "grader/home.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_FD 3      /* its end of the socketpair */
#define GENTLE_MS 3000  /* to take its slots apart once the socket is closed */
#define PIECE_MAX 65536 /* of one read */

static struct err signals_hold(struct child *child);
static struct err spawn_worker(struct child *child, const struct child_options *options, int end);
static struct err take_frame(struct child *child, struct event *out, bool *out_whole);
static struct err wait_bytes(struct child *child, int64_t until_ms, int64_t timeout_ms);
static struct err read_bytes(struct child *child);
static struct err gone(struct child *child);
static bool reap(struct child *child, int64_t timeout_ms, int *out_state);

struct err child_start(struct child *child, const struct child_options *options)
{
    *child = (struct child){.socket = -1, .said = -1, .signals = -1, .ended = -1};
    buf_init(&child->in, WIRE_FRAME_MAX + 4 + PIECE_MAX);

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return err_make(ERR_SYSTEM, "socketpair for the worker");
    child->socket = ends[0];
    auto_close int end = ends[1];
    struct err err = fdio_memfd("worker-stderr", 0, &child->said);
    if (!err_is(err))
        err = signals_hold(child);
    if (!err_is(err))
        err = spawn_worker(child, options, end);
    if (err_is(err))
        child_stop(child);
    return err;
}

bool child_backend_fits(const char *backend, const char *command)
{
    static const char *const backends[] = {"auto", "cgroup-v2", "cgroup-v1", "rlimits"};
    for (size_t i = 0; backend != NULL && i < COUNT(backends); i++)
        if (strcmp(backend, backends[i]) == 0)
            return true;
    if (backend != NULL)
        fprintf(stderr, "grader %s: no back end '%s': auto, cgroup-v2, cgroup-v1 or rlimits\n",
                command, backend);
    return backend == NULL;
}

static struct err signals_hold(struct child *child)
{
    sigset_t wanted;
    (void)sigemptyset(&wanted); /* these four cannot fail */
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &wanted, &child->before) < 0)
        return err_make(ERR_SYSTEM, "hold back signals");
    child->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (child->signals < 0) {
        struct err err = err_make(ERR_SYSTEM, "signalfd");
        (void)sigprocmask(SIG_SETMASK, &child->before, NULL); /* cannot fail: it was set before */
        return err;
    }
    return err_none();
}

static struct err spawn_worker(struct child *child, const struct child_options *options, int end)
{
    char program[4096], beside[4096];
    struct err err = home_program("worker", program, sizeof program);
    if (!err_is(err))
        err = home_file("calibration.json", beside, sizeof beside);
    if (err_is(err))
        return err;

    const char *backend = options->backend != NULL ? options->backend : "auto";
    const char *calibration = options->calibration != NULL ? options->calibration : beside;
    const char *gpu = options->gpu != NULL ? options->gpu : "auto";
    const char *argv[] = {program,     "--fd",        "3",         "--name", "offline",
                          "--home",    options->home, "--backend", backend,  "--calibration",
                          calibration, "--gpu",       gpu,         NULL,     options->overlay,
                          NULL};
    if (options->overlay != NULL)
        argv[13] = "--assignments"; /* in front of its folder */
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    /* The worker's own group: Ctrl-C is ours to hear, and it ends the worker in order. */
    int code = posix_spawn_file_actions_init(&actions);
    code = code != 0 ? code : posix_spawnattr_init(&attributes);
    if (code == 0) {
        code = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        code = code != 0 ? code : posix_spawn_file_actions_adddup2(&actions, child->said, 1);
        code = code != 0 ? code : posix_spawn_file_actions_adddup2(&actions, child->said, 2);
        code = code != 0 ? code : posix_spawn_file_actions_adddup2(&actions, end, CHILD_FD);
        code = code != 0 ? code : posix_spawnattr_setsigmask(&attributes, &child->before);
        code = code != 0 ? code : posix_spawnattr_setpgroup(&attributes, 0);
        code = code != 0 ? code
                         : posix_spawnattr_setflags(&attributes,
                                                    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        code = code != 0 ? code
                         : posix_spawn(&child->pid, program, &actions, &attributes,
                                       (char *const *)(uintptr_t)argv, environ);
        (void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
        (void)posix_spawnattr_destroy(&attributes);       /* cannot fail */
    }
    if (code != 0) {
        child->pid = 0;
        errno = code;
        return err_make(ERR_SYSTEM, "start '%.100s'", program);
    }
    child->ended = pidfd_open(child->pid, 0);
    if (child->ended < 0) {
        struct err failure = err_make(ERR_SYSTEM, "pidfd of the worker");
        (void)kill(child->pid, SIGKILL);
        (void)reap(child, -1, &code);
        return failure;
    }
    return err_none();
}

struct err child_send(struct child *child, const struct job *job)
{
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX + 4);
    struct err err = wire_put_job(&frame, job);
    size_t sent = 0;
    while (!err_is(err) && sent < frame.size) {
        ssize_t more = send(child->socket, frame.at + sent, frame.size - sent, MSG_NOSIGNAL);
        if (more > 0)
            sent += (size_t)more;
        else if (errno == EPIPE || errno == ECONNRESET)
            err = gone(child);
        else if (errno != EINTR)
            err = err_make(ERR_SYSTEM, "send a job to the worker");
    }
    return err;
}

struct err child_next(struct child *child, int64_t timeout_ms, struct event *out)
{
    int64_t until_ms = clock_ms() + timeout_ms;
    for (;;) {
        bool whole = false;
        struct err err = take_frame(child, out, &whole);
        if (err_is(err) || whole)
            return err;
        err = wait_bytes(child, until_ms, timeout_ms);
        if (!err_is(err))
            err = read_bytes(child);
        if (err_is(err))
            return err;
    }
}

static struct err take_frame(struct child *child, struct event *out, bool *out_whole)
{
    size_t size = 0;
    struct err err = wire_frame(child->in.at, child->in.size, out_whole, &size);
    if (err_is(err) || !*out_whole)
        return err;
    err = wire_get_event(out, child->in.at + 4, size);
    if (err_is(err))
        event_release(out);
    buf_consume(&child->in, size + 4);
    return err;
}

static struct err wait_bytes(struct child *child, int64_t until_ms, int64_t timeout_ms)
{
    for (;;) {
        int64_t left = until_ms - clock_ms();
        struct pollfd ask[] = {{.fd = child->socket, .events = POLLIN},
                               {.fd = child->signals, .events = POLLIN}};
        int ready = left > 0 ? poll(ask, COUNT(ask), (int)(left < 60000 ? left : 60000)) : 0;
        if (ready < 0 && errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for the worker");
        struct signalfd_siginfo info;
        if (ready > 0 && (ask[1].revents & POLLIN) != 0 &&
            read(child->signals, &info, sizeof info) == (ssize_t)sizeof info) {
            child->interrupted = true;
            child->signal = (int)info.ssi_signo;
            return err_make(ERR_BUSY, "interrupted");
        }
        if (ready > 0 && ask[0].revents != 0)
            return err_none();
        if (left <= 0)
            return err_make(ERR_LIMIT, "the worker said nothing for %lld s",
                            (long long)(timeout_ms / 1000));
    }
}

static struct err read_bytes(struct child *child)
{
    char piece[PIECE_MAX];
    ssize_t got;
    do
        got = read(child->socket, piece, sizeof piece);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return gone(child);
    buf_append(&child->in, piece, (size_t)got);
    return child->in.failed ? err_make(ERR_INTERNAL, "no memory for the worker's words")
                            : err_none();
}

/* Says how the worker ended. */
static struct err gone(struct child *child)
{
    int state = 0;
    if (!reap(child, 1000, &state))
        return err_make(ERR_INTERNAL, "the worker closed its socket");
    if (WIFSIGNALED(state))
        return err_make(ERR_INTERNAL, "the worker was ended by signal %d", WTERMSIG(state));
    return err_make(ERR_INTERNAL, "the worker ended with exit code %d", WEXITSTATUS(state));
}

/* True once the child has ended and is reaped; timeout_ms < 0 waits for ever. */
static bool reap(struct child *child, int64_t timeout_ms, int *out_state)
{
    bool ended = true;
    if (child->pid <= 0)
        return true;
    if (timeout_ms >= 0 && err_is(fdio_wait(child->ended, timeout_ms, &ended)))
        ended = false;
    if (!ended)
        return false;
    while (waitpid(child->pid, out_state, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    return true;
}

void child_said(const struct child *child, struct buf *out, size_t max)
{
    bool cut;
    if (child->said >= 0)
        (void)fdio_read_start(child->said, out, max, &cut); /* for people: nothing to add to it */
}

void child_stop(struct child *child)
{
    int state;
    if (child->socket >= 0)
        (void)close(child->socket); /* the end of its work */
    if (child->pid > 0 && (child->interrupted || !reap(child, GENTLE_MS, &state))) {
        (void)kill(child->pid, SIGTERM); /* it may be gone already */
        if (!reap(child, GENTLE_MS, &state)) {
            (void)kill(child->pid, SIGKILL);
            (void)reap(child, -1, &state);
        }
    }
    if (child->signals >= 0) {
        (void)close(child->signals);
        (void)sigprocmask(SIG_SETMASK, &child->before, NULL); /* cannot fail */
    }
    if (child->said >= 0)
        (void)close(child->said);
    if (child->ended >= 0)
        (void)close(child->ended);
    child->socket = child->said = child->signals = child->ended = -1;
    buf_release(&child->in);
}
