/* One submission under way: the inside of grader/submissions.h, shared by submissions.c (what
 * others ask) and life.c (what happens to it: queued, given to a worker, measured, committed,
 * told).
 *
 * A life begins after the COMMIT that accepted it, or at start for each job that was left over. It
 * ends with the COMMIT of its final stage. Everything here is on the loop thread. */
#ifndef GRADER_LIFE_H
#define GRADER_LIFE_H

#include "grader/estimate.h"
#include "grader/grader.h"
#include "grader/intake.h"
#include "grader/metrics.h"
#include "grader/pool.h"
#include "grader/queue.h"

#define LIFE_BUCKETS 4096

struct life {
    struct submissions *submissions;
    struct submission_row row;
    struct job_row job; /* the one that waits, runs or is being written */
    struct queue_ticket ticket;
    struct report *report;      /* owned */
    struct buf kept;            /* measurements that are committed, JSON lines */
    struct buf fresh;           /* those of the job at hand */
    size_t fresh_shown;         /* of them: without the end, which counts once it is committed */
    struct metrics_clock clock; /* of its stage */
    int64_t started_us;         /* monotonic, of the running job */
    int64_t queued_us;          /* monotonic; 0 once it was given out */
    int64_t model_us, told_us;  /* its wait, as foretold when it got into line */
    uint64_t round;             /* of looking at the database: seen in it then */
    struct list link;           /* in submissions->lives */
    struct list by_id;          /* in submissions->by_id */
    struct list watchers;
};

struct submissions {
    struct grader *grader;
    struct intake_rules rules;
    struct queue queue;
    struct pool *pool;
    struct list lives;
    struct list by_id[LIFE_BUCKETS];
    uv_timer_t tick; /* queue positions for those who watch; reconciliation */
    struct roll *roll;
    struct estimate estimate;
    struct submissions_counters counters;
    size_t accepting;        /* on their way to the disk, not yet in the queue */
    size_t writing;          /* steps on their way to the disk */
    bool left_behind;        /* a job of the database has no life: look again */
    int64_t newest_job;      /* the largest number of a job that was heard of */
    int64_t changes;         /* of the queue by commands, as last seen */
    uint64_t round;          /* of looking at the database */
    int64_t looked_at_ms;    /* monotonic, the last time */
    int64_t no_gpu_since_ms; /* monotonic; 0: one is here, or may come */
    bool stopping;
    void (*closed)(void *context);
    void *closed_context;
    bool tick_closed; /* and the pool: `pool` is NULL then */
    bool ended;       /* `closed` was called */
};

/* A new life for a stored job; its report is rebuilt from what is committed. NULL when out of
 * memory or when its assignment is no longer here (logged; the job stays in the database). */
struct life *life_new(struct submissions *submissions, const struct submission_row *row,
                      const struct job_row *job);
void life_free(struct life *life);

/* Whether its job is for a GPU that is here or may come. */
bool life_waits_for_gpu(const struct life *life);

/* Into the queue again, for those workers that can do it as the pool is now. */
void life_line_up(struct life *life);

/* All that wait, after the pool has changed: a GPU came, or the last one went. A timing waits for
 * the next one, and is parked once none was in sight for GPU_GONE_MS. */
#define GPU_GONE_MS 60000
void life_needs_again(struct submissions *submissions);

/* Puts it into the queue; life_queue also gives work to whoever is free. */
void life_enqueue(struct life *life);
void life_queue(struct life *life);

/* Where the offering says so, a newer one that waits takes the place of an older one that still
 * waits (JOB_CHECK); and one that passed, of an older one that waits for the clock (JOB_TIME). */
void life_supersede_older(const struct life *life, enum job_kind kind);

/* Gives queued jobs to free workers. */
void life_dispatch(struct submissions *submissions);

/* What the pool tells. */
void life_event(void *context, void *ticket, struct event *event, const struct wire_hello *hello);
void life_lost(void *context, void *ticket);
void life_ready(void *context);

/* Its wait by the model, from its place in line. */
int64_t life_model_us(const struct life *life);

/* By the number of its submission, or NULL; the bucket of that number; out of both lists, so that
 * it is not found any more. */
struct life *life_find(struct submissions *submissions, int64_t id);
struct list *life_bucket(struct submissions *submissions, int64_t id);
void life_hide(struct life *life);

/* The same, unless it is a regrade: until a TA has applied that, the grading that counts is shown.
 */
struct life *life_shown(struct submissions *submissions, int64_t id);

/* Notes that a job of this number is known. */
void life_seen(struct submissions *submissions, int64_t job_id);

/* Commits a stage, then tells; then_time: and queues a timing. Overtaken: its job is no longer in
 * the database, so what stands there is told and the life ends. Park: our failure for good. Count:
 * a failed run, for after a restart. */
void life_write(struct life *life, enum stage stage, bool then_time);
void life_overtaken(struct life *life);
void life_park(struct life *life);
void life_count_failure(struct life *life, bool worker_died);

/* Calls every watcher. */
void life_tell(struct life *life);
/* The service ends before it: whoever still watches is told so, and no more. */
void life_leave(struct life *life);

/* grader/reconcile.c: gives every job of the database a life and ends those whose job is gone; once
 * now, and from then on by a timer. */
struct err reconcile(struct submissions *submissions);
void reconcile_start(struct submissions *submissions);

/* What a report says of earlier ones: attempts, the best score. */
void life_history(struct life *life);

/* Tells `closed` if it is asked for and nothing is left: neither workers nor writes. */
void submissions_end(struct submissions *submissions);

/* The speed target of a class: the offering's frozen one; 0: none. */
double row_target(const struct spec *spec, const struct submission_row *row,
                  const char *class_name);

/* A report from a submission's row and its committed measurements; owned by the caller. */
struct report *report_from_row(const struct spec *spec, const struct submission_row *row,
                               const char *events, size_t size);

#endif
