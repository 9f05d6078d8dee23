/* The inside of the pool, shared by pool.c (what others ask: give, count, stop) and pool_seat.c
 * (the life of one worker process). */
#ifndef GRADER_POOL_PARTS_H
#define GRADER_POOL_PARTS_H

#include "grader/pool.h"

#define RESTART_FIRST_MS 100
#define RESTART_HOPEFUL_MS 400 /* up to here a worker that is away is thought to come back */

/* One chair for one worker process at a time. */
struct seat {
    struct pool *pool;
    int number;
    uv_process_t process;
    uv_pipe_t pipe;
    uv_timer_t timer; /* silence while it starts or works, last words, the pause before a restart */
    int open_handles; /* of process and pipe */
    bool running;     /* the process has been spawned and was not seen to exit */
    bool hung_up;     /* its socket is at its end */
    bool ready;       /* said hello, and lives */
    bool closing;
    void *ticket; /* the job that it holds, NULL if free */
    int64_t job;
    int64_t taken_at;      /* UTC us */
    bool drained;          /* gets no further job */
    int64_t lease_ends_ms; /* monotonic; however much it talks */
    bool lease_next;       /* the timer stands for the end of the lease, not for silence */
    int64_t restart_ms;
    struct wire_hello hello;
    struct buf in;
};

struct pool {
    uv_loop_t *loop;
    struct pool_settings settings;
    struct pool_callbacks callbacks;
    void *context;
    bool stopping;
    struct pool_stats stats;
    size_t seats_count, seats_open; /* open: its timer handle is not closed yet */
    void (*closed)(void *context);
    void *closed_context;
    char read_space[65536];
    struct seat seats[];
};

/* Starts a process on it; listens to it: so long for one that starts or works, for ever for a free
 * one; ends it, after which the next one is started unless the pool stops. */
void seat_start(struct seat *seat);
void seat_listen(struct seat *seat);
void seat_end(struct seat *seat);

#endif
