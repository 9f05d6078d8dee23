/* build/worker: serves jobs over a socket that its parent gave it, one after the other. Blocking;
 * reads from top to bottom. Ends with 0 when the other side hangs up. */
#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/job.h"
#include "worker/prebuilt.h"
#include "worker/selftest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXIT_USAGE 64
#define IDLE_MS 1000 /* without a job before a worker finds something to do */

struct options {
    const char *fd, *home, *assignments, *name, *backend, *cache, *timing_lock, *calibration,
        *cuda_architecture, *gpu, *gpu_locks;
    bool require_cgroup, self_test, prebuild, help;
};

static bool options_parse(struct options *options, int argc, char **argv);
static void usage(FILE *out);
static bool socket_check(const char *text, int *out_fd);
static bool backend_choose(struct worker *worker, const char *word);
static struct err worker_init(struct worker *worker, const struct options *options);
static struct err gpu_init(struct worker *worker, const struct options *options);
static struct err event_send(void *context, const struct event *event);
static struct err serve(struct worker *worker, int fd);
static struct err idle(struct worker *worker, int fd);
static struct err job_read(int fd, struct job *out_job, bool *out_end);

static const struct option_row {
    const char *name, *value; /* value NULL: a flag */
    size_t offset;            /* in struct options */
    const char *help;
} option_rows[] = {
    {"--fd", "N", offsetof(struct options, fd), "socket to serve, inherited from the parent"},
    {"--home", "DIR", offsetof(struct options, home),
     "installation: holds assignments/ and reference/"},
    {"--assignments", "DIR", offsetof(struct options, assignments),
     "folder whose assignments win over the shipped ones"},
    {"--name", "NAME", offsetof(struct options, name), "what this worker calls itself"},
    {"--backend", "WORD", offsetof(struct options, backend),
     "rlimits, cgroup-v1, cgroup-v2 or auto (default)"},
    {"--require-cgroup", NULL, offsetof(struct options, require_cgroup),
     "refuse to run with resource limits alone"},
    {"--cache", "DIR", offsetof(struct options, cache), "keep compiled objects here"},
    {"--timing-lock", "FILE", offsetof(struct options, timing_lock),
     "one timing at a time among those who name the same file"},
    {"--calibration", "FILE", offsetof(struct options, calibration),
     "what a test of this machine found; also written by a calibrate job"},
    {"--self-test", NULL, offsetof(struct options, self_test),
     "test this machine when there is time, and before the first timing"},
    {"--cuda-architecture", "SM", offsetof(struct options, cuda_architecture),
     "compile .cu for this one where there is no GPU to ask (default sm_90)"},
    {"--gpu", "WHICH", offsetof(struct options, gpu),
     "auto (default), none, the number of a device, or a file that lists its nodes and libraries"},
    {"--gpu-locks", "PATH", offsetof(struct options, gpu_locks),
     "begin of the files that say who has a device, and of the folder of quarantines"},
    {"--prebuild", NULL, offsetof(struct options, prebuild),
     "parse the headers of intrinsics once, keep them with the runtime, and end"},
    {"--help", NULL, offsetof(struct options, help), "this text"},
};

int main(int argc, char **argv)
{
    struct options options = {.backend = "auto",
                              .timing_lock = "/tmp/kernel-grader-timing.lock",
                              .gpu = "auto",
                              .gpu_locks = "/tmp/kernel-grader-gpu",
                              .cuda_architecture = ""};
    struct worker worker = {.specs_count = 0};
    int fd = -1;

    if (!options_parse(&options, argc, argv))
        return EXIT_USAGE;
    if (options.help) {
        usage(stdout);
        return 0;
    }
    if ((!options.prebuild && !socket_check(options.fd, &fd)) ||
        !backend_choose(&worker, options.backend))
        return EXIT_USAGE;

    /* A worker without its parent has nobody to tell anything; its slots die with it. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* cannot fail with a signal that exists */
    (void)signal(SIGPIPE, SIG_IGN);         /* cannot fail; a write says EPIPE instead */
    worker.emit = event_send;
    worker.emit_context = &fd;

    struct err err = worker_init(&worker, &options);
    if (!err_is(err))
        err = options.prebuild ? prebuilt_make(&worker.toolchain, worker.student)
                               : serve(&worker, fd);
    if (err_is(err))
        log_err("worker.failed", err);
    worker_close_slots(&worker);
    gpu_close(&worker.gpu);
    free(worker.specs);
    return err_is(err) ? 1 : 0;
}

static bool options_parse(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t row = 0;
        while (row < COUNT(option_rows) && strcmp(option_rows[row].name, argv[i]) != 0)
            row++;
        if (row == COUNT(option_rows)) {
            fprintf(stderr, "worker: unknown option '%s'\n", argv[i]);
            usage(stderr);
            return false;
        }
        char *at = (char *)options + option_rows[row].offset;
        if (option_rows[row].value == NULL) {
            *(bool *)at = true;
            continue;
        }
        if (++i == argc) {
            fprintf(stderr, "worker: %s wants a value\n", option_rows[row].name);
            return false;
        }
        memcpy(at, &argv[i], sizeof argv[i]);
    }
    return true;
}

static void usage(FILE *out)
{
    fputs("usage: worker --fd N [OPTION...]   started by grader serve, try, batch and check\n",
          out);
    for (size_t i = 0; i < COUNT(option_rows); i++) {
        const struct option_row *row = &option_rows[i];
        fprintf(out, "  %-16s %-5s %s\n", row->name, row->value != NULL ? row->value : "",
                row->help);
    }
}

static bool socket_check(const char *text, int *out_fd)
{
    int kind = 0;
    socklen_t size = sizeof kind;
    char *end = NULL;
    long number = text != NULL ? strtol(text, &end, 10) : -1;

    if (text == NULL || *text == '\0' || *end != '\0' || number < 0 || number > 1 << 20) {
        fputs("worker: --fd wants the number of an open socket\n", stderr);
        usage(stderr);
        return false;
    }
    if (getsockopt((int)number, SOL_SOCKET, SO_TYPE, &kind, &size) < 0 || kind != SOCK_STREAM) {
        fprintf(stderr, "worker: descriptor %ld is no stream socket\n", number);
        return false;
    }
    *out_fd = (int)number;
    return true;
}

static bool backend_choose(struct worker *worker, const char *word)
{
    static const enum sandbox_backend all[] = {SANDBOX_CGROUP_V2, SANDBOX_CGROUP_V1,
                                               SANDBOX_RLIMITS};

    if (strcmp(word, "auto") == 0)
        return true;
    for (size_t i = 0; i < COUNT(all); i++)
        if (strcmp(word, sandbox_backend_word(all[i])) == 0) {
            worker->backend = all[i];
            worker->only = &worker->backend;
            return true;
        }
    fprintf(stderr, "worker: no back end '%s': rlimits, cgroup-v1, cgroup-v2 or auto\n", word);
    return false;
}

static struct err worker_init(struct worker *worker, const struct options *options)
{
    char folder[sizeof worker->toolchain.home + 16];

    processors_find(&worker->processors); /* before the first slot, which inherits them */
    struct err err = toolchain_find(&worker->toolchain, options->home);
    if (err_is(err))
        return err;
    if (options->cache != NULL &&
        !text_copy(worker->toolchain.cache, sizeof worker->toolchain.cache, options->cache))
        return err_make(ERR_INPUT, "--cache is too long");
    if (!text_copy(worker->timing_lock, sizeof worker->timing_lock, options->timing_lock))
        return err_make(ERR_INPUT, "--timing-lock is too long");
    if (options->calibration != NULL &&
        !text_copy(worker->calibration_file, sizeof worker->calibration_file, options->calibration))
        return err_make(ERR_INPUT, "--calibration is too long");
    worker->self_test = options->self_test;
    worker->require_cgroup = options->require_cgroup;
    const struct sandbox_options slot = {
        .name = "nvrtc", .require_cgroup = worker->require_cgroup, .only = worker->only};
    nvrtc_init(&worker->nvrtc, &slot);
    err = gpu_init(worker, options);
    if (err_is(err))
        return err;

    (void)snprintf(folder, sizeof folder, "%s/assignments", worker->toolchain.home); /* fits */
    err = spec_load_all(&worker->specs, &worker->specs_count, folder);
    if (!err_is(err) && options->assignments != NULL)
        err = spec_overlay(worker->specs, worker->specs_count, options->assignments);
    if (!err_is(err))
        err = worker_open_slot(worker, &worker->student, "student");
    if (err_is(err))
        return err;
    worker_hello_fill(worker, options->name);
    err = selftest_load(worker);
    worker_hello_rank(worker);
    return err;
}

/* The device first: .cu files are compiled for it. */
static struct err gpu_init(struct worker *worker, const struct options *options)
{
    const bool told = options->cuda_architecture[0] != '\0';

    if (!text_copy(worker->gpu_locks, sizeof worker->gpu_locks, options->gpu_locks))
        return err_make(ERR_INPUT, "--gpu-locks is too long");
    (void)snprintf(worker->launcher, sizeof worker->launcher, "%s/../launcher",
                   worker->toolchain.runtime); /* fits */
    const struct gpu_options wish = {
        .which = options->prebuild ? "none" : options->gpu,
        .locks = worker->gpu_locks,
        .launcher = worker->launcher,
        .slot = {.require_cgroup = worker->require_cgroup, .only = worker->only}};
    gpu_open(&worker->gpu, &wish);
    cuda_toolchain_find(&worker->cuda, told                  ? options->cuda_architecture
                                       : worker->gpu.present ? worker->gpu.architecture
                                                             : "");
    return err_none();
}

static struct err event_send(void *context, const struct event *event)
{
    const int *fd = context;
    auto_buf struct buf frame = buf_of(WIRE_FRAME_MAX + 4);

    struct err err = wire_put_event(&frame, event);
    return err_is(err) ? err : fdio_write(*fd, frame.at, frame.size);
}

static struct err serve(struct worker *worker, int fd)
{
    const struct event hello = {.kind = EVENT_HELLO, .hello = worker->hello};
    bool end = false;
    struct err err = worker->emit(worker->emit_context, &hello);

    while (!err_is(err) && !end) {
        struct job job = {.id = 0};
        err = idle(worker, fd);
        if (!err_is(err))
            err = job_read(fd, &job, &end);
        if (!err_is(err) && !end)
            err = job_run(worker, &job);
        job_release(&job);
    }
    return err;
}

/* Until there is something to read. A test of this machine is for when nothing else is asked. */
static struct err idle(struct worker *worker, int fd)
{
    int64_t due_ms = selftest_due_ms(worker);
    bool ready = !worker->self_test;
    struct err err = err_none();

    while (!ready && !err_is(err)) {
        err = fdio_wait(fd, due_ms > IDLE_MS ? due_ms : IDLE_MS, &ready);
        if (!err_is(err) && !ready)
            err = selftest_run(worker, fd);
        due_ms = selftest_due_ms(worker);
    }
    return err;
}

static struct err job_read(int fd, struct job *out_job, bool *out_end)
{
    unsigned char length[4];
    size_t got = 0, size = 0;
    bool whole = false;

    struct err err = fdio_read(fd, length, sizeof length, &got);
    *out_end = err.code == ERR_INPUT && got == 0;
    if (*out_end)
        return err_none();
    if (!err_is(err))
        err = wire_frame(length, sizeof length, &whole, &size);
    if (err_is(err))
        return err;
    auto_free char *payload = malloc(size + 1); /* never of 0 bytes */
    if (payload == NULL)
        return err_make(ERR_SYSTEM, "memory for a job of %zu bytes", size);
    err = fdio_read(fd, payload, size, &got);
    return err_is(err) ? err : wire_get_job(out_job, payload, size);
}
