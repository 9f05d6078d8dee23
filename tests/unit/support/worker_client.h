/* A real build/worker at the other end of a socketpair, for tests. */
#ifndef TESTS_UNIT_SUPPORT_WORKER_CLIENT_H
#define TESTS_UNIT_SUPPORT_WORKER_CLIENT_H

#include "worker/wire.h"

#include <sys/types.h>

#define CLIENT_EVENTS_MAX 64

struct worker_client {
    int fd;
    pid_t pid;
    struct wire_hello hello;
};

/* What came back for one job: compiled, cases or timings, done. */
struct client_events {
    struct event list[CLIENT_EVENTS_MAX];
    int count;
};

/* Starts the worker that lies beside the tests' folder. arguments: NULL-terminated, after --fd N.
 * Returns false, with a reason printed, if it ends before its hello. */
bool client_start(struct worker_client *client, const char *const *arguments);

/* Hangs up and returns the exit code, or 128 + signal. */
int client_stop(struct worker_client *client);

/* Sends the job and waits for its last event; another hello takes the place of client->hello and is
 * no event of the job. Fails the test if the worker hangs up. */
void client_run(struct worker_client *client, const struct job *job, struct client_events *out);

/* Waits for one event. Fails the test if the worker hangs up. */
void client_event(struct worker_client *client, struct event *out);
void client_events_release(struct client_events *events);

/* The first case or timing row that did not pass, or NULL. */
const struct wire_case *client_first_bad(const struct client_events *events);

/* A job of this kind with the source from a file (path from the root of the repository). */
struct job client_job(enum job_kind kind, const char *assignment, const char *path);
/* The same with the text itself. */
struct job client_job_text(enum job_kind kind, const char *assignment, const char *text);

#endif
