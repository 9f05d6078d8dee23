/* One table for signals, one for the other ends. */
#include "worker/cause.h"

#include "sandbox/base/text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MIB (1024LL * 1024)
#define KIB 1024
#define WAITING_SHARE 0.1 /* of the wall time */

static struct err died_fill(const struct spec *spec, const struct sandbox_result *died,
                            struct wire_case *one);
static void signal_fill(const struct spec *spec, const struct sandbox_result *died,
                        struct wire_case *one);
static void time_fill(const struct spec *spec, const struct runner_result *result,
                      struct wire_case *one);

static const struct fault {
    int signal;
    const char *code;
    const char *sentence;
} faults[] = {
    {SIGSEGV, "segfault",
     "segmentation fault: it used memory outside its arrays, wrote to an input (inputs are "
     "read-only), or called itself without end"},
    {SIGBUS, "bus_error", "bus error: it used memory that is not there"},
    {SIGFPE, "division_by_zero", "integer division by zero, or a quotient that does not fit"},
    {SIGILL, "illegal_instruction",
     "illegal instruction: one that this machine does not have, or the end of a function that "
     "should have returned a value"},
    {SIGABRT, "abort", "it called abort(): a failed assert, or memory freed twice or overrun"},
};

#define SAY(one, ...) ((void)snprintf((one)->detail, sizeof(one)->detail, __VA_ARGS__))

struct err cause_fill(const struct spec *spec, const struct runner_result *result,
                      struct wire_case *one)
{
    if (result->died.peak_bytes > 0)
        one->peak_bytes = (int64_t)result->died.peak_bytes;
    if (result->end == RUNNER_CPU_LIMIT || result->end == RUNNER_WALL_LIMIT) {
        time_fill(spec, result, one);
        return err_none();
    }
    return died_fill(spec, &result->died, one);
}

static struct err died_fill(const struct spec *spec, const struct sandbox_result *died,
                            struct wire_case *one)
{
    const struct runner_result whole = {.end = died->end == SANDBOX_CPU_LIMIT ? RUNNER_CPU_LIMIT
                                                                              : RUNNER_WALL_LIMIT,
                                        .cpu_ms = (double)died->cpu_us / 1e3,
                                        .took_ns = (int64_t)died->wall_us * 1000};

    switch (died->end) {
    case SANDBOX_EXITED:
        one->verdict = VERDICT_EXITED_EARLY;
        (void)text_copy(one->code, sizeof one->code, "exited_early"); /* fits */
        SAY(one, "the program ended itself with exit code %d instead of returning",
            died->exit_code);
        break;
    case SANDBOX_SIGNALLED: signal_fill(spec, died, one); break;
    case SANDBOX_WALL_LIMIT:
    case SANDBOX_CPU_LIMIT: time_fill(spec, &whole, one); break;
    case SANDBOX_MEMORY_LIMIT:
        one->verdict = VERDICT_MEMORY_LIMIT;
        (void)text_copy(one->code, sizeof one->code, "memory_limit"); /* fits */
        SAY(one, "used more than %lld MiB of memory of its own",
            (long long)spec->limits.memory_extra_bytes / MIB);
        break;
    case SANDBOX_OUTPUT_LIMIT:
        one->verdict = VERDICT_OUTPUT_LIMIT;
        (void)text_copy(one->code, sizeof one->code, "output_flood"); /* fits */
        SAY(one, "printed more than %lld KiB in one case",
            (long long)spec->limits.stdout_bytes / KIB);
        break;
    case SANDBOX_FORBIDDEN_CALL:
        one->verdict = VERDICT_FORBIDDEN_CALL;
        (void)text_copy(one->code, sizeof one->code, "forbidden_call");         /* fits */
        (void)text_copy(one->syscall, sizeof one->syscall, died->syscall_name); /* same size */
        SAY(one, "asked the kernel for %s, which a kernel exercise never needs",
            one->syscall[0] != '\0' ? one->syscall : "something");
        break;
    case SANDBOX_KILLED: return err_make(ERR_INTERNAL, "the program was killed from outside");
    }
    return err_none();
}

static void signal_fill(const struct spec *spec, const struct sandbox_result *died,
                        struct wire_case *one)
{
    one->verdict = VERDICT_RUNTIME_ERROR;
    one->signal = died->signal;
    if (died->stack_overflow) {
        (void)text_copy(one->code, sizeof one->code, "stack_overflow"); /* fits */
        SAY(one,
            "the stack overflowed, it seems: recursion without an end, or arrays of more than %lld "
            "MiB inside a function",
            (long long)spec->limits.stack_bytes / MIB);
        return;
    }
    for (size_t i = 0; i < COUNT(faults); i++)
        if (faults[i].signal == died->signal) {
            (void)text_copy(one->code, sizeof one->code, faults[i].code);         /* fits */
            (void)text_copy(one->detail, sizeof one->detail, faults[i].sentence); /* fits */
            return;
        }
    (void)text_copy(one->code, sizeof one->code, "signal"); /* fits */
    SAY(one, "the program was ended by signal %d", died->signal);
}

static void time_fill(const struct spec *spec, const struct runner_result *result,
                      struct wire_case *one)
{
    const struct spec_limits *limits = &spec->limits;
    const bool by_cpu = result->end == RUNNER_CPU_LIMIT;
    /* On a busy machine a loop gets a part of a processor; who waits gets next to nothing. */
    const bool waits = !by_cpu && result->cpu_ms * 1e6 < WAITING_SHARE * (double)result->took_ns;

    one->verdict = VERDICT_TIME_LIMIT;
    (void)text_copy(one->code, sizeof one->code, waits ? "waiting" : "loop_endless"); /* fits */
    if (by_cpu)
        SAY(one, "stopped after %.1f s of CPU time (limit %.1f s)", result->cpu_ms / 1e3,
            (double)limits->cpu_ms / 1e3);
    else
        SAY(one, "stopped after %.1f s (limit %.1f s), of which %.1f s was CPU time%s",
            (double)result->took_ns / 1e9, (double)limits->wall_ms / 1e3, result->cpu_ms / 1e3,
            waits ? ": it waits for something" : "");
}
