/* A worker as a child process over a socketpair, seen from plain blocking code: what `try`,
 * `check`, `batch` and `doctor` use. The service has the same on its loop (grader/pool.h).
 *
 * While a child runs, SIGINT, SIGTERM and SIGHUP are held back and read here: child_next then says
 * "interrupted", and child_stop ends the child and restores them.
 *
 * Life: 1. child_start  2. child_send and child_next until the job's EVENT_DONE  3. child_stop. */
#ifndef GRADER_CHILD_H
#define GRADER_CHILD_H

#include "worker/wire.h"

#include <signal.h>
#include <sys/types.h>

struct child_options {
    const char *home;        /* of the installation */
    const char *overlay;     /* folder whose assignments win, NULL: none */
    const char *calibration; /* file, NULL: the one beside this program */
    const char *gpu;         /* worker's --gpu; NULL: "auto" */
    const char *backend;     /* "auto", "cgroup-v2", "cgroup-v1", "rlimits"; NULL: "auto" */
};

struct child {
    bool interrupted; /* a signal came: stop, say so, exit */
    int signal;       /* which */
    /* private */
    pid_t pid;
    int ended; /* pidfd */
    int socket;
    int said; /* memfd with its stderr */
    int signals;
    sigset_t before;
    struct buf in;
};

/* True for NULL and the words above; else the refusal is on stderr, as of `command`. */
bool child_backend_fits(const char *backend, const char *command);

/* Starts build/worker beside this program. Its hello comes as the first event. */
struct err child_start(struct child *child, const struct child_options *options);

/* Sends one job; its events follow. ERR_SYSTEM: the worker is gone. */
struct err child_send(struct child *child, const struct job *job);

/* The next event; the caller releases it. ERR_LIMIT: silent for timeout_ms. ERR_BUSY: interrupted.
 * ERR_SYSTEM, ERR_INTERNAL, ERR_INPUT: it is gone or speaks nonsense. After an error only
 * child_stop. */
struct err child_next(struct child *child, int64_t timeout_ms, struct event *out);

/* What it wrote on stderr, at most max bytes from the start: for people who look for the reason. */
void child_said(const struct child *child, struct buf *out, size_t max);

/* Ends it: gently if it waits for a job, by SIGKILL otherwise. Twice is fine. */
void child_stop(struct child *child);

#endif
