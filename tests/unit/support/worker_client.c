/* Blocking on both sides: one job at a time. */
#include "tests/unit/support/worker_client.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "tests/unit/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16

static bool event_read(int fd, struct event *out);

bool client_start(struct worker_client *client, const char *const *arguments)
{
    char self[4096], number[16];
    const char *argv[ARGUMENTS_MAX + 4] = {self, "--fd", number};
    int ends[2];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 32);

    assert_true(size > 0);
    self[size] = '\0';
    *strrchr(self, '/') = '\0';
    memcpy(strrchr(self, '/'), "/worker", sizeof "/worker");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    (void)snprintf(number, sizeof number, "%d", ends[1]);
    for (int i = 0; i < ARGUMENTS_MAX && arguments != NULL && arguments[i] != NULL; i++)
        argv[3 + i] = arguments[i];

    client->pid = fork();
    assert_true(client->pid >= 0);
    if (client->pid == 0) {
        (void)close(ends[0]); /* the parent's end */
        (void)execv(self, (char *const *)(void *)argv);
        _exit(127);
    }
    (void)close(ends[1]); /* the worker's end */
    client->fd = ends[0];

    struct event hello;
    if (event_read(client->fd, &hello)) {
        assert_int_equal(hello.kind, EVENT_HELLO);
        client->hello = hello.hello;
        return true;
    }
    print_message("skipped: the worker did not start (exit code %d)\n", client_stop(client));
    return false;
}

int client_stop(struct worker_client *client)
{
    int ended = 0;

    (void)close(client->fd); /* nothing was written that counts */
    client->fd = -1;
    assert_int_equal(waitpid(client->pid, &ended, 0), client->pid);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}

void client_run(struct worker_client *client, const struct job *job, struct client_events *out)
{
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX + 4);

    out->count = 0;
    struct err err = wire_put_job(&frame, job);
    if (!err_is(err))
        err = fdio_write(client->fd, frame.at, frame.size);
    assert_string_equal(err.text, "");
    do {
        assert_true(out->count < CLIENT_EVENTS_MAX);
        client_event(client, &out->list[out->count]);
        if (out->list[out->count].kind == EVENT_HELLO) { /* it has tested itself */
            client->hello = out->list[out->count].hello;
            continue;
        }
        assert_int_equal(out->list[out->count].job, job->id);
        out->count++;
    } while (out->count == 0 || out->list[out->count - 1].kind != EVENT_DONE);
}

void client_event(struct worker_client *client, struct event *out)
{
    assert_true(event_read(client->fd, out));
}

void client_events_release(struct client_events *events)
{
    for (int i = 0; i < events->count; i++)
        event_release(&events->list[i]);
    events->count = 0;
}

const struct wire_case *client_first_bad(const struct client_events *events)
{
    for (int i = 0; i < events->count; i++) {
        const struct event *event = &events->list[i];
        const struct wire_case *one = event->kind == EVENT_CASE    ? &event->one
                                      : event->kind == EVENT_TIMED ? &event->timed.check
                                                                   : NULL;
        if (one != NULL && one->verdict != VERDICT_PASS)
            return one;
    }
    return NULL;
}

struct job client_job(enum job_kind kind, const char *assignment, const char *path)
{
    auto_buf struct buf text = buf_of(WIRE_FRAME_MAX);

    struct err err = fdio_read_file(path, &text);
    assert_string_equal(err.text, "");
    return client_job_text(kind, assignment, text.at);
}

struct job client_job_text(enum job_kind kind, const char *assignment, const char *text)
{
    struct job job = {.id = 7, .kind = kind, .key = {1, 2, 3}};

    (void)text_copy(job.assignment, sizeof job.assignment, assignment); /* a test's own words */
    (void)snprintf(job.file_name, sizeof job.file_name, "%s.c", assignment);
    job.source = strdup(text);
    job.source_size = strlen(text);
    return job;
}

static bool event_read(int fd, struct event *out)
{
    unsigned char length[4];
    size_t got = 0, size = 0;
    bool whole = false;

    if (err_is(fdio_read(fd, length, sizeof length, &got)))
        return false;
    assert_false(err_is(wire_frame(length, sizeof length, &whole, &size)));
    auto_free char *payload = malloc(size);
    assert_non_null(payload);
    if (err_is(fdio_read(fd, payload, size, &got)))
        return false;
    struct err err = wire_get_event(out, payload, size);
    assert_string_equal(err.text, "");
    return true;
}
