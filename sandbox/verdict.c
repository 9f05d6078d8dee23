/* The order of the rows of what can have happened, most certain first. */
#include "sandbox/verdict.h"

#include "sandbox/base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define MIB (1024.0 * 1024.0)
#define STACK_SLACK_BYTES ((size_t)64 << 10) /* guard gap, and first pages that nobody touches */

static void judge_signal(const struct verdict_input *input, int number,
                         struct sandbox_result *result);
static const char *signal_word(int number);
static void judge_memory(const struct verdict_input *input, struct sandbox_result *result);
static void judge_cpu(const struct verdict_input *input, struct sandbox_result *result);
static void judge_call(const struct verdict_input *input, struct sandbox_result *result);
static uint64_t private_peak(const struct verdict_input *input);
static uint64_t private_at_least(const struct verdict_input *input);

#define EVIDENCE(result, ...)                                                                      \
    ((void)snprintf((result)->evidence, sizeof(result)->evidence, __VA_ARGS__)) /* cut is fine */

struct err verdict_make(const struct verdict_input *input, struct sandbox_result *out_result)
{
    const struct slot_ended *ended = input->ended;
    struct sandbox_result result = {
        .end = SANDBOX_EXITED,
        .syscall = -1,
        .wall_us = ended->wall_us,
        .cpu_us = ended->cpu_us,
        .peak_bytes = private_peak(input),
    };

    if (ended->stop == SLOT_STOP_CALL) {
        judge_call(input, &result);
    } else if (ended->reaped != 0 && WIFEXITED(ended->status)) {
        result.exit_code = WEXITSTATUS(ended->status);
        EVIDENCE(&result, "exit code %d", result.exit_code);
    } else if (ended->reaped != 0) {
        judge_signal(input, WTERMSIG(ended->status), &result);
    } else if (ended->stop == SLOT_STOP_WALL) {
        result.end = SANDBOX_WALL_LIMIT;
        EVIDENCE(&result, "killed after %llu ms of wall time, limit %llu ms",
                 (unsigned long long)ended->wall_us / 1000,
                 (unsigned long long)input->limits.wall_ms);
    } else if (ended->stop == SLOT_STOP_CPU) {
        judge_cpu(input, &result);
    } else if (ended->stop == SLOT_STOP_ASKED) {
        result.end = SANDBOX_KILLED;
        EVIDENCE(&result, "sandbox_kill");
    } else if (input->group->oom) {
        judge_memory(input, &result);
    } else {
        errno = ECHILD;
        return err_make(ERR_SYSTEM, "somebody outside killed the run's init");
    }
    *out_result = result;
    return err_none();
}

static void judge_signal(const struct verdict_input *input, int number,
                         struct sandbox_result *result)
{
    result->end = SANDBOX_SIGNALLED;
    result->signal = number;
    EVIDENCE(result, "SIG%s", signal_word(number));

    if (number == SIGXFSZ) {
        result->end = SANDBOX_OUTPUT_LIMIT;
        EVIDENCE(result, "SIGXFSZ: wrote past %llu bytes of one descriptor",
                 (unsigned long long)input->limits.output_bytes);
    } else if (number == SIGXCPU && input->ended->cpu_us / 500 >= input->limits.cpu_ms) {
        /* The kernel's limit counts by ticks, which drift from the clock on a busy machine: from
         * half the limit on it is believed. Earlier the program sent the signal itself. */
        judge_cpu(input, result);
    } else if (number == SIGSYS) {
        judge_call(input, result);
    } else if (number == SIGKILL && input->group->oom) {
        judge_memory(input, result);
    } else if (number == SIGKILL && input->ended->cpu_us / 1000 >= input->limits.cpu_ms) {
        judge_cpu(input, result);
    } else if (number == SIGSEGV) {
        uint64_t used = private_at_least(input);
        result->stack_overflow = used + STACK_SLACK_BYTES >= input->limits.stack_bytes;
        if (result->stack_overflow)
            EVIDENCE(result, "SIGSEGV after %.1f MiB of private memory, stack limit %.1f MiB",
                     (double)used / MIB, (double)input->limits.stack_bytes / MIB);
    }
}

/* Only some libraries have it. */
static const char *signal_word(int number)
{
    static const char *const words[] = {
        "?",    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
        "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
        "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "POLL", "PWR",  "SYS",
    };
    return number > 0 && (size_t)number < COUNT(words) ? words[number] : "?";
}

static void judge_memory(const struct verdict_input *input, struct sandbox_result *result)
{
    result->end = SANDBOX_MEMORY_LIMIT;
    EVIDENCE(result, "OOM counter of the group +%llu at a limit of %.1f MiB",
             (unsigned long long)input->group->oom_count, (double)input->limits.memory_bytes / MIB);
}

static void judge_cpu(const struct verdict_input *input, struct sandbox_result *result)
{
    result->end = SANDBOX_CPU_LIMIT;
    EVIDENCE(result, "used %llu ms of CPU time, limit %llu ms",
             (unsigned long long)input->ended->cpu_us / 1000,
             (unsigned long long)input->limits.cpu_ms);
}

static void judge_call(const struct verdict_input *input, struct sandbox_result *result)
{
    result->end = SANDBOX_FORBIDDEN_CALL;
    result->syscall = input->ended->syscall;
    (void)text_copy(result->syscall_name, sizeof result->syscall_name,
                    input->ended->syscall_name); /* same size */
    if (result->syscall == SYS_ioctl)
        EVIDENCE(result, "the filter reported call %d %s, request 0x%llx", result->syscall,
                 result->syscall_name, (unsigned long long)input->ended->syscall_argument);
    else if (result->syscall >= 0)
        EVIDENCE(result, "the filter reported call %d %s", result->syscall, result->syscall_name);
    else
        EVIDENCE(result,
                 "SIGSYS from the filter: another architecture's entry, or a nested filter");
}

/* Without a group only the resident peak is known, shared pages included: it tells nothing about
 * private memory once something was shared. */
static uint64_t private_peak(const struct verdict_input *input)
{
    if (input->group->peak_bytes != 0)
        return input->group->peak_bytes;
    return input->shared_bytes == 0 ? input->ended->peak_resident_bytes : 0;
}

/* For a hint a lower bound is good enough: as if all that was shared had been touched. */
static uint64_t private_at_least(const struct verdict_input *input)
{
    const uint64_t resident = input->ended->peak_resident_bytes;
    const uint64_t own = resident > input->shared_bytes ? resident - input->shared_bytes : 0;
    return own > input->group->peak_bytes ? own : input->group->peak_bytes;
}
