/* The local workers: child processes over socketpairs, restarted when they die.
 *
 * Invariants: a worker holds at most one job; whoever gave it learns exactly one of: an EVENT_DONE
 * through `event`, or `lost`. A worker that says nothing for silence_ms while it holds a job, or
 * holds it for longer than lease_ms, is killed and counts as lost. What it says of a job that it
 * does not hold is not listened to. All on the loop thread.
 *
 * Life: 1. pool_start  2. `ready` tells whenever a worker became free; pool_give  3. pool_stop. */
#ifndef GRADER_POOL_H
#define GRADER_POOL_H

#include "worker/wire.h"

#include <uv.h>

struct pool;

struct pool_settings {
    int64_t workers;         /* processes */
    const char *program;     /* build/worker */
    const char *home;        /* --home */
    const char *backend;     /* --backend: "auto", … */
    const char *cache;       /* --cache: folder, "" for none */
    const char *calibration; /* --calibration: file, "" for no test of the machine */
    const char *timing_lock; /* --timing-lock: file, "" for the worker's own default */
    const char *gpu;         /* --gpu: "auto", "none", … */
    const char *overlay; /* --assignments: folder that wins over the shipped ones, "" for none */
    int64_t silence_ms;  /* between two events of a job */
    int64_t lease_ms;    /* for a whole job, however much its worker talks */
};

struct pool_callbacks {
    void (*ready)(void *context);
    /* Takes what the event owns. hello is the one of the worker that speaks. */
    void (*event)(void *context, void *ticket, struct event *event, const struct wire_hello *hello);
    void (*lost)(void *context, void *ticket);
};

/* Starts settings->workers processes; settings' texts are borrowed for good. */
struct err pool_start(struct pool **out_pool, uv_loop_t *loop, const struct pool_settings *settings,
                      const struct pool_callbacks *callbacks, void *context);

/* The first free worker from *seat on: its seat, and what it said of itself. False: none. */
bool pool_next_free(const struct pool *pool, size_t *seat, const struct wire_hello **out_hello);

/* What a worker can do, as queue_take wants it: "cpu:x86-64-v4 gpu:sm_90". */
#define POOL_CLASSES_SIZE ((size_t)2 * SPEC_NAME_MAX)
void pool_classes(const struct wire_hello *hello, char out[POOL_CLASSES_SIZE]);

/* True if some worker that is here can do that ("gpu"). NULL is an empty pool. */
bool pool_can(const struct pool *pool, const char *needs);

/* The same, or one that starts may turn out to, drained or not: true of a pool that is not there
 * yet. */
bool pool_may(const struct pool *pool, const char *needs);

/* True if some worker that is here, not drained and can do that takes timings (wire_may_time). */
bool pool_may_time(const struct pool *pool, const char *needs);

/* False once workers are here and none compiles CUDA; true while that is not known. */
bool pool_may_compile_cuda(const struct pool *pool);

/* Sends a job to a free worker; `ticket` comes back with its events. ERR_BUSY if it is not free,
 * ERR_LIMIT if the job does not fit a frame. */
struct err pool_give(struct pool *pool, size_t seat, const struct job *job, void *ticket);

/* One chair, as others see it. False: there are no more. */
enum seat_state { SEAT_STARTING, SEAT_FREE, SEAT_BUSY, SEAT_DRAINED, SEAT_STATE_COUNT };
const char *seat_state_word(enum seat_state state);
struct pool_seat {
    char name[SPEC_NAME_MAX];
    /* as of pool_classes; one whose device is in doubt says "gpu:quarantine" */
    char classes[POOL_CLASSES_SIZE];
    size_t number;
    enum seat_state state;
    int64_t job;                  /* 0: none */
    int64_t taken_at, expires_at; /* UTC us, of the job */
};
bool pool_seat_get(const struct pool *pool, size_t number, struct pool_seat *out);
/* It finishes what it holds and is not free from then on; or it is again. */
void pool_drain(struct pool *pool, size_t number, bool drained);

/* Free workers end; busy ones are killed if `now`, else left to finish until pool_stop is called
 * again with `now`. closed is called once when the last has gone. */
void pool_stop(struct pool *pool, bool now, void (*closed)(void *context), void *context);

/* How many have said hello, of how many. */
void pool_count(const struct pool *pool, size_t *out_ready, size_t *out_all);

/* Since the start: processes that ended, were silent or too long at one job, and events of jobs
 * that their worker did not hold. */
struct pool_stats {
    uint64_t exits, silent, leases_over, stray;
};
struct pool_stats pool_stats(const struct pool *pool);

#endif
