/* Compile, run, ask for the line: three steps in the slot of the student, each of which may come to
 * nothing. */
#include "worker/diagnosis.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/log.h"
#include "worker/finding.h"
#include "worker/runner.h"
#include "worker/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of each of the two calls. Visible cases take milliseconds, and the build is some fifty times
 * slower; what does not come to an end has no finding. */
#define CALL_CPU_MS 1000
#define CALL_WALL_MS 1500
#define EXTRA_BYTES                                                                                \
    ((int64_t)128 << 20)             /* redzones, shadow, and blocks that are never used again */
#define GAP_BYTES ((size_t)64 << 10) /* between tensors: so far a wrong index is seen as one */
#define LINE_CPU_MS 1000
#define SAID_MAX 4096
#define SOURCE_BYTES_MAX ((size_t)1 << 20)
#define BASELINE_CALLS 3 /* the first one meets cold caches */

static struct err find(struct worker *worker, const struct job *job, const struct spec *spec,
                       int case_index, struct wire_finding *out, bool *out_found);
static struct err compare(struct worker *worker, const struct job *job, const struct spec *spec,
                          int case_index, struct wire_finding *out, bool *out_found);
static struct err watch(struct worker *worker, const struct job *job, const struct spec *spec,
                        int case_index, int program, struct control_finding *out);
static struct err line_of(struct worker *worker, int program, uint64_t pc, const char *file_name,
                          int64_t *out_line);

bool diagnosis_fits(const struct job *job, const struct spec *spec, const struct wire_case *one)
{
    const bool wrong = one->verdict == VERDICT_WRONG || one->verdict == VERDICT_RUNTIME_ERROR;
    const bool slow = one->verdict == VERDICT_TIME_LIMIT && strcmp(one->code, "loop_endless") == 0;

    return job->patterns_only == 0 && !spec->cases[one->index].hidden &&
           (slow || (wrong && spec->limits.threads == 1));
}

struct err diagnosis_run(struct worker *worker, const struct job *job, const struct spec *spec,
                         int case_index, enum verdict verdict)
{
    struct event event = {.kind = EVENT_FINDING, .job = job->id};
    bool found = false;

    struct err err = verdict == VERDICT_TIME_LIMIT
                         ? compare(worker, job, spec, case_index, &event.finding, &found)
                         : find(worker, job, spec, case_index, &event.finding, &found);
    if (err_is(err)) {
        log_err("diagnosis.failed", err);
        worker_close_slots(worker); /* nobody knows in what state it is */
        return err_none();
    }
    return found ? worker->emit(worker->emit_context, &event) : err_none();
}

static struct err find(struct worker *worker, const struct job *job, const struct spec *spec,
                       int case_index, struct wire_finding *out, bool *out_found)
{
    struct control_finding raw = {.kind = FOUND_NOTHING};
    auto_close int program = -1;
    int64_t line = 0;

    struct err err = compile_diagnosis(&worker->toolchain, worker->student, spec, job->file_name,
                                       job->source, job->source_size, &program);
    if (err_is(err) || program < 0)
        return err;
    err = watch(worker, job, spec, case_index, program, &raw);
    if (err_is(err) || !finding_read(&raw, spec, &spec->cases[case_index], out))
        return err;
    *out_found = true;
    err = line_of(worker, program, raw.pc, job->file_name, &line);
    finding_place(out, line, job->source, job->source_size);
    return err;
}

/* The baseline on the same inputs, in the same slot. */
static struct err compare(struct worker *worker, const struct job *job, const struct spec *spec,
                          int case_index, struct wire_finding *out, bool *out_found)
{
    char path[sizeof worker->toolchain.home + SPEC_NAME_MAX + 32];
    auto_close int program = -1;
    struct wire_compiled compiled;
    struct runner *runner = NULL;
    auto_buf struct buf source = buf_of(SOURCE_BYTES_MAX);

    (void)snprintf(path, sizeof path, "%s/reference/%s/baseline.c", worker->toolchain.home,
                   spec->name); /* fits */
    struct err err = fdio_read_file(path, &source);
    if (err_is(err))
        return err;
    err = compile_source(&worker->toolchain, worker->student, spec, "baseline.c", source.at,
                         source.size, &compiled, &program);
    wire_compiled_release(&compiled);
    if (err_is(err) || program < 0)
        return err;
    const struct runner_plan plan = {.slot = worker->student,
                                     .spec = spec,
                                     .program = program,
                                     .cases = &case_index,
                                     .cases_count = 1,
                                     .calls = BASELINE_CALLS,
                                     .cpu = -1};
    double least_ms = (double)spec->limits.cpu_ms;
    err = runner_new(&runner, &plan);
    for (int number = 0; number < BASELINE_CALLS && !err_is(err); number++) {
        struct runner_result result = {.end = RUNNER_DIED};
        err = runner_ready(runner, NULL);
        if (!err_is(err))
            err = runner_fill(runner, case_index, job->key, 0);
        if (!err_is(err))
            err = runner_call(runner, &result);
        *out_found = !err_is(err) && result.end == RUNNER_DONE;
        if (*out_found && result.cpu_ms < least_ms)
            least_ms = result.cpu_ms;
    }
    runner_free(runner);
    *out = (struct wire_finding){.index = case_index,
                                 .kind = FOUND_SLOW,
                                 .value = least_ms < 1e-3 ? 1000 : (int64_t)(least_ms * 1e6)};
    return err;
}

/* Runs the calls of the case as the checking did, with the same inputs, until one finds something.
 */
static struct err watch(struct worker *worker, const struct job *job, const struct spec *spec,
                        int case_index, int program, struct control_finding *out)
{
    auto_free struct spec *bounded = malloc(sizeof *bounded);
    struct runner *runner = NULL;
    struct runner_result result = {.end = RUNNER_DONE};

    if (bounded == NULL)
        return err_make(ERR_SYSTEM, "memory for a diagnosis");
    *bounded = *spec;
    bounded->limits.cpu_ms = spec->limits.cpu_ms < CALL_CPU_MS ? spec->limits.cpu_ms : CALL_CPU_MS;
    bounded->limits.wall_ms =
        spec->limits.wall_ms < CALL_WALL_MS ? spec->limits.wall_ms : CALL_WALL_MS;
    bounded->limits.memory_extra_bytes += EXTRA_BYTES;
    const struct runner_plan plan = {.slot = worker->student,
                                     .spec = bounded,
                                     .program = program,
                                     .cases = &case_index,
                                     .cases_count = 1,
                                     .calls = SPEC_CALLS,
                                     .cpu = -1,
                                     .gap = GAP_BYTES};
    struct err err = runner_new(&runner, &plan);
    for (int number = 0; number < SPEC_CALLS && !err_is(err) && out->kind == FOUND_NOTHING &&
                         result.end == RUNNER_DONE;
         number++) {
        err = runner_ready(runner, NULL);
        if (!err_is(err))
            err = runner_fill(runner, case_index, job->key, (uint64_t)number);
        if (!err_is(err))
            err = runner_call(runner, &result);
        if (!err_is(err))
            runner_finding(runner, out);
    }
    runner_free(runner);
    return err;
}

static struct err line_of(struct worker *worker, int program, uint64_t pc, const char *file_name,
                          int64_t *out_line)
{
    char address[32];
    auto_close int nothing = -1, lines = -1;
    const char *const argv[] = {worker->toolchain.addr2line, "-i", "-e", "program", address, NULL};
    const struct sandbox_file in = {"program", program};
    struct tool_result tool;

    if (worker->toolchain.addr2line[0] == '\0' || pc == 0)
        return err_none();
    (void)snprintf(address, sizeof address, "0x%llx", (unsigned long long)pc); /* fits */
    struct err err = fdio_memfd("nothing", 0, &nothing);
    if (!err_is(err))
        err = fdio_memfd("lines", 0, &lines);
    if (err_is(err))
        return err;

    const struct tool_run run = {.title = "addr2line",
                                 .argv = argv,
                                 .input = nothing,
                                 .output = lines,
                                 .files_in = &in,
                                 .files_in_count = 1,
                                 .output_bytes = SAID_MAX,
                                 .cpu_ms = LINE_CPU_MS};
    auto_buf struct buf said = buf_of(SAID_MAX);
    tool_result_init(&tool);
    err = tool_run(worker->student, &run, &tool);
    if (!err_is(err) && tool.end == TOOL_DONE)
        err = fdio_read_start(lines, &said, SAID_MAX - 1, NULL);
    if (!err_is(err))
        *out_line = finding_line(said.at, file_name);
    tool_result_release(&tool);
    return err;
}
