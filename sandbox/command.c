/* The command: files in, one run, files out, and what became of it. */
#include "sandbox/command.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/json_out.h"
#include "sandbox/base/text.h"
#include "sandbox/command_options.h"
#include "sandbox/gpu.h"
#include "sandbox/probe.h"
#include "sandbox/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAMS 3

/* The request and everything that it borrows. */
struct job {
    struct sandbox_request request;
    struct sandbox_file put[SANDBOX_FILES_MAX];
    struct sandbox_file get[SANDBOX_FILES_MAX];
    int streams[STREAMS]; /* its standard input, output and error */
    struct gpu_host gpu;  /* of profile gpu-launcher */
};

static struct err job_fill(const struct command_options *options, struct job *out);
static struct err job_profile(const struct command_options *options, struct job *out);
static struct err job_streams(const struct command_options *options, struct job *out);
static struct err job_files(const struct command_options *options, struct job *out);
static struct err open_slot(const struct command_options *options, struct job *job,
                            struct sandbox **out_slot);
static struct err deliver(const struct command_options *options, const struct job *job);
static struct err copy_out(int from, const char *path, int fallback);
static void print_result(const struct sandbox_result *result, enum sandbox_backend backend);
static void print_json(const struct sandbox_result *result, enum sandbox_backend backend);
static int refuse(struct err err);

int command_run(int argc, char **argv)
{
    struct command_options options;
    struct err err = command_parse(argc, argv, &options);
    if (err_is(err)) {
        fprintf(stderr, "sandbox run: %s\nsandbox run --help lists the options\n", err.text);
        return COMMAND_USAGE;
    }
    if (options.help) {
        command_help();
        return COMMAND_FINE;
    }

    struct job job = {0};
    struct sandbox *slot = NULL;
    struct sandbox_result result = {0};
    err = job_fill(&options, &job);
    if (!err_is(err))
        err = open_slot(&options, &job, &slot);
    if (!err_is(err))
        err = sandbox_run(slot, &job.request, &result);
    if (!err_is(err))
        err = deliver(&options, &job);
    if (!err_is(err)) {
        if (options.json)
            print_json(&result, sandbox_backend(slot));
        else
            print_result(&result, sandbox_backend(slot));
    }
    sandbox_close(slot); /* the descriptors of the job go with the process */
    if (err_is(err))
        return refuse(err);
    return result.end == SANDBOX_EXITED && result.exit_code == 0 ? COMMAND_FINE : COMMAND_ENDED;
}

int command_doctor(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "sandbox doctor [--json]\n");
        return COMMAND_USAGE;
    }
    struct probe probe;
    auto_buf struct buf text = buf_of(65536);
    probe_host("/proc/self/exe", &probe);
    if (json)
        probe_json(&probe, &text);
    else
        probe_text(&probe, &text);
    printf("%s", text.at);
    return probe.usable ? COMMAND_FINE : COMMAND_FAILED;
}

void command_help(void)
{
    printf("sandbox run [OPTIONS] [--] PROGRAM [ARGUMENTS]   run one static program within limits\n"
           "sandbox doctor [--json]                          what this host offers\n"
           "sandbox bench [--rounds N] [--json]              what a run costs, as ratios\n"
           "\n"
           "PROGRAM is a static x86-64 ELF file; with --profile compile it is a path inside the\n"
           "read-only view of the toolchain, such as /usr/bin/as, and runs in a fresh /work;\n"
           "with --profile gpu-launcher it may be dynamically linked.\n"
           "\n"
           "Options of run, with their presets:\n");
    command_options_help();
    printf("\n"
           "Exit codes: 0 it exited with 0; 1 it ended in any other way; 2 the program or a limit\n"
           "was refused; 3 the sandbox could not do its work; 64 wrong usage.\n"
           "\n"
           "Example: sandbox run --wall 2s --memory 64M --in data.txt -- ./a.out\n");
}

static struct err job_fill(const struct command_options *options, struct job *out)
{
    out->request = (struct sandbox_request){
        .program_fd = -1,
        .argv = (const char *const *)options->program,
        .cpu = options->pin == UINT64_MAX ? -1 : (int)options->pin,
        .limits = {.wall_ms = options->wall_ms,
                   .cpu_ms = options->cpu_ms,
                   .memory_bytes = options->memory_bytes,
                   .stack_bytes = options->stack_bytes,
                   .output_bytes = options->output_bytes,
                   .threads = options->threads > 1000 ? 1000 : (unsigned)options->threads},
    };
    struct err err = job_profile(options, out);
    if (!err_is(err))
        err = job_streams(options, out);
    if (!err_is(err))
        err = job_files(options, out);
    return err;
}

static struct err job_profile(const struct command_options *options, struct job *out)
{
    const struct profile *profile;
    for (unsigned i = 0; (profile = profile_of(i)) != NULL; i++) {
        if (strcmp(options->profile, profile->word) != 0)
            continue;
        out->request.profile = (enum sandbox_profile)i;
        if (profile->work)
            return err_none(); /* its programs are the view's own */
        out->request.program_fd = open(options->program[0], O_RDONLY | O_CLOEXEC);
        if (out->request.program_fd < 0)
            return err_make(ERR_INPUT, "cannot open '%.80s': %s", options->program[0],
                            strerror(errno));
        return err_none();
    }
    return err_make(ERR_INPUT, "no profile '%.20s': kernel, threads, compile or gpu-launcher",
                    options->profile);
}

static struct err job_streams(const struct command_options *options, struct job *out)
{
    static const char *const names[STREAMS] = {"stdin", "stdout", "stderr"};
    for (int i = 0; i < STREAMS; i++) {
        if (i == 0 && options->in[0] != '\0') {
            out->streams[i] = open(options->in, O_RDONLY | O_CLOEXEC);
            if (out->streams[i] < 0)
                return err_make(ERR_INPUT, "cannot open '%.80s': %s", options->in, strerror(errno));
            continue;
        }
        struct err err = fdio_memfd(names[i], 0, &out->streams[i]);
        if (err_is(err))
            return err;
    }
    out->request.fds = out->streams;
    out->request.fds_count = STREAMS;
    return err_none();
}

static struct err job_files(const struct command_options *options, struct job *out)
{
    for (unsigned i = 0; i < options->put_count; i++) {
        const char *slash = strrchr(options->put[i], '/');
        out->put[i].name = slash == NULL ? options->put[i] : slash + 1;
        out->put[i].fd = open(options->put[i], O_RDONLY | O_CLOEXEC);
        if (out->put[i].fd < 0)
            return err_make(ERR_INPUT, "cannot open '%.80s': %s", options->put[i], strerror(errno));
    }
    for (unsigned i = 0; i < options->get_count; i++) {
        out->get[i].name = options->get[i];
        struct err err = fdio_memfd("get", 0, &out->get[i].fd);
        if (err_is(err))
            return err;
    }
    out->request.files_in = out->put;
    out->request.files_in_count = options->put_count;
    out->request.files_out = out->get;
    out->request.files_out_count = options->get_count;
    return err_none();
}

static struct err open_slot(const struct command_options *options, struct job *job,
                            struct sandbox **out_slot)
{
    static const enum sandbox_backend backends[] = {SANDBOX_CGROUP_V2, SANDBOX_CGROUP_V1,
                                                    SANDBOX_RLIMITS};
    struct sandbox_options how = {
        .program = "/proc/self/exe", .name = "command", .require_cgroup = options->require_cgroup};
    for (size_t i = 0; i < COUNT(backends) && options->backend[0] != '\0'; i++) {
        if (strcmp(options->backend, sandbox_backend_word(backends[i])) == 0)
            how.only = &backends[i];
    }
    if (options->backend[0] != '\0' && how.only == NULL)
        return err_make(ERR_INPUT, "no back end '%.20s': cgroup-v2, cgroup-v1 or rlimits",
                        options->backend);
    struct err err = err_none();
    if (job->request.profile == SANDBOX_GPU_LAUNCHER) {
        err = gpu_find((unsigned)options->gpu, &job->gpu);
        how.gpu = &job->gpu.gpu;
    }
    return err_is(err) ? err : sandbox_open(&how, out_slot);
}

/* With --json our standard output is the object's alone. */
static struct err deliver(const struct command_options *options, const struct job *job)
{
    struct err err = copy_out(job->streams[1], options->out, options->json ? -1 : STDOUT_FILENO);
    if (!err_is(err))
        err = copy_out(job->streams[2], options->err, options->json ? -1 : STDERR_FILENO);
    for (unsigned i = 0; i < options->get_count && !err_is(err); i++)
        err = copy_out(job->get[i].fd, options->get[i], -1);
    return err;
}

static struct err copy_out(int from, const char *path, int fallback)
{
    auto_close int file = -1;
    int to = fallback;
    if (path[0] != '\0')
        to = file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (path[0] != '\0' && file < 0)
        return err_make(ERR_SYSTEM, "create '%.80s'", path);
    char piece[16384];
    off_t at = 0;
    for (ssize_t got; to >= 0 && (got = pread(from, piece, sizeof piece, at)) > 0; at += got) {
        struct err err = fdio_write(to, piece, (size_t)got);
        if (err_is(err))
            return err;
    }
    return err_none();
}

static void print_result(const struct sandbox_result *result, enum sandbox_backend backend)
{
    fprintf(stderr, "sandbox: %s (%s)%s; wall %.1f ms, cpu %.1f ms", sandbox_end_word(result->end),
            result->evidence, result->files_cut ? ", files missing or cut" : "",
            (double)result->wall_us / 1000, (double)result->cpu_us / 1000);
    if (result->peak_bytes > 0)
        fprintf(stderr, ", peak %.1f MiB", (double)result->peak_bytes / (1 << 20));
    fprintf(stderr, "; %s\n", sandbox_backend_word(backend));
}

static void print_json(const struct sandbox_result *result, enum sandbox_backend backend)
{
    auto_buf struct buf text = buf_of(8192);
    struct json_out json = {.out = &text};
    json_open(&json, NULL, '{');
    json_text(&json, "end", sandbox_end_word(result->end));
    if (result->end == SANDBOX_EXITED)
        json_integer(&json, "exit_code", result->exit_code);
    if (result->end == SANDBOX_SIGNALLED) {
        json_integer(&json, "signal", result->signal);
        json_flag(&json, "stack_overflow", result->stack_overflow);
    }
    if (result->end == SANDBOX_FORBIDDEN_CALL && result->syscall >= 0)
        json_text(&json, "syscall", result->syscall_name);
    json_real(&json, "wall_ms", (double)result->wall_us / 1000, 9);
    json_real(&json, "cpu_ms", (double)result->cpu_us / 1000, 9);
    if (result->peak_bytes > 0)
        json_integer(&json, "peak_bytes", (int64_t)result->peak_bytes);
    if (result->files_cut)
        json_flag(&json, "files_cut", true);
    json_text(&json, "evidence", result->evidence);
    json_text(&json, "backend", sandbox_backend_word(backend));
    json_close(&json, '}');
    buf_text(&text, "\n");
    printf("%s", text.at);
}

static int refuse(struct err err)
{
    fprintf(stderr, "sandbox: %s\n", err.text);
    return err.code == ERR_INPUT ? COMMAND_REFUSED : COMMAND_FAILED;
}
