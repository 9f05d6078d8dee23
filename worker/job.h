/* One job from its first event to its last: compile, then check or time. Blocking. */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include "sandbox/sandbox.h"
#include "worker/compile_cuda.h"
#include "worker/gpu.h"
#include "worker/processors.h"
#include "worker/wire.h"

/* Takes an event; what it points to stays the caller's. An error ends the job and the worker: there
 * is nobody to tell it to. */
typedef struct err (*job_emit_fn)(void *context, const struct event *event);

/* What lives as long as the worker. */
struct worker {
    struct toolchain toolchain;
    struct spec *specs; /* owned */
    size_t specs_count;
    struct processors processors;
    struct wire_hello hello;
    const enum sandbox_backend *only; /* NULL: the best that works */
    enum sandbox_backend backend;     /* what `only` points to */
    bool require_cgroup;
    struct sandbox *student, *baseline; /* slots; NULL until needed, or after a failure of ours */
    struct cuda_toolchain cuda;
    struct nvrtc nvrtc; /* its slot; NULL until the first CUDA source */
    struct gpu gpu;     /* the device that it has claimed, or why it has none */
    char gpu_locks[256], launcher[4200];
    char timing_lock[256];       /* file: one timing at a time per host */
    char calibration_file[1024]; /* worker/selftest.h; "": none */
    bool self_test;              /* before the first timing, and when there is time; and
                                  * its complaint counts */
    int64_t alive_ns, lock_ns;   /* between two hellos, and until the wait for the lock is given
                                  * up; 0: 20 s, 10 minutes */
    job_emit_fn emit;
    void *emit_context;
};

/* Fills the hello: worker->toolchain and processors are known, the student's slot open. */
void worker_hello_fill(struct worker *worker, const char *name);

/* Whether it may measure for rank, after something that matters for it has changed. */
void worker_hello_rank(struct worker *worker);

/* Opens what is not open. ERR_SYSTEM: the host cannot isolate. */
struct err worker_open_slot(struct worker *worker, struct sandbox **slot, const char *name);

/* Closes both slots; they are opened anew when they are needed. */
void worker_close_slots(struct worker *worker);

/* Says hello once more, if alive_ns have passed since *told_ns (clock_ns, kept here): whoever waits
 * for us hears that we live. An error is one of emit. */
struct err worker_alive(const struct worker *worker, int64_t *told_ns);

/* The host's timing lock, waited for alive. As timing_lock_take; ERR_BUSY after lock_ns. */
struct err worker_timing_lock(const struct worker *worker, int *out_fd);

/* Sends every event of the job, EVENT_DONE last. What goes wrong on our side ends in
 * OUTCOME_SYSTEM_ERROR with closed slots, and is no error here; an error is one of emit. */
struct err job_run(struct worker *worker, const struct job *job);

#endif
