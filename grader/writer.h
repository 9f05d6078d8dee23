/* The one thread that writes to the database. Group commit: it takes what is queued,
 * runs each write in a SAVEPOINT of its own inside one transaction, commits once, and only then
 * tells anybody.
 *
 * A write that fails is rolled back alone; a COMMIT that fails (disk full, I/O error) fails the
 * whole batch, and nothing of it is there. `done` runs on the loop thread, exactly once, never from
 * inside writer_push. */
#ifndef GRADER_WRITER_H
#define GRADER_WRITER_H

#include "grader/db.h"
#include "grader/metrics_histogram.h"
#include "sandbox/base/list.h"

#include <uv.h>

struct writer;

/* Owned by whoever pushes it, until `done`. Usually the first member of a struct with the details.
 */
struct write {
    struct err (*run)(struct write *write, struct db *db); /* on the writer thread */
    void (*done)(struct write *write, struct err err);     /* on the loop thread, after COMMIT */
    /* private */
    struct list link;
    struct err err;
};

#define WRITER_BATCH 64 /* FACTS: past 64 per commit little is gained and waits grow */

/* Takes over the connection; at most batch_max writes share a commit. ERR_SYSTEM if the thread or
 * the async handle cannot be made. */
struct err writer_start(struct writer **out_writer, uv_loop_t *loop, struct db *db,
                        size_t batch_max);

/* Never blocks. ERR_BUSY (through done) once more than queue_max writes wait. */
void writer_push(struct writer *writer, struct write *write);

/* Finishes what is queued, calls every done, closes the connection, then calls closed. */
void writer_stop(struct writer *writer, void (*closed)(void *context), void *context);

/* Counters for metrics: transactions, writes, and how long they took. */
struct writer_stats {
    uint64_t commits, writes, failures;
    bool failing;                  /* the newest transaction was not written */
    struct metrics_histogram took; /* of each transaction */
};
struct writer_stats writer_stats(const struct writer *writer);

#endif
