/* Lock, baseline, processor, floor. */
#include "worker/timing_bench.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/kernel.h"
#include "worker/compile.h"
#include "worker/stats.h"
#include "worker/timing.h"
#include "worker/timing_lock.h"

#include <emmintrin.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SOURCE_BYTES_MAX ((size_t)1 << 20)
#define FLOOR_WARMUPS 3
#define FLOOR_CALLS 21
#define FLOOR_DRIFT 1.5 /* of the floor that the test of this machine found */
#define LAUNCH_CALLS (TIMING_WARMUPS + 2 * TIMING_LAUNCH_BLOCKS)
/* After vector code a processor keeps its lower clock for about two thirds of a millisecond: Intel
 * 64 and IA-32 Architectures Optimization Reference Manual, section on AVX-512 licences. */
#define PAUSE_NS 700000

static void rest(bool awake);
static struct err trusted_compile(const struct timing_bench *bench, const char *file_name,
                                  const char *source, size_t source_size, int *out_program);
static struct err floor_measure(struct timing_bench *bench, int index);
static struct err floor_calls(const struct timing_bench *bench, struct runner *runner, int index,
                              double *out_ns);
static double floor_of(const struct timing_bench *bench, double *took_ns);
static struct err runner_of(const struct timing_bench *bench, struct sandbox *slot, int program,
                            int index, struct runner **out);

struct err timing_bench_open(struct timing_bench *bench)
{
    struct worker *worker = bench->worker;

    bench->baseline_program = bench->lock_fd = -1;
    bench->cpu = worker->processors.timing;
    bench->moved = false;
    struct err err = bench->impatient
                         ? timing_lock_take(worker->timing_lock, TIMING_LOCK_TRY, &bench->lock_fd)
                         : worker_timing_lock(worker, &bench->lock_fd);
    if (!err_is(err))
        err = worker_open_slot(worker, &worker->student, "student");
    if (!err_is(err))
        err = worker_open_slot(worker, &worker->baseline, "baseline");
    if (!err_is(err))
        err = timing_bench_compile(bench, "baseline.c", &bench->baseline_program);
    if (!err_is(err))
        err = processors_leave(&worker->processors);
    bench->moved = !err_is(err);
    bench->beside = bench->spec->limits.threads == 1 && kernel_may_go_first() >= KERNEL_WATCHER;
    if (!err_is(err))
        err = floor_measure(bench, bench->first_case);
    if (!err_is(err))
        log_line(LOG_INFO, "timing.floor", "assignment=%s cpu=%d floor_us=%.1f", bench->spec->name,
                 bench->cpu, bench->floor_ns / 1e3);
    return err;
}

void timing_bench_close(struct timing_bench *bench)
{
    if (bench->moved)
        processors_return(&bench->worker->processors);
    err_cleanup_close(&bench->baseline_program);
    err_cleanup_close(&bench->lock_fd); /* releases the lock */
    bench->baseline_program = bench->lock_fd = -1;
    bench->moved = false;
}

struct err timing_bench_runner(const struct timing_bench *bench, int index, bool student,
                               struct runner **out)
{
    return runner_of(bench, student ? bench->worker->student : bench->worker->baseline,
                     student ? bench->student_program : bench->baseline_program, index, out);
}

struct err timing_bench_ready(const struct timing_bench *bench, struct runner *runner)
{
    struct err err =
        runner_is_up(runner) ? err_none() : processors_leave(&bench->worker->processors);

    return err_is(err) ? err : runner_ready(runner, NULL);
}

struct err timing_bench_call(const struct timing_bench *bench, struct runner *runner,
                             struct runner_result *out)
{
    const bool beside = bench->beside && runner_goes_first(runner);

    if (!bench->keeps_caches)
        runner_flush(runner);
    struct err err = beside ? processors_join(&bench->worker->processors)
                            : processors_leave(&bench->worker->processors);
    if (err_is(err))
        return err;
    rest(beside);
    return runner_call_timed(runner, beside ? RUNNER_BESIDE : RUNNER_APART, out);
}

/* Asleep, or awake on a processor that is to stay so: waking one takes longer than a call's own
 * overhead. */
static void rest(bool awake)
{
    const int64_t until_ns = clock_ns() + PAUSE_NS;
    struct timespec pause = {.tv_nsec = PAUSE_NS};

    while (awake && clock_ns() < until_ns)
        _mm_pause();
    while (!awake && clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) == EINTR)
        ;
}

struct err timing_bench_empty(const struct timing_bench *bench, int index, struct runner **out)
{
    char source[128];
    int program = -1;

    (void)snprintf(source, sizeof source, "void %s(void);\nvoid %s(void)\n{\n}\n",
                   bench->spec->function, bench->spec->function); /* fits */
    struct err err = trusted_compile(bench, "empty.c", source, strlen(source), &program);
    if (!err_is(err))
        err = runner_of(bench, bench->worker->student, program, index, out);
    if (!err_is(err))
        err = timing_bench_ready(bench, *out);
    if (program >= 0)
        (void)close(program); /* it runs, and is not started again */
    return err;
}

struct err timing_bench_compile(const struct timing_bench *bench, const char *file_name,
                                int *out_program)
{
    char path[sizeof bench->worker->toolchain.home + SPEC_NAME_MAX + 32];
    auto_buf struct buf source = buf_of(SOURCE_BYTES_MAX);

    (void)snprintf(path, sizeof path, "%s/reference/%s/%.16s", bench->worker->toolchain.home,
                   bench->spec->name, file_name); /* fits */
    struct err err = fdio_read_file(path, &source);
    return err_is(err) ? err
                       : trusted_compile(bench, file_name, source.at, source.size, out_program);
}

/* Ours, but by the same path as a student's. In the student's slot, which has the compilers at hand
 * already. */
static struct err trusted_compile(const struct timing_bench *bench, const char *file_name,
                                  const char *source, size_t source_size, int *out_program)
{
    struct wire_compiled compiled;

    struct err err = compile_source(&bench->worker->toolchain, bench->worker->student, bench->spec,
                                    file_name, source, source_size, &compiled, out_program);
    wire_compiled_release(&compiled);
    if (!err_is(err) && !compiled.good)
        err = err_make(ERR_INTERNAL, "%s of '%s' does not compile: %s", file_name,
                       bench->spec->name, compiled.message);
    return err;
}

/* What the clock shows for a function that returns at once. */
static struct err floor_measure(struct timing_bench *bench, int index)
{
    struct runner *runner = NULL;
    struct err err = timing_bench_empty(bench, index, &runner);

    if (!err_is(err))
        err = floor_calls(bench, runner, index, &bench->floor_ns);
    runner_free(runner);
    return err;
}

static struct err floor_calls(const struct timing_bench *bench, struct runner *runner, int index,
                              double *out_ns)
{
    static const unsigned char key[RANDOM_KEY_BYTES]; /* the inputs do not matter */
    double took_ns[FLOOR_CALLS];
    struct runner_result result = {.end = RUNNER_DONE};

    struct err err = runner_fill(runner, index, key, 0);
    for (int i = -FLOOR_WARMUPS; i < FLOOR_CALLS && !err_is(err); i++) {
        err = timing_bench_call(bench, runner, &result);
        if (!err_is(err) && result.end != RUNNER_DONE)
            err = err_make(ERR_INTERNAL, "an empty kernel ended: %s",
                           sandbox_end_word(result.died.end));
        if (i >= 0)
            took_ns[i] = (double)result.took_ns;
    }
    if (!err_is(err))
        *out_ns = floor_of(bench, took_ns);
    return err;
}

/* The median of the quicker half: what somebody else did to this machine meanwhile made single
 * calls longer, none shorter, and a floor that is too high would favour whoever is quick. For the
 * same reason never far beyond the floor of the day's test of this machine, which watched a program
 * of one thread: several are watched from further away. */
static double floor_of(const struct timing_bench *bench, double *took_ns)
{
    const bool is_known = !bench->measures_floor && bench->spec->limits.threads == 1;
    const double known_ns = is_known ? bench->worker->hello.calibration.floor_us * 1e3 : 0;

    (void)stats_median(took_ns, FLOOR_CALLS); /* in order now */
    const double floor_ns = stats_median(took_ns, (FLOOR_CALLS + 1) / 2);
    return known_ns > 0 && floor_ns > FLOOR_DRIFT * known_ns ? FLOOR_DRIFT * known_ns : floor_ns;
}

static struct err runner_of(const struct timing_bench *bench, struct sandbox *slot, int program,
                            int index, struct runner **out)
{
    const struct runner_plan plan = {.slot = slot,
                                     .spec = bench->spec,
                                     .program = program,
                                     .cases = &index,
                                     .cases_count = 1,
                                     .calls = LAUNCH_CALLS + FLOOR_WARMUPS + FLOOR_CALLS,
                                     .cpu = bench->cpu};
    return runner_new(out, &plan);
}
