/* Who is graded next. Pure: no clock, no database; what is in it is in the table `job` too.
 *
 * Order: class first (the enum's order), then fewest running jobs of that person, then oldest.
 * Invariants: a ticket is in the queue at most once; work-conserving: if anything may run,
 * something is given out. Tickets belong to the caller. Cost: linear in what waits (capped at a few
 * thousand) times what runs (a few). */
#ifndef GRADER_QUEUE_H
#define GRADER_QUEUE_H

#include "sandbox/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum queue_class {
    QUEUE_CHECK,    /* live checking */
    QUEUE_TIME,     /* timing, below all live checking */
    QUEUE_PRACTICE, /* practice: checked and timed last */
    QUEUE_CLASS_COUNT,
};

struct queue_ticket {
    int64_t person; /* membership id */
    enum queue_class class;
    bool is_timing;
    size_t position; /* by queue_number: 1 = next, 0: runs; an estimate, for fairness may reorder */
    /* private */
    struct list link;
    uint64_t order;
    size_t ahead; /* running jobs of its person, as queue_number found them */
    bool running;
};

#define QUEUE_RUNNING_MAX 256 /* workers of one service */

struct queue {
    struct list waiting[QUEUE_CLASS_COUNT];
    size_t waiting_count;
    uint64_t next_order;
    struct queue_ticket *running[QUEUE_RUNNING_MAX];
    size_t running_count;
    size_t timing_count; /* running ones that time */
    bool timing_alone;   /* fewer than 3 cores: nothing runs beside a timing */
};

/* Empty. timing_alone: nothing runs beside a timing, for machines of fewer than 3 cores. */
void queue_init(struct queue *queue, bool timing_alone);

/* A ticket that comes back after a failed run keeps its place in line. */
void queue_push(struct queue *queue, struct queue_ticket *ticket);

/* The next ticket, which then counts as running until queue_finish; NULL if nothing may run now. At
 * most one timing runs at a time. */
struct queue_ticket *queue_take(struct queue *queue);

/* The run is over, well or badly. */
void queue_finish(struct queue *queue, struct queue_ticket *ticket);

/* Takes a waiting ticket out (superseded, cancelled). */
void queue_remove(struct queue *queue, struct queue_ticket *ticket);

/* Gives every waiting ticket its place in line. Cost: what waits times what runs, all together. */
void queue_number(struct queue *queue);

/* Jobs of a person that run now. */
size_t queue_running_of(const struct queue *queue, int64_t person);

#endif
