/* Who is graded next. Pure: no clock, no database; what is in it is in the table `job` too.
 *
 * Order (deploy/adr/0060): class first (the enum's order), in it checks before timings, then fewest
 * running jobs of that person, then oldest. A lower class that has waited long gets one turn
 * (queue_turns_ms), so that nobody waits for ever.
 * Invariants: a ticket is in the queue at most once; work-conserving: if anything may run on a
 * worker, it gets something, except that a timing that wants an empty machine lets it run empty.
 * Nothing is allocated; tickets belong to the caller.
 * Cost of push, take, finish and remove: O(k log n), k what that person has waiting, which the rate
 * limits keep small.
 *
 * Life of a ticket: 1. person, class, is_timing, needs are set, order is 0  2. queue_push
 * 3. queue_take  4. queue_finish, after which it may be pushed again and keeps its place. */
#ifndef GRADER_QUEUE_H
#define GRADER_QUEUE_H

#include "sandbox/base/heap.h"
#include "sandbox/base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum queue_class {
    QUEUE_CHECK,    /* live checking */
    QUEUE_TIME,     /* live timing, below all live checking */
    QUEUE_PRACTICE, /* practice: checks and timings */
    QUEUE_REGRADE,  /* a later generation: nobody sits and waits for it */
    QUEUE_CLASS_COUNT,
};

/* The word of a class, for metrics and pages. */
const char *queue_class_word(enum queue_class class);

#define QUEUE_NEEDS_SIZE 48 /* "gpu:sm_90" and its zero byte */
#define QUEUE_NEEDS_MAX 8   /* different needs at once; past that the last one is shared */
#define QUEUE_BUCKETS 4096  /* of people */

struct queue_ticket {
    int64_t person; /* membership id */
    enum queue_class class;
    bool is_timing;
    char needs[QUEUE_NEEDS_SIZE]; /* "cpu", "gpu", "gpu:sm_90": see queue_fits */
    size_t position;              /* by queue_number: 1 = next; 0: runs or is not in */
    size_t timings_ahead;         /* by queue_number: those of position - 1 that are timings */
    /* private */
    struct heap_node node;
    struct list link; /* in the bucket of its person, waiting or running */
    uint64_t order;   /* 0: not given yet */
    int64_t pushed_ms;
    size_t theirs; /* running jobs of its person, as its lane has sorted it */
    int need;
    bool waiting, running;
};

struct queue {
    struct heap lanes[QUEUE_NEEDS_MAX][QUEUE_CLASS_COUNT][2]; /* checks, timings */
    char needs[QUEUE_NEEDS_MAX][QUEUE_NEEDS_SIZE];
    int needs_count;
    struct list people[QUEUE_BUCKETS];
    size_t waiting_count, running_count;
    size_t class_waiting[QUEUE_CLASS_COUNT], class_running[QUEUE_CLASS_COUNT];
    size_t timing_count;  /* running ones that time */
    size_t regrade_slots; /* workers that a regrade may have before live work */
    bool timing_alone;    /* fewer than 3 cores: nothing runs beside a timing */
    int64_t served_ms[QUEUE_CLASS_COUNT][2];
    uint64_t next_order;
};

/* Empty. regrade_slots: so many regrades run before live work is asked. timing_alone: nothing runs
 * beside a timing, for machines of fewer than 3 cores. */
void queue_init(struct queue *queue, size_t regrade_slots, bool timing_alone);

/* True if a worker of these classes ("cpu:x86-64-v4", "cpu:x86-64-v4 gpu:sm_90") can do what is
 * needed: one of the words, or what stands before its colon. */
bool queue_fits(const char *needs, const char *worker_class);

/* Into the line; one that comes back after a failed run keeps its place. */
void queue_push(struct queue *queue, struct queue_ticket *ticket, int64_t now_ms);

/* The next ticket for a worker of this class, which then counts as running until queue_finish; NULL
 * if nothing may run now. may_time: this worker takes timings; false only where another one of its
 * class does, and of no matter for those on a GPU, whose clock is the device's. At most one timing
 * runs at a time. */
struct queue_ticket *queue_take(struct queue *queue, const char *worker_class, bool may_time,
                                int64_t now_ms);

/* The run is over, well or badly. */
void queue_finish(struct queue *queue, struct queue_ticket *ticket);

/* Takes a waiting ticket out (superseded, cancelled); one that does not wait is left alone. */
void queue_remove(struct queue *queue, struct queue_ticket *ticket);

/* Gives every waiting ticket its place in line, among those that need the same. An estimate:
 * fairness and turns reorder. Cost: O(n log n) for all together; without memory nothing changes. */
void queue_number(struct queue *queue);

/* Jobs of a person that run now. */
size_t queue_running_of(const struct queue *queue, int64_t person);

/* Calls `each` for every ticket of a person that waits; it may remove it. */
void queue_each_waiting(struct queue *queue, int64_t person,
                        void (*each)(void *context, struct queue_ticket *ticket), void *context);

/* Longest wait among those in line; 0 if nobody is. Cost: O(n). */
int64_t queue_oldest_ms(const struct queue *queue, int64_t now_ms);

/* After so long checks and timings of a class get one turn although a higher one waits. */
extern const int64_t queue_turns_ms[QUEUE_CLASS_COUNT][2];

#endif
