/* The two measurements that are no single run: the freezer, and two slots side by side. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/bench_case.h"
#include "sandbox/launch.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW_MS 150
#define PAIRS 3
#define RATES 3              /* of one, of two, their ratio */
#define RUNNING_MAX_US 20000 /* without a processor for so long, a program is stopped as it is */

/* A process of its own, with a slot or by posix_spawn. It is told until when to run (clock_ns; 0:
 * end), and answers with the number of runs, -1 if one failed. */
struct runner {
    int socket;
    pid_t pid;
};

/* What the two of a pair do again and again. */
static const struct task {
    bool slot; /* else by posix_spawn */
    const char *word;
    size_t report; /* where the figures go: offset in struct bench_report */
} tasks[PAIRS] = {
    {true, "exit", offsetof(struct bench_report, slots)},
    {false, "exit", offsetof(struct bench_report, spawns)},
    {true, "work", offsetof(struct bench_report, work)},
};

static struct err pair(const struct runner *runners, unsigned windows, unsigned i, double *rates);
static struct bench_pair pair_sum(double *rates, unsigned windows);
static struct err freeze_times(struct sandbox *slot, double *freeze, double *thaw, unsigned count);
static void let_run(struct sandbox *slot);
static void quantiles(double *times, unsigned count, double *out_p50, double *out_p99);
static struct err runner_start(const struct bench *bench, const struct task *task,
                               struct runner *out);
static int loop(const struct bench *bench, const struct task *task, int socket);
static int64_t runs_until(const struct bench *bench, const struct task *task, struct sandbox *slot,
                          int64_t until_ns);
static void runner_end(struct runner *runner);
static struct err window(const struct runner *runners, unsigned count, double *out_per_second);

struct err bench_freezer(struct bench *bench, unsigned count, struct bench_report *report)
{
    struct sandbox_result result;
    bool done = false;
    auto_free double *times = calloc(count, 3 * sizeof *times);
    if (times == NULL)
        return err_make(ERR_SYSTEM, "memory for %u times", count);
    double *freeze = times, *thaw = freeze + count, *both = thaw + count;

    struct err err = bench_start(bench->best, bench->program_fd, "spin");
    if (!err_is(err))
        err = freeze_times(bench->best, freeze, thaw, count);
    if (!err_is(err))
        err = sandbox_kill(bench->best);
    if (!err_is(err))
        err = sandbox_wait(bench->best, -1, &done, &result);
    if (err_is(err))
        return err;
    for (unsigned i = 0; i < count; i++)
        both[i] = freeze[i] + thaw[i];
    quantiles(freeze, count, &report->freeze_p50_us, &report->freeze_p99_us);
    quantiles(thaw, count, &report->thaw_p50_us, &report->thaw_p99_us);
    quantiles(both, count, &report->both_p50_us, &report->both_p99_us);
    report->freezer = bench->best->group.freeze_fd >= 0 ? "cgroup.freeze" : "SIGSTOP";
    return err_none();
}

struct err bench_pairs(const struct bench *bench, unsigned windows, struct bench_report *report)
{
    struct runner runners[PAIRS][2];
    auto_free double *rates = calloc(windows, (size_t)PAIRS * RATES * sizeof *rates);
    if (rates == NULL)
        return err_make(ERR_SYSTEM, "memory for %u windows", windows);

    struct err err = err_none();
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        runners[i / 2][i % 2] = (struct runner){.socket = -1, .pid = -1};
    for (unsigned i = 0; i < 2 * PAIRS && !err_is(err); i++)
        err = runner_start(bench, &tasks[i / 2], &runners[i / 2][i % 2]);
    for (unsigned i = 0; i < windows * PAIRS && !err_is(err); i++)
        err = pair(runners[i % PAIRS], windows, i / PAIRS,
                   rates + (size_t)(i % PAIRS) * RATES * windows);
    for (unsigned i = 0; i < 2 * PAIRS; i++)
        runner_end(&runners[i / 2][i % 2]);
    for (unsigned i = 0; i < PAIRS; i++)
        *(struct bench_pair *)(void *)((char *)report + tasks[i].report) =
            pair_sum(rates + (size_t)i * RATES * windows, windows);
    return err;
}

/* One window of one of them, one of both. rates: all of one, all of two, all ratios. */
static struct err pair(const struct runner *runners, unsigned windows, unsigned i, double *rates)
{
    double *one = rates + i, *two = rates + windows + i, *ratio = rates + (size_t)2 * windows + i;
    struct err err = window(runners + i % 2, 1, one);
    if (!err_is(err))
        err = window(runners, 2, two);
    *ratio = *two / *one;
    return err;
}

static struct bench_pair pair_sum(double *rates, unsigned windows)
{
    return (struct bench_pair){.one_per_second = bench_quantile(rates, windows, 0.5),
                               .two_per_second = bench_quantile(rates + windows, windows, 0.5),
                               .two_by_one =
                                   bench_quantile(rates + (size_t)2 * windows, windows, 0.5)};
}

static struct err freeze_times(struct sandbox *slot, double *freeze, double *thaw, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        let_run(slot);
        int64_t began = clock_ns();
        struct err err = sandbox_freeze(slot);
        int64_t frozen = clock_ns();
        if (!err_is(err))
            err = sandbox_thaw(slot);
        int64_t thawed = clock_ns();
        if (err_is(err))
            return err;
        freeze[i] = (double)(frozen - began) / 1000;
        thaw[i] = (double)(thawed - frozen) / 1000;
    }
    return err_none();
}

/* Until the program has been on a processor again: freezing one that sleeps would cost less. */
static void let_run(struct sandbox *slot)
{
    uint64_t before = 0, now = 0;
    int64_t until = clock_us() + RUNNING_MAX_US;
    if (err_is(sandbox_cpu_us(slot, &before)))
        return;
    while (clock_us() < until && !err_is(sandbox_cpu_us(slot, &now)) && now == before)
        continue;
}

static void quantiles(double *times, unsigned count, double *out_p50, double *out_p99)
{
    *out_p50 = bench_quantile(times, count, 0.5);
    *out_p99 = bench_quantile(times, count, 0.99);
}

static struct err runner_start(const struct bench *bench, const struct task *task,
                               struct runner *out)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return err_make(ERR_SYSTEM, "socket pair for a measuring process");
    out->pid = fork();
    if (out->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would read what we count */
        _exit(loop(bench, task, ends[1]));
    }
    out->socket = ends[0];
    (void)close(ends[1]); /* the other process's */
    return out->pid < 0 ? err_make(ERR_SYSTEM, "start a measuring process") : err_none();
}

static int loop(const struct bench *bench, const struct task *task, int socket)
{
    struct sandbox_options options = {.name = "bench"};
    struct sandbox *slot = NULL;
    if (task->slot && (err_is(sandbox_open(&options, &slot)) ||
                       err_is(bench_run(slot, bench->program_fd, "exit"))))
        return 1;
    for (int64_t until_ns; recv(socket, &until_ns, sizeof until_ns, 0) == sizeof until_ns;) {
        int64_t runs = until_ns == 0 ? 0 : runs_until(bench, task, slot, until_ns);
        if (until_ns == 0 || send(socket, &runs, sizeof runs, MSG_NOSIGNAL) < 0)
            break;
    }
    sandbox_close(slot);
    return 0;
}

static int64_t runs_until(const struct bench *bench, const struct task *task, struct sandbox *slot,
                          int64_t until_ns)
{
    int64_t runs = 0;
    for (; clock_ns() < until_ns; runs++) {
        struct err err = task->slot ? bench_run(slot, bench->program_fd, task->word)
                                    : bench_spawn(bench->program);
        if (err_is(err))
            return -1;
    }
    return runs;
}

static void runner_end(struct runner *runner)
{
    int64_t end = 0;
    if (runner->socket >= 0) {
        (void)send(runner->socket, &end, sizeof end, MSG_NOSIGNAL); /* or it has ended already */
        (void)close(runner->socket);                                /* nothing is pending in it */
    }
    if (runner->pid > 0)
        (void)waitpid(runner->pid, NULL, 0); /* what it has to say is said */
}

static struct err window(const struct runner *runners, unsigned count, double *out_per_second)
{
    int64_t began = clock_ns(), sum = 0;
    int64_t until_ns = began + WINDOW_MS * 1000000LL;
    for (unsigned i = 0; i < count; i++) {
        struct err err = fdio_send(runners[i].socket, &until_ns, sizeof until_ns, NULL, 0);
        if (err_is(err))
            return err;
    }
    for (unsigned i = 0; i < count; i++) {
        int64_t runs = -1;
        if (recv(runners[i].socket, &runs, sizeof runs, 0) != sizeof runs || runs < 0)
            return err_make(ERR_INTERNAL, "a measuring process cannot run its program");
        sum += runs;
    }
    *out_per_second = (double)sum * 1e9 / (double)(clock_ns() - began);
    return err_none();
}
