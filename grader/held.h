/* Deadlines held open (deploy/adr/0062): for whoever was refused with a 503, and for everybody
 * after an outage. Refusals are kept in memory until they are written, since a full disk is often
 * their cause; when the process is killed first, the outage that follows covers them.
 *
 * Life: 1. held_outage, once the port is ours and before the writer has the connection
 * 2. held_start  3. held_refused for each 503  4. held_stop, before writer_stop: its last write is
 * pushed, and no heartbeat comes any more  5. held_free. All on the loop thread. */
#ifndef GRADER_HELD_H
#define GRADER_HELD_H

#include "grader/writer.h"

#include <uv.h>

struct held;

/* If the service was away since its last heartbeat, notes the outage and holds open the deadlines
 * that it touched; then the first heartbeat. One transaction. */
struct err held_outage(struct db *db, int64_t now_at);

/* Writes, on the loop and through the writer, what held_refused notes, and a heartbeat. */
struct err held_start(struct held **out, uv_loop_t *loop, struct writer *writer);

/* A file that came at received_at was refused for a reason of ours. False: it could not be noted
 * (too many are), so nobody should be told that it was. */
bool held_refused(struct held *held, int64_t membership_id, const char *assignment,
                  int64_t received_at);

/* From SIGTERM on: what comes now belongs to the outage that begins. Refusals are still written. */
void held_drain(struct held *held);
void held_stop(struct held *held);

/* After the writer has closed. */
void held_free(struct held *held);

/* For /metrics. */
struct held_stats {
    uint64_t refused, written; /* refusals noted; those of them that are on the disk */
};
struct held_stats held_stats(const struct held *held);

#endif
