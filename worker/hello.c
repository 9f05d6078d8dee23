/* What a worker says of itself when it begins, and when it has tested itself. */
#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "sandbox/kernel.h"
#include "worker/gpu_job.h"
#include "worker/timing_lock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ALIVE_NS 20000000000 /* worker.silence is two minutes */
#define LOCK_NS 600000000000 /* less than worker.lease: waiting in vain kills no worker */
#define LOCK_TURN_NS 5000000 /* between looks; a neighbour at work leaves it for some 20 ms */

static int64_t worker_alive_ns(const struct worker *worker);

void worker_hello_fill(struct worker *worker, const char *name)
{
    struct wire_hello *hello = &worker->hello;
    char host[32] = "";

    hello->processors = worker->processors.count;
    hello->priority = kernel_may_go_first();
    (void)gethostname(host, sizeof host - 1); /* cut, or "" */
    if (name != NULL)
        (void)text_copy(hello->worker, sizeof hello->worker, name); /* a label: may be cut */
    else
        (void)snprintf(hello->worker, sizeof hello->worker, "%s:%d", host, (int)getpid());
    (void)text_copy(hello->class_name, sizeof hello->class_name, worker->toolchain.class_name);
    (void)text_copy(hello->compiler, sizeof hello->compiler, worker->toolchain.compiler);
    (void)text_copy(hello->flags, sizeof hello->flags, worker->toolchain.flags);
    if (worker->cuda.present)
        (void)snprintf(hello->cuda, sizeof hello->cuda, "%.40s %s", worker->cuda.compiler,
                       worker->cuda.architecture);
    (void)gpu_job_hello(worker); /* the first one: it has nothing to differ from */
    (void)text_copy(hello->backend, sizeof hello->backend,
                    sandbox_backend_word(sandbox_backend(worker->student)));
    worker_hello_rank(worker);
}

void worker_hello_rank(struct worker *worker)
{
    struct wire_hello *hello = &worker->hello;
    const char *why = worker->self_test ? hello->calibration.complaint : "";

    if (hello->processors < 2)
        why = "one processor: the clock needs one beside the program";
    else if (worker->toolchain.isa[0] == '\0')
        why = "this processor is older than x86-64-v3";
    hello->ranked = *why == '\0';
    (void)text_copy(hello->unranked_why, sizeof hello->unranked_why, why); /* as wide */
}

struct err worker_alive(const struct worker *worker, int64_t *told_ns)
{
    const struct event hello = {.kind = EVENT_HELLO, .hello = worker->hello};

    if (worker->emit == NULL || clock_ns() - *told_ns < worker_alive_ns(worker))
        return err_none();
    *told_ns = clock_ns();
    return worker->emit(worker->emit_context, &hello);
}

struct err worker_timing_lock(const struct worker *worker, int *out_fd)
{
    const int64_t began_ns = clock_ns(), wait_ns = worker->lock_ns > 0 ? worker->lock_ns : LOCK_NS;
    const struct timespec turn = {.tv_nsec = LOCK_TURN_NS};
    int64_t told_ns = began_ns;
    bool said = false;

    for (;;) {
        struct err err = timing_lock_take(worker->timing_lock, TIMING_LOCK_TRY, out_fd);
        const int64_t waited_ns = clock_ns() - began_ns;
        if (err.code != ERR_BUSY)
            return err;
        if (waited_ns > wait_ns)
            return err_make(ERR_BUSY, "another timing has held '%.80s' for %lld s",
                            worker->timing_lock, (long long)(waited_ns / 1000000000));
        if (!said && waited_ns > worker_alive_ns(worker))
            log_line(LOG_WARN, "timing.waits", "lock=%s", worker->timing_lock);
        said = said || waited_ns > worker_alive_ns(worker);
        err = worker_alive(worker, &told_ns);
        if (err_is(err))
            return err;
        (void)nanosleep(&turn, NULL); /* cut short is fine */
    }
}

static int64_t worker_alive_ns(const struct worker *worker)
{
    return worker->alive_ns > 0 ? worker->alive_ns : ALIVE_NS;
}
