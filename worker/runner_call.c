/* One call: asked for, waited for under its limits, stopped. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/kernel.h"
#include "worker/runner_parts.h"

#include <emmintrin.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <unistd.h>

#define LOOK_MS 4          /* how often the CPU clock of a running call is read */
#define LOOK_BESIDE_MS 50  /* likewise, where a look takes its time from the program */
#define END_MS 10000       /* a killed program is dead long before */
#define HURRY_NS 200000000 /* a longer call bears a late look */
#define SETTLE_NS 20000
#define SPINS_PER_LOOK 8192 /* some 100 us of pause instructions between looks at the clock */

/* How a call is watched, and what it is held against while it runs. */
struct watch {
    /* Returns when the call is done (end stays RUNNER_DONE) or the process is over. */
    struct err (*await)(struct runner *runner, const struct watch *watch,
                        struct runner_result *out);
    struct err (*freeze)(struct sandbox *slot);
    int look_ms;
    int64_t started_ns;
    uint64_t cpu_us;   /* of the process before the call */
    uint64_t delay_ns; /* likewise */
};

static struct err freeze_beside(struct sandbox *slot);
static struct err call_run(struct runner *runner, struct watch *watch, struct runner_result *out);
static struct err call_ask(struct runner *runner);
static struct err call_stop(struct runner *runner, const struct watch *watch,
                            struct runner_result *out);
static struct err call_stuck(struct runner *runner, const struct watch *watch,
                             struct runner_result *out);
static void settle(void);
static struct err await_event(struct runner *runner, const struct watch *watch,
                              struct runner_result *out);
static struct err await_word(struct runner *runner, const struct watch *watch,
                             struct runner_result *out);
static struct err look(struct runner *runner, const struct watch *watch, struct runner_result *out,
                       bool *out_over);
static struct err cpu_read(struct runner *runner, struct runner_result *out, uint64_t *out_us,
                           bool *out_over);
static struct err end_await(struct runner *runner, struct runner_result *out, bool *out_over);

struct err runner_call(struct runner *runner, struct runner_result *out)
{
    struct watch watch = {.await = await_event, .freeze = sandbox_freeze, .look_ms = LOOK_MS};

    return call_run(runner, &watch, out);
}

/* Before all others while the clock runs: one who shares our processor would keep us from seeing
 * that it is done for as long as a turn of his takes, milliseconds. Between calls, and in a long
 * one that we spin on, everybody has his turn. */
struct err runner_call_timed(struct runner *runner, enum runner_watch from,
                             struct runner_result *out)
{
    const bool beside = from == RUNNER_BESIDE;
    struct watch watch = {.await = beside ? await_event : await_word,
                          .freeze = beside ? freeze_beside : sandbox_freeze,
                          .look_ms = beside ? LOOK_BESIDE_MS : LOOK_MS};
    struct err err = runner->frozen ? err_none() : sandbox_freeze(runner->plan.slot);

    if (err_is(err))
        return err;
    runner->frozen = true;
    /* Where that is not ours, all stays as it is. */
    (void)kernel_go_first(0, beside ? KERNEL_WATCHER : KERNEL_PROGRAM);
    err = call_run(runner, &watch, out);
    kernel_take_turns();
    return err;
}

/* It was preempted by us the moment it said done, and needs its processor to stop. */
static struct err freeze_beside(struct sandbox *slot)
{
    (void)kernel_go_first(0, KERNEL_PROGRAM);
    return sandbox_freeze_beside(slot);
}

static struct err call_run(struct runner *runner, struct watch *watch, struct runner_result *out)
{
    bool over = false;

    *out = (struct runner_result){.end = RUNNER_DONE};
    struct err err = call_ask(runner);
    if (!err_is(err))
        err = cpu_read(runner, out, &watch->cpu_us, &over);
    watch->delay_ns = sandbox_delay_ns(runner->plan.slot);
    watch->started_ns = clock_ns();
    if (!err_is(err) && !over && runner->frozen)
        err = sandbox_thaw(runner->plan.slot);
    runner->frozen = false;
    if (!err_is(err) && !over)
        err = watch->await(runner, watch, out);
    if (!err_is(err) && out->end == RUNNER_DONE)
        err = call_stop(runner, watch, out);
    else
        out->took_ns = clock_ns() - watch->started_ns;
    if (out->end == RUNNER_DIED) /* its whole life was told */
        out->cpu_ms = fmax(out->cpu_ms - (double)watch->cpu_us / 1e3, 0);
    return err;
}

/* Everything on the page is written anew: the program may have written there. */
static struct err call_ask(struct runner *runner)
{
    const struct spec *spec = runner->plan.spec;
    struct control *control = runner->control;
    const uint64_t one = 1;
    struct pollfd room = {.fd = runner->go_fd, .events = POLLOUT};

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        const struct call *call = region->in_outputs ? &runner->live : &runner->given;
        const char *base = region->in_outputs ? runner->outputs : runner->inputs;
        const char *at = call->tensors[i].at;
        control->is_tensor[i] = region->used;
        control->places[i] =
            region->used ? (uint64_t)(at - base) | (region->in_outputs ? 1 : 0) : 0;
        control->values[i] = runner->given.which->values[i];
        control->scalars[i] = runner->given.scalars[i];
        control->bytes[i] =
            region->used ? (uint64_t)spec_tensor_bytes(spec, runner->given.which, i) : 0;
        control->unset[i] =
            spec->arguments[i].role == SPEC_OUTPUT && spec->arguments[i].element != SPEC_I8;
    }
    runner->number++;
    runner->calls++;
    control->go = runner->number;
    /* In its last call the program may have filled the counter, and a write would then wait for a
     * process that stands still; but a counter that is not 0 wakes the runner anyway. */
    if (poll(&room, 1, 0) != 1)
        return err_none();
    return fdio_write(runner->go_fd, &one, sizeof one);
}

static struct err call_stop(struct runner *runner, const struct watch *watch,
                            struct runner_result *out)
{
    bool over = false;
    uint64_t cpu_us = 0;
    struct err err = watch->freeze(runner->plan.slot);

    out->took_ns = clock_ns() - watch->started_ns;
    if (err_is(err) &&
        err.sys_errno == ETIMEDOUT) { /* the host itself may have stood still for once */
        kernel_take_turns();
        err = sandbox_freeze(runner->plan.slot);
    }
    runner->frozen = !err_is(err);
    if (err_is(err)) {
        struct err second = runner_died(runner, LOOK_MS, out, &over);
        if (!err_is(second) && !over && err.sys_errno == ETIMEDOUT)
            return call_stuck(runner, watch, out);
        return over && !err_is(second) ? second : err;
    }
    settle();
    if (sandbox_is_over(runner->plan.slot)) /* it said done, and died: behind it, or instead */
        return end_await(runner, out, &over);
    err = cpu_read(runner, out, &cpu_us, &over);
    if (err_is(err) || over)
        return err;
    const uint64_t delay_ns = sandbox_delay_ns(runner->plan.slot);
    out->cpu_ms = (double)(cpu_us - watch->cpu_us) / 1e3;
    out->delay_ms = delay_ns > watch->delay_ns ? (double)(delay_ns - watch->delay_ns) / 1e6 : 0;
    return err;
}

/* It said done and is in one long call of the kernel, which no stop interrupts: what it does there
 * is its time. A limit that the call has met meanwhile is the better word for it. */
static struct err call_stuck(struct runner *runner, const struct watch *watch,
                             struct runner_result *out)
{
    out->took_ns = clock_ns() - watch->started_ns;
    struct err err = runner_process_end(runner, &out->died);
    if (err_is(err))
        return err;
    out->end = out->died.end == SANDBOX_KILLED ? RUNNER_WALL_LIMIT : RUNNER_DIED;
    out->cpu_ms = (double)out->died.cpu_us / 1e3;
    if (out->end == RUNNER_WALL_LIMIT)
        out->cpu_ms = fmax(out->cpu_ms - (double)watch->cpu_us / 1e3, 0);
    return err_none();
}

/* A task counts as frozen a moment before it leaves its processor, and only then is its time added
 * up. */
static void settle(void)
{
    const int64_t until_ns = clock_ns() + SETTLE_NS;

    while (clock_ns() < until_ns)
        _mm_pause();
}

static struct err await_event(struct runner *runner, const struct watch *watch,
                              struct runner_result *out)
{
    bool over = !runner->up;

    while (!over) {
        struct pollfd fds[] = {{.fd = runner->done_fd, .events = POLLIN},
                               {.fd = sandbox_fd(runner->plan.slot), .events = POLLIN}};
        uint64_t count;
        if (poll(fds, COUNT(fds), watch->look_ms) < 0 && errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for a call");
        if (read(runner->done_fd, &count, sizeof count) == (ssize_t)sizeof count)
            return err_none();
        struct err err = look(runner, watch, out, &over);
        if (err_is(err))
            return err;
    }
    return err_none();
}

/* Spins on the done word: sleeping would cost the clock 50 us and more. */
static struct err await_word(struct runner *runner, const struct watch *watch,
                             struct runner_result *out)
{
    int64_t next_ns = clock_ns() + watch->look_ms * (int64_t)1000000;
    bool over = !runner->up;

    while (!over) {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            if (runner->control->done == runner->number)
                return err_none();
            _mm_pause();
        }
        const int64_t now_ns = clock_ns();
        if (now_ns < next_ns)
            continue;
        if (now_ns > watch->started_ns + HURRY_NS)
            kernel_take_turns();
        struct err err = look(runner, watch, out, &over);
        if (err_is(err))
            return err;
        next_ns = clock_ns() + watch->look_ms * (int64_t)1000000;
    }
    return err_none();
}

/* Has it ended, or must it? */
static struct err look(struct runner *runner, const struct watch *watch, struct runner_result *out,
                       bool *out_over)
{
    const struct spec_limits *limits = &runner->plan.spec->limits;
    uint64_t cpu_us = 0;
    struct err err = runner_died(runner, 0, out, out_over);

    if (err_is(err) || *out_over)
        return err;
    err = cpu_read(runner, out, &cpu_us, out_over);
    if (err_is(err) || *out_over)
        return err;

    double cpu_ms = (double)(cpu_us - watch->cpu_us) / 1e3;
    double wall_ms = (double)(clock_ns() - watch->started_ns) / 1e6;
    if (cpu_ms < (double)limits->cpu_ms && wall_ms < (double)limits->wall_ms)
        return err_none();
    out->end = cpu_ms >= (double)limits->cpu_ms ? RUNNER_CPU_LIMIT : RUNNER_WALL_LIMIT;
    out->cpu_ms = cpu_ms;
    *out_over = true;
    return runner_process_end(runner, &out->died);
}

/* The clock of a process that has just died cannot be read: then its end is what counts. */
static struct err cpu_read(struct runner *runner, struct runner_result *out, uint64_t *out_us,
                           bool *out_over)
{
    struct err err = sandbox_cpu_us(runner->plan.slot, out_us);

    if (!err_is(err))
        return err;
    struct err second = end_await(runner, out, out_over);
    return *out_over || err_is(second) ? second : err;
}

/* It has ended, or is about to. While its group stands still nobody can tell. */
static struct err end_await(struct runner *runner, struct runner_result *out, bool *out_over)
{
    struct err err = runner->frozen ? sandbox_thaw(runner->plan.slot) : err_none();

    runner->frozen = false;
    return err_is(err) ? err : runner_died(runner, END_MS, out, out_over);
}
