/* The life of a runner and of its processes. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "worker/runner_parts.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIFE_MS_MAX 3600000  /* the sandbox's own bound on a run */
#define LIFE_EXTRA_MS 600000 /* judging between calls counts as the run's wall time */
#define END_MS 10000         /* a killed program is dead long before */
#define READY_MS 30000       /* to map some pages, also on a machine that is busy */
#define LOOK_MS 4

static void control_reset(struct runner *runner);
static struct err process_start(struct runner *runner);
static struct err ready_await(struct runner *runner);
static struct err event_make(int flags, int *out_fd);
static void process_forget(struct runner *runner);
static uint64_t min_u64(uint64_t left, uint64_t right);

struct err runner_new(struct runner **out, const struct runner_plan *plan)
{
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return err_make(ERR_SYSTEM, "memory for a runner");
    runner->plan = *plan;
    runner->plan.cases = NULL;
    runner->inputs_fd = runner->outputs_fd = runner->control_fd = -1;
    runner->go_fd = runner->done_fd = runner->stdout_fd = runner->stderr_fd = -1;

    struct err err =
        runner_layout_make(&runner->layout, plan->spec, plan->cases, plan->cases_count, plan->gap);
    if (!err_is(err))
        err = runner_memory_make(runner, plan->cases, plan->cases_count);
    if (err_is(err)) {
        runner_free(runner);
        return err;
    }
    *out = runner;
    return err_none();
}

void runner_free(struct runner *runner)
{
    if (runner == NULL)
        return;
    (void)runner_stop(runner); /* a slot that will not is rebuilt at its next start */
    process_forget(runner);
    runner_memory_release(runner);
    free(runner);
}

struct err runner_ready(struct runner *runner, bool *out_fresh)
{
    /* One that has died meanwhile is up all the same: the next call tells how it ended. */
    struct err err = runner->up ? err_none() : process_start(runner);

    if (!err_is(err) && out_fresh != NULL)
        *out_fresh = runner->calls == 0;
    return err;
}

struct err runner_stop(struct runner *runner)
{
    struct sandbox_result ignored;
    return runner->up ? runner_process_end(runner, &ignored) : err_none();
}

const struct call *runner_given(const struct runner *runner)
{
    return &runner->given;
}

bool runner_is_up(const struct runner *runner)
{
    return runner->up;
}

bool runner_goes_first(const struct runner *runner)
{
    return runner->up && runner->first;
}

void runner_finding(const struct runner *runner, struct control_finding *out)
{
    memcpy(out, &runner->control->finding, sizeof *out);
}

struct err runner_take_stderr(struct runner *runner, struct buf *out, size_t max)
{
    struct err err = err_none();

    if (runner->stderr_fd < 0)
        return err;
    err = fdio_read_start(runner->stderr_fd, out, max, NULL);
    /* The offset is shared with the program: both streams begin again. */
    const int streams[] = {runner->stdout_fd, runner->stderr_fd};
    for (size_t i = 0; i < COUNT(streams) && !err_is(err); i++)
        if (ftruncate(streams[i], 0) < 0 || lseek(streams[i], 0, SEEK_SET) < 0)
            err = err_make(ERR_SYSTEM, "empty an output stream");
    return err;
}

/* Kills it and waits for its end. */
struct err runner_process_end(struct runner *runner, struct sandbox_result *out)
{
    bool done = false;
    struct err err = sandbox_kill(runner->plan.slot);

    if (!err_is(err))
        err = sandbox_wait(runner->plan.slot, END_MS, &done, out);
    if (!err_is(err) && !done)
        err = err_make(ERR_INTERNAL, "a killed program did not end within %d ms", END_MS);
    runner->up = false;
    return err;
}

struct err runner_died(struct runner *runner, int64_t timeout_ms, struct runner_result *out,
                       bool *out_over)
{
    bool done = false;
    struct sandbox_result result;
    struct err err = sandbox_wait(runner->plan.slot, timeout_ms, &done, &result);

    if (err_is(err) || !done)
        return err;
    *out_over = true;
    out->end = RUNNER_DIED;
    out->died = result;
    out->cpu_ms = (double)result.cpu_us / 1e3;
    runner->up = false;

    if (result.end == SANDBOX_EXITED && result.exit_code == CONTROL_EXIT_BROKEN && !runner->ready)
        return err_make(ERR_INTERNAL, "the runner could not map its pages");
    return err_none();
}

static void control_reset(struct runner *runner)
{
    struct control *control = runner->control;

    memset(control, 0, CONTROL_PAGE);
    control->arguments_count = (uint32_t)runner->plan.spec->arguments_count;
    control->inputs_bytes = runner->layout.inputs_bytes;
    control->outputs_bytes = runner->layout.outputs_bytes;
    control->guards_count = runner->layout.guards_count;
    memcpy(control->guards, runner->layout.guards, sizeof control->guards);
}

static struct err process_start(struct runner *runner)
{
    static const char *const argv[] = {"kernel", NULL};
    const struct spec_limits *limits = &runner->plan.spec->limits;
    const uint64_t calls = runner->plan.calls;

    process_forget(runner);
    control_reset(runner);
    struct err err = event_make(EFD_CLOEXEC, &runner->go_fd);
    if (!err_is(err))
        err = event_make(EFD_CLOEXEC | EFD_NONBLOCK, &runner->done_fd);
    if (!err_is(err))
        err = fdio_memfd("stdout", 0, &runner->stdout_fd);
    if (!err_is(err))
        err = fdio_memfd("stderr", 0, &runner->stderr_fd);
    if (err_is(err))
        return err;

    const int fds[FD_COUNT] = {
        [FD_GO] = runner->go_fd,         [FD_STDOUT] = runner->stdout_fd,
        [FD_STDERR] = runner->stderr_fd, [FD_CONTROL] = runner->control_fd,
        [FD_INPUTS] = runner->inputs_fd, [FD_OUTPUTS] = runner->outputs_fd,
        [FD_DONE] = runner->done_fd,
    };
    const struct sandbox_request request = {
        .profile = limits->threads > 1 ? SANDBOX_THREADS : SANDBOX_KERNEL,
        .program_fd = runner->plan.program,
        .argv = argv,
        .fds = fds,
        .fds_count = FD_COUNT,
        .limits = {.wall_ms =
                       min_u64(LIFE_MS_MAX, calls * (uint64_t)limits->wall_ms + LIFE_EXTRA_MS),
                   .cpu_ms = min_u64(LIFE_MS_MAX, (calls + 1) * (uint64_t)limits->cpu_ms),
                   .memory_bytes = (uint64_t)limits->memory_extra_bytes,
                   .stack_bytes = (uint64_t)limits->stack_bytes,
                   .output_bytes = (uint64_t)(limits->stdout_bytes > limits->stderr_bytes
                                                  ? limits->stdout_bytes
                                                  : limits->stderr_bytes),
                   .threads = (unsigned)limits->threads},
        .cpu = runner->plan.cpu,
    };
    err = sandbox_start(runner->plan.slot, &request);
    runner->up = !err_is(err);
    return err_is(err) ? err : ready_await(runner);
}

/* Until it has its pages; from then on it runs in calls alone. One that ends before (its static
 * data may be too large for its memory) is found out by the call. */
static struct err ready_await(struct runner *runner)
{
    struct pollfd done = {.fd = runner->done_fd, .events = POLLIN};
    const int64_t until_ms = clock_ms() + READY_MS;
    uint64_t count;

    while (read(runner->done_fd, &count, sizeof count) < 0) {
        if (sandbox_is_over(runner->plan.slot))
            return err_none();
        if (clock_ms() > until_ms)
            return err_make(ERR_INTERNAL, "the runner was not ready after %d ms", READY_MS);
        if (poll(&done, 1, LOOK_MS) < 0 && errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for a runner");
    }
    runner->ready = true;
    struct err err = sandbox_freeze(runner->plan.slot);
    runner->frozen = !err_is(err);
    /* Threads of one priority on one processor take no turns. */
    if (runner->frozen && runner->plan.cpu >= 0 && runner->plan.spec->limits.threads == 1)
        runner->first = sandbox_hurry(runner->plan.slot); /* if that is ours to ask for */
    return err;
}

static struct err event_make(int flags, int *out_fd)
{
    *out_fd = eventfd(0, flags);
    return *out_fd < 0 ? err_make(ERR_SYSTEM, "make an event descriptor") : err_none();
}

static void process_forget(struct runner *runner)
{
    err_cleanup_close(&runner->go_fd);
    err_cleanup_close(&runner->done_fd);
    err_cleanup_close(&runner->stdout_fd);
    err_cleanup_close(&runner->stderr_fd);
    runner->go_fd = runner->done_fd = runner->stdout_fd = runner->stderr_fd = -1;
    runner->up = runner->ready = runner->frozen = runner->first = false;
    runner->number = runner->calls = 0;
}

static uint64_t min_u64(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}
