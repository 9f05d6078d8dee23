/* Start, order, and every way in which a launcher may end. */
#include "worker/gpu_process.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/gpu_fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOUR_MS ((uint64_t)3600000)
#define GIB ((uint64_t)1 << 30)
#define STOP_MS                                                                                    \
    200 /* to end by itself when we hang up; a driver may take its time, and is killed */
#define SAID_MAX 2048

static struct err slot_open(struct gpu *gpu);
static struct err streams_make(struct gpu_process *process);
static struct err process_start(struct gpu_process *process, const struct gpu_process_files *files,
                                int control);
static struct err reply_take(struct gpu_process *process, struct gpu_result *out, bool *out_over);
static bool reply_fine(const struct gpu_process *process, struct launcher_reply *reply,
                       size_t size);
static struct err end_await(struct gpu_process *process, int64_t timeout_ms,
                            struct sandbox_result *out);
static void process_forget(struct gpu_process *process);
static void said_log(const struct gpu_process *process);

void gpu_process_init(struct gpu_process *process, struct gpu *gpu)
{
    *process = (struct gpu_process){.gpu = gpu, .control = -1, .stdout_fd = -1, .stderr_fd = -1};
}

struct err gpu_process_start(struct gpu_process *process, const struct gpu_process_files *files)
{
    int ends[2] = {-1, -1};

    struct err err = slot_open(process->gpu);
    if (!err_is(err))
        err = streams_make(process);
    if (err_is(err))
        return err;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return err_make(ERR_SYSTEM, "a socket to the launcher");
    process->control = ends[0];
    err = process_start(process, files, ends[1]);
    (void)close(ends[1]); /* the launcher has its own: when it ends, ours says so */
    process->up = !err_is(err);
    return err;
}

struct err gpu_process_order(struct gpu_process *process, struct launcher_order *order,
                             int64_t timeout_ms, struct gpu_result *out)
{
    const int64_t started_ns = clock_ns();
    bool ready = false, over = true;

    *out = (struct gpu_result){.end = GPU_DIED};
    order->version = LAUNCHER_VERSION;
    order->serial = ++process->serial;
    struct err err = fdio_send(process->control, order, sizeof *order, NULL, 0);
    if (err.code == ERR_SYSTEM) /* it has ended meanwhile: what we read now tells how */
        err = err_none();
    if (!err_is(err))
        err = fdio_wait(process->control, timeout_ms, &ready);
    if (!err_is(err) && ready)
        err = reply_take(process, out, &over);
    else if (!err_is(err))
        out->end = GPU_WALL_LIMIT;
    out->took_ns = clock_ns() - started_ns;
    if (!err_is(err) && over)
        err = end_await(process, out->end == GPU_WALL_LIMIT ? 0 : STOP_MS, &out->died);
    return err;
}

void gpu_process_stop(struct gpu_process *process)
{
    struct sandbox_result ignored;

    if (process->up) {
        (void)shutdown(process->control, SHUT_RDWR); /* it reads the end and exits */
        (void)end_await(process, STOP_MS, &ignored); /* what is wrong shows at the next start */
    }
    process_forget(process);
}

struct err gpu_process_err(struct gpu *gpu, const struct gpu_result *result)
{
    char words[120];

    if (result->end == GPU_WALL_LIMIT)
        return err_make(ERR_SYSTEM, "the launcher did not answer in time");
    if (result->end == GPU_DIED)
        return err_make(ERR_INTERNAL, "the launcher ended: %s %s%s (%.60s)",
                        sandbox_end_word(result->died.end), result->died.syscall_name,
                        result->died.end == SANDBOX_SIGNALLED ? " by a signal" : "",
                        result->died.evidence);
    (void)snprintf(words, sizeof words, "%s: error %d of the driver", result->reply.where,
                   result->reply.code);
    if (result->reply.code == 0)
        words[strlen(result->reply.where)] = '\0';
    if (gpu_fault_meaning(result->reply.stage, result->reply.code)->blame == GPU_LOST &&
        result->reply.stage != LAUNCHER_STAGE_DRIVER)
        gpu_quarantine(gpu, words);
    return err_make(ERR_INTERNAL, "%s", words);
}

static struct err slot_open(struct gpu *gpu)
{
    struct sandbox_options options = gpu->options.slot;

    if (gpu->quarantined)
        return err_make(ERR_INTERNAL, "%.120s", gpu->why);
    if (gpu->slot != NULL)
        return err_none();
    options.name = "gpu";
    options.gpu = &gpu->host.gpu;
    return sandbox_open(&options, &gpu->slot);
}

static struct err streams_make(struct gpu_process *process)
{
    process_forget(process);
    struct err err = fdio_memfd("stdout", 0, &process->stdout_fd);
    return err_is(err) ? err : fdio_memfd("stderr", 0, &process->stderr_fd);
}

static struct err process_start(struct gpu_process *process, const struct gpu_process_files *files,
                                int control)
{
    struct gpu *const gpu = process->gpu;
    const char *const argv[] = {"launcher", gpu->host.driver, NULL};
    auto_close int empty = -1;
    auto_close int program = open(gpu->options.launcher, O_RDONLY | O_CLOEXEC);

    if (program < 0)
        return err_make(ERR_SYSTEM, "open '%.80s'", gpu->options.launcher);
    struct err err = fdio_memfd_sealed("empty", "", 0, &empty);
    if (err_is(err))
        return err;
    int fds[LAUNCHER_FD_COUNT] = {
        [LAUNCHER_FD_CONTROL] = control,
        [LAUNCHER_FD_STDOUT] = process->stdout_fd,
        [LAUNCHER_FD_STDERR] = process->stderr_fd,
        [LAUNCHER_FD_INPUTS] = files->inputs,
        [LAUNCHER_FD_OUTPUTS] = files->outputs,
        [LAUNCHER_FD_STUDENT] = files->images[LAUNCHER_STUDENT],
        [LAUNCHER_FD_BASELINE] = files->images[LAUNCHER_BASELINE],
    };
    for (int i = 0; i < LAUNCHER_FD_COUNT; i++)
        fds[i] = fds[i] < 0 ? empty : fds[i];
    /* Waiting for a device may spin, so processor time is wall time; each order has its own limit.
     */
    const struct sandbox_request request = {
        .profile = SANDBOX_GPU_LAUNCHER,
        .program_fd = program,
        .argv = argv,
        .fds = fds,
        .fds_count = LAUNCHER_FD_COUNT,
        .limits = {.wall_ms = HOUR_MS,
                   .cpu_ms = HOUR_MS,
                   .memory_bytes = 8 * GIB, /* a driver's own, and what it pins */
                   .stack_bytes = (uint64_t)8 << 20,
                   .output_bytes = 65536,
                   .threads = 32},
        .cpu = -1,
    };
    return sandbox_start(gpu->slot, &request);
}

static struct err reply_take(struct gpu_process *process, struct gpu_result *out, bool *out_over)
{
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;

    struct err err =
        fdio_receive(process->control, &out->reply, sizeof out->reply, &size, fds, &fds_count);
    if (err_is(err))
        return err;
    for (size_t i = 0; i < fds_count; i++)
        (void)close(fds[i]); /* nobody asked for it */
    if (size == 0)
        return err_none(); /* it has ended */
    if (!reply_fine(process, &out->reply, size))
        return err_make(ERR_INTERNAL, "the launcher's reply makes no sense");
    out->end = out->reply.kind == LAUNCHER_DONE ? GPU_DONE : GPU_FAULT;
    *out_over = out->end != GPU_DONE;
    return err_none();
}

static bool reply_fine(const struct gpu_process *process, struct launcher_reply *reply, size_t size)
{
    struct launcher_facts *const facts = &reply->facts;

    if (size != sizeof *reply || reply->version != LAUNCHER_VERSION ||
        reply->serial != process->serial ||
        (reply->kind != LAUNCHER_DONE && reply->kind != LAUNCHER_FAULT) || reply->outside < -1 ||
        reply->outside > SPEC_ARGUMENTS_MAX + LAUNCH_SCRATCH_MAX)
        return false;
    facts->name[sizeof facts->name - 1] = '\0';
    reply->where[sizeof reply->where - 1] = '\0';
    for (char *at = facts->name; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    for (char *at = reply->where; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
    return true;
}

/* Until it has ended: by itself within timeout_ms, else by our kill. One that is still there
 * GPU_REAP_MS after that sits in the driver: the device goes into quarantine, and the slot with it.
 */
static struct err end_await(struct gpu_process *process, int64_t timeout_ms,
                            struct sandbox_result *out)
{
    struct gpu *const gpu = process->gpu;
    bool done = false;

    process->up = false;
    struct err err = sandbox_wait(gpu->slot, timeout_ms, &done, out);
    if (!err_is(err) && !done) {
        err = sandbox_kill(gpu->slot);
        if (!err_is(err))
            err = sandbox_wait(gpu->slot, gpu->reap_ms, &done, out);
        if (!err_is(err) && !done) {
            gpu_quarantine(gpu, "a killed launcher was not gone in time");
            sandbox_close(gpu->slot);
            gpu->slot = NULL;
        }
    }
    said_log(process);
    return err;
}

static void process_forget(struct gpu_process *process)
{
    int *const fds[] = {&process->control, &process->stdout_fd, &process->stderr_fd};

    for (size_t i = 0; i < COUNT(fds); i++) {
        err_cleanup_close(fds[i]);
        *fds[i] = -1;
    }
    process->up = false;
}

/* What driver or launcher had to say: for operators. */
static void said_log(const struct gpu_process *process)
{
    auto_buf struct buf said = buf_of(SAID_MAX);
    char quoted[512];

    if (process->stderr_fd < 0 ||
        err_is(fdio_read_start(process->stderr_fd, &said, SAID_MAX, NULL)) || said.size == 0)
        return;
    text_quote(said.at, said.size, quoted, sizeof quoted);
    log_line(LOG_WARN, "gpu.launcher_said", "text=%s", quoted);
}
