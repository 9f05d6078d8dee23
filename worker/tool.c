/* Ends of a tool, sorted into ours and theirs by one table. */
#include "worker/tool.h"

#include "sandbox/base/fdio.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SAID_MAX ((size_t)1 << 20)

static struct err judge(const struct tool_run *run, const struct sandbox_result *ended,
                        struct tool_result *out);
static struct err judge_exit(const struct tool_run *run, const struct sandbox_result *ended,
                             struct tool_result *out);
static bool is_out_of_memory(const struct buf *said);
static struct err limit(struct tool_result *out, const struct tool_run *run, const char *words,
                        const char *evidence);

void tool_result_init(struct tool_result *result)
{
    *result = (struct tool_result){0};
    buf_init(&result->said, SAID_MAX);
}

void tool_result_release(struct tool_result *result)
{
    buf_release(&result->said);
}

struct err tool_run(struct sandbox *slot, const struct tool_run *run, struct tool_result *out)
{
    auto_close int said = -1;
    struct sandbox_result ended;
    struct err err = fdio_memfd("said", 0, &said);
    if (err_is(err))
        return err;

    const int fds[] = {run->input, run->output, said};
    const struct sandbox_request request = {
        .profile = SANDBOX_COMPILE,
        .program_fd = -1,
        .argv = run->argv,
        .fds = fds,
        .fds_count = COUNT(fds),
        .files_in = run->files_in,
        .files_in_count = run->files_in_count,
        .files_out = run->file_out,
        .files_out_count = run->file_out == NULL ? 0 : 1,
        .limits = {.wall_ms = TOOL_WALL_MS,
                   .cpu_ms = run->cpu_ms != 0 ? run->cpu_ms : TOOL_CPU_MS,
                   .memory_bytes = TOOL_MEMORY_BYTES,
                   .stack_bytes = TOOL_STACK_BYTES,
                   .output_bytes = run->output_bytes,
                   .threads = 1},
        .cpu = -1,
    };
    err = sandbox_run(slot, &request, &ended);
    if (!err_is(err))
        err = fdio_read_start(said, &out->said, SAID_MAX, NULL);
    return err_is(err) ? err : judge(run, &ended, out);
}

static struct err judge(const struct tool_run *run, const struct sandbox_result *ended,
                        struct tool_result *out)
{
    char words[64];

    switch (ended->end) {
    case SANDBOX_EXITED: return judge_exit(run, ended, out);
    case SANDBOX_SIGNALLED:
        /* Nobody but us and the kernel sends SIGKILL, and both would have said so. */
        if (ended->signal == SIGKILL)
            return err_make(ERR_INTERNAL, "%s was killed from outside (%s)", run->title,
                            ended->evidence);
        (void)snprintf(words, sizeof words, "it crashed on this source (signal %d)", ended->signal);
        return limit(out, run, words, "");
    case SANDBOX_CPU_LIMIT: return limit(out, run, "over 10 s of processor time", ended->evidence);
    case SANDBOX_MEMORY_LIMIT: return limit(out, run, "over 1 GiB of memory", ended->evidence);
    case SANDBOX_OUTPUT_LIMIT:
        (void)snprintf(words, sizeof words, "over %u MiB of output",
                       (unsigned)(run->output_bytes >> 20));
        return limit(out, run, words, ended->evidence);
    case SANDBOX_WALL_LIMIT:
        return err_make(ERR_BUSY, "%s got %llu ms of processor time in %d s", run->title,
                        (unsigned long long)(ended->cpu_us / 1000), TOOL_WALL_MS / 1000);
    case SANDBOX_FORBIDDEN_CALL:
    case SANDBOX_KILLED:
    default:
        return err_make(ERR_INTERNAL, "%s ended by %s %s (%s)", run->title,
                        sandbox_end_word(ended->end), ended->syscall_name, ended->evidence);
    }
}

/* 1: errors in the input. 4: gcc's internal compiler error, which a deep nest can cause. */
static struct err judge_exit(const struct tool_run *run, const struct sandbox_result *ended,
                             struct tool_result *out)
{
    if (ended->exit_code == 0 && ended->files_cut)
        return err_make(ERR_INTERNAL, "%s ended well, but its file is missing", run->title);
    if (ended->exit_code == 0)
        out->end = TOOL_DONE;
    else if (ended->exit_code == 4)
        return limit(out, run, "it crashed on this source", "internal compiler error");
    else if (ended->exit_code == 1 && is_out_of_memory(&out->said))
        return limit(out, run, "over 1 GiB of memory", "it says that none is left");
    else if (ended->exit_code == 1 && out->said.size > 0)
        out->end = TOOL_ERRORS;
    else
        return err_make(ERR_INTERNAL, "%s exited with %d: %.60s", run->title, ended->exit_code,
                        out->said.at);
    return err_none();
}

/* Where memory is limited by rlimit alone, the tools see it first and say so in these words. */
static bool is_out_of_memory(const struct buf *said)
{
    static const char *const words[] = {"out of memory allocating", "virtual memory exhausted",
                                        "memory exhausted", "Cannot allocate memory"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (memmem(said->at, said->size, words[i], strlen(words[i])) != NULL)
            return true;
    return false;
}

static struct err limit(struct tool_result *out, const struct tool_run *run, const char *words,
                        const char *evidence)
{
    out->end = TOOL_LIMIT;
    (void)snprintf(out->message, sizeof out->message, "%s stopped: %s%s%s%s", run->title, words,
                   evidence[0] == 0 ? "" : " (", evidence, evidence[0] == 0 ? "" : ")");
    return err_none();
}
