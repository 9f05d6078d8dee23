/* The waiting process, the hand-over, and what its end means. */
#include "worker/nvrtc.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/jail_tools.h"
#include "worker/nvrtc_input.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WAIT_MS 3500000 /* a slot's longest wall limit is an hour: a process older goes first */
#define WARM_MS 3000
#define STILL_US 20000
#define PATIENCE_MS 60000                /* only a starved machine gets here before the CPU limit */
#define MEMORY_BYTES ((uint64_t)3 << 29) /* it holds 120 MB; over 1 GiB is the source's */

static bool is_there(const struct nvrtc *nvrtc);
static struct err start(struct nvrtc *nvrtc);
static struct err make_files(struct nvrtc *nvrtc);
static struct err hand_over(struct nvrtc *nvrtc, const struct nvrtc_source *source);
static struct err await(struct nvrtc *nvrtc, struct sandbox_result *out_ended);
static struct err judge(const struct sandbox_result *ended, struct tool_result *out);
static struct err judge_exit(const struct sandbox_result *ended, struct tool_result *out);
static bool says(const struct buf *said, const char *words);
static struct err limit(struct tool_result *out, const char *words, const char *evidence);
static void forget(struct nvrtc *nvrtc);

void nvrtc_init(struct nvrtc *nvrtc, const struct sandbox_options *options)
{
    *nvrtc = (struct nvrtc){.options = *options, .input = -1, .cubin = -1, .said = -1, .wake = -1};
}

void nvrtc_release(struct nvrtc *nvrtc)
{
    if (nvrtc->slot == NULL)
        return;
    forget(nvrtc);
    sandbox_close(nvrtc->slot);
    nvrtc->slot = NULL;
}

struct err nvrtc_warm(struct nvrtc *nvrtc)
{
    struct err err = err_none();

    if (is_there(nvrtc))
        return err;
    if (nvrtc->waiting) {
        sandbox_close(nvrtc->slot); /* ended, or too old to finish a source before its limit */
        nvrtc->slot = NULL;
    }
    forget(nvrtc);
    if (nvrtc->slot == NULL)
        err = sandbox_open(&nvrtc->options, &nvrtc->slot);
    if (!err_is(err))
        err = start(nvrtc);
    if (err_is(err))
        forget(nvrtc);
    return err;
}

/* A process waits that can still finish a source before its wall limit. */
static bool is_there(const struct nvrtc *nvrtc)
{
    return nvrtc->waiting && !sandbox_is_over(nvrtc->slot) && clock_ms() - nvrtc->born_ms < WAIT_MS;
}

void nvrtc_warm_up(struct nvrtc *nvrtc)
{
    const int64_t until_ms = clock_ms() + WARM_MS;
    uint64_t used_us = 0;
    uint64_t before_us;

    if (is_there(nvrtc) || err_is(nvrtc_warm(nvrtc)))
        return; /* an error shows when it is needed */
    do {
        before_us = used_us;
        (void)usleep(STILL_US);
        if (err_is(sandbox_cpu_us(nvrtc->slot, &used_us)))
            return;
    } while ((used_us == 0 || used_us - before_us > STILL_US / 10) && clock_ms() < until_ms);
}

struct err nvrtc_compile(struct nvrtc *nvrtc, const struct nvrtc_source *source,
                         struct tool_result *out_result, struct buf *out_cubin)
{
    struct sandbox_result ended = {.end = SANDBOX_EXITED};

    struct err err = nvrtc_warm(nvrtc);
    if (!err_is(err))
        err = hand_over(nvrtc, source);
    if (!err_is(err))
        err = await(nvrtc, &ended);
    if (!err_is(err))
        err = fdio_read_start(nvrtc->said, &out_result->said, (size_t)1 << 20, NULL);
    if (!err_is(err))
        err = judge(&ended, out_result);
    if (!err_is(err) && out_result->end == TOOL_DONE)
        err = fdio_read_start(nvrtc->cubin, out_cubin, NVRTC_CUBIN_MAX, NULL);
    if (err_is(err)) {
        sandbox_close(nvrtc->slot);
        nvrtc->slot = NULL;
    }
    forget(nvrtc);
    return err;
}

static struct err start(struct nvrtc *nvrtc)
{
    static const char *const argv[] = {JAIL_NVRTC_PROGRAM, NULL};
    struct err err = make_files(nvrtc);
    if (err_is(err))
        return err;

    const int fds[] = {nvrtc->input, nvrtc->cubin, nvrtc->said, nvrtc->wake};
    const struct sandbox_request request = {
        .profile = SANDBOX_COMPILE,
        .program_fd = -1,
        .argv = argv,
        .fds = fds,
        .fds_count = COUNT(fds),
        .limits = {.wall_ms = 3600000,
                   .cpu_ms = nvrtc->cpu_ms != 0 ? nvrtc->cpu_ms : TOOL_CPU_MS,
                   .memory_bytes = MEMORY_BYTES,
                   .stack_bytes = TOOL_STACK_BYTES,
                   .output_bytes = NVRTC_CUBIN_MAX,
                   .threads = 1},
        .cpu = -1,
    };
    err = sandbox_start(nvrtc->slot, &request);
    nvrtc->waiting = !err_is(err);
    nvrtc->born_ms = clock_ms();
    return err;
}

static struct err make_files(struct nvrtc *nvrtc)
{
    struct err err = fdio_memfd("input", 0, &nvrtc->input);

    if (!err_is(err))
        err = fdio_memfd("cubin", 0, &nvrtc->cubin);
    if (!err_is(err))
        err = fdio_memfd("said", 0, &nvrtc->said);
    if (err_is(err))
        return err;
    nvrtc->wake = eventfd(0, EFD_CLOEXEC);
    return nvrtc->wake < 0 ? err_make(ERR_SYSTEM, "an eventfd for the CUDA compiler") : err;
}

/* An eventfd takes it whether or not the process is still there; await tells. */
static struct err hand_over(struct nvrtc *nvrtc, const struct nvrtc_source *source)
{
    struct nvrtc_input input = {.magic = NVRTC_MAGIC,
                                .header_size = (uint32_t)source->header_size,
                                .source_size = (uint32_t)source->text_size};

    if (source->header_size > NVRTC_TEXT_MAX || source->text_size > NVRTC_TEXT_MAX)
        return err_make(ERR_LIMIT, "a source of %zu bytes", source->text_size);
    (void)snprintf(input.architecture, sizeof input.architecture, "%s", source->architecture);
    (void)snprintf(input.name, sizeof input.name, "%s", source->name);
    (void)snprintf(input.header_name, sizeof input.header_name, "%s", source->header_name);
    struct err err = fdio_write(nvrtc->input, &input, sizeof input);
    if (!err_is(err))
        err = fdio_write(nvrtc->input, source->header, source->header_size);
    if (!err_is(err))
        err = fdio_write(nvrtc->input, source->text, source->text_size);
    /* The descriptor's place is shared with the process that reads it. */
    if (!err_is(err) && lseek(nvrtc->input, 0, SEEK_SET) < 0)
        err = err_make(ERR_SYSTEM, "rewind the source");
    if (err_is(err))
        return err;
    return eventfd_write(nvrtc->wake, 1) < 0 ? err_make(ERR_SYSTEM, "wake the CUDA compiler")
                                             : err_none();
}

static struct err await(struct nvrtc *nvrtc, struct sandbox_result *out_ended)
{
    bool done = false;
    struct err err = sandbox_wait(nvrtc->slot, PATIENCE_MS, &done, out_ended);

    if (err_is(err) || done)
        return err;
    return err_make(ERR_BUSY, "the CUDA compiler did not end within %d s", PATIENCE_MS / 1000);
}

static struct err judge(const struct sandbox_result *ended, struct tool_result *out)
{
    char words[64];

    switch (ended->end) {
    case SANDBOX_EXITED: return judge_exit(ended, out);
    case SANDBOX_SIGNALLED:
        if (ended->signal == SIGKILL)
            return err_make(ERR_INTERNAL, "the CUDA compiler was killed from outside (%s)",
                            ended->evidence);
        (void)snprintf(words, sizeof words, "it crashed on this source (signal %d)", ended->signal);
        return limit(out, words, "");
    case SANDBOX_CPU_LIMIT: return limit(out, "over 10 s of processor time", ended->evidence);
    case SANDBOX_MEMORY_LIMIT: return limit(out, "over 1 GiB of memory", ended->evidence);
    case SANDBOX_OUTPUT_LIMIT: return limit(out, "over 15 MiB of output", ended->evidence);
    case SANDBOX_WALL_LIMIT:
    case SANDBOX_FORBIDDEN_CALL:
    case SANDBOX_KILLED:
    default:
        return err_make(ERR_INTERNAL, "the CUDA compiler ended by %s %s (%s)",
                        sandbox_end_word(ended->end), ended->syscall_name, ended->evidence);
    }
}

static struct err judge_exit(const struct sandbox_result *ended, struct tool_result *out)
{
    static const char gone[] = "out of memory";

    if (ended->exit_code == 0)
        out->end = TOOL_DONE;
    else if (says(&out->said, gone))
        return limit(out, "over 1 GiB of memory", "it says that none is left");
    else if (ended->exit_code == 1 && out->said.size > 0)
        out->end = TOOL_ERRORS;
    else if (ended->exit_code == 3 || ended->exit_code == 1)
        return limit(out, "it crashed on this source", "");
    else
        return err_make(ERR_INTERNAL, "the CUDA compiler exited with %d: %.80s", ended->exit_code,
                        out->said.at != NULL ? out->said.at : "");
    return err_none();
}

/* In a line of its own, not in an excerpt of the source, which is indented. */
static bool says(const struct buf *said, const char *words)
{
    for (size_t at = 0; at < said->size;) {
        const char *const line = said->at + at;
        const char *const end = memchr(line, '\n', said->size - at);
        const size_t length = end == NULL ? said->size - at : (size_t)(end - line);
        if (*line != ' ' && memmem(line, length, words, strlen(words)) != NULL)
            return true;
        at += length + 1;
    }
    return false;
}

static struct err limit(struct tool_result *out, const char *words, const char *evidence)
{
    out->end = TOOL_LIMIT;
    (void)snprintf(out->message, sizeof out->message, "the CUDA compiler stopped: %s%s%s%s", words,
                   evidence[0] == '\0' ? "" : " (", evidence, evidence[0] == '\0' ? "" : ")");
    return err_none();
}

static void forget(struct nvrtc *nvrtc)
{
    int *const files[] = {&nvrtc->input, &nvrtc->cubin, &nvrtc->said, &nvrtc->wake};

    for (size_t i = 0; i < COUNT(files); i++) {
        if (*files[i] >= 0)
            (void)close(*files[i]); /* memfds: nothing can be lost */
        *files[i] = -1;
    }
    nvrtc->waiting = false;
}
