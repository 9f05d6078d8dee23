/* Bytes from the other end of the wire: frame, job and event. What is accepted must come back the
 * same when it is sent on: parse, print, parse, print gives the same text twice. */
#include "worker/wire.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void event_again(struct event *event);
static void job_again(struct job *job);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct event event;
    struct job job;
    bool whole = false;
    size_t payload = 0;

    if (!err_is(wire_frame(bytes, size, &whole, &payload)) && whole && payload > size - 4)
        abort();
    if (!err_is(wire_get_event(&event, bytes, size)))
        event_again(&event);
    event_release(&event);
    if (!err_is(wire_get_job(&job, bytes, size)))
        job_again(&job);
    job_release(&job);
    return 0;
}

static void event_again(struct event *event)
{
    struct buf first, second;
    struct event back;

    buf_init(&first, WIRE_FRAME_MAX);
    buf_init(&second, WIRE_FRAME_MAX);
    if (err_is(wire_event_json(&first, event)))
        abort();
    if (err_is(wire_get_event(&back, first.at, first.size)))
        abort();
    if (err_is(wire_event_json(&second, &back)) || strcmp(first.at, second.at) != 0)
        abort();
    event_release(&back);
    buf_release(&first);
    buf_release(&second);
}

static void job_again(struct job *job)
{
    struct buf frame;
    struct job back;

    buf_init(&frame, WIRE_FRAME_MAX + 4);
    struct err err = wire_put_job(&frame, job);
    if (err_is(err) && err.code != ERR_LIMIT)
        abort();
    if (!err_is(err)) {
        if (err_is(wire_get_job(&back, frame.at + 4, frame.size - 4)))
            abort();
        if (back.source_size != job->source_size || back.id != job->id ||
            memcmp(back.source, job->source, job->source_size) != 0)
            abort();
        job_release(&back);
    }
    buf_release(&frame);
}
