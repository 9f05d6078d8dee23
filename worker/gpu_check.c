/* One case after the other, in one launcher for as long as it lives. */
#include "worker/gpu_check.h"

#include "worker/check.h"
#include "worker/check_rules.h"
#include "worker/gpu_cause.h"
#include "worker/gpu_runner.h"
#include "worker/judge.h"

/* The checking of one submission. */
struct checking {
    struct worker *worker;
    const struct job *job;
    const struct spec *spec;
    const struct cuda_program *program;
    struct gpu_runner *runner;
    struct check_rules rules;
    bool saw_hidden; /* the launcher that waits for its next call */
};

static struct err case_next(struct checking *checking, int index);
static struct err case_calls(struct checking *checking, struct wire_case *one);
static struct err case_call(struct checking *checking, int number, struct answer *answer,
                            struct wire_case *one);
static void after_timeout(struct checking *checking, const struct wire_case *one);

struct err gpu_check_run(struct worker *worker, const struct job *job, const struct spec *spec,
                         const struct cuda_program *program)
{
    struct checking checking = {.worker = worker, .job = job, .spec = spec, .program = program};
    int cases[SPEC_CASES_MAX];
    const int count = check_cases(job, spec, false, cases);

    if (count == 0)
        return err_none();
    const struct gpu_runner_plan plan = {.gpu = &worker->gpu,
                                         .spec = spec,
                                         .programs = {[LAUNCHER_STUDENT] = program},
                                         .cases = cases,
                                         .cases_count = (size_t)count};
    struct err err = gpu_runner_new(&checking.runner, &plan);
    for (int i = 0; i < count && !err_is(err); i++)
        err = case_next(&checking, cases[i]);
    gpu_runner_free(checking.runner);
    return err;
}

static struct err case_next(struct checking *checking, int index)
{
    struct event event = {.kind = EVENT_CASE, .job = checking->job->id};
    struct wire_case *const one = &event.one;
    struct err err = err_none();

    judge_row(one, index);
    if (!check_rules_skip(&checking->rules, checking->spec, one))
        err = case_calls(checking, one);
    if (!err_is(err)) {
        check_rules_apply(&checking->rules, checking->spec, one);
        after_timeout(checking, one);
        err = checking->worker->emit(checking->worker->emit_context, &event);
    }
    event_release(&event);
    return err;
}

/* A visible case gets a launcher, and so a context and scrubbed memory, that has seen no hidden
 * one: a kernel could show in its answer what it kept of that. */
static struct err case_calls(struct checking *checking, struct wire_case *one)
{
    const struct spec_case *const which = &checking->spec->cases[one->index];
    struct answer answer;
    struct err err = answer_make(&answer, checking->spec, which);

    if (checking->saw_hidden && !which->hidden)
        gpu_runner_stop(checking->runner);
    checking->saw_hidden = which->hidden;
    for (int number = 0; number < SPEC_CALLS && !err_is(err) && one->verdict == VERDICT_PASS;
         number++)
        err = case_call(checking, number, &answer, one);
    answer_release(&answer);
    return err;
}

static struct err case_call(struct checking *checking, int number, struct answer *answer,
                            struct wire_case *one)
{
    const struct gpu_call call = {.image = LAUNCHER_STUDENT, .keep_caches = true};
    struct gpu_runner *const runner = checking->runner;
    struct gpu_result result = {.end = GPU_DIED};

    struct err err = gpu_runner_ready(runner, NULL);
    if (!err_is(err))
        err = gpu_runner_fill(runner, one->index, checking->job->key, (uint64_t)number);
    if (!err_is(err))
        err = gpu_runner_call(runner, &call, &result);
    if (err_is(err))
        return err;

    const double wall_ms =
        (result.end == GPU_DONE ? (double)result.reply.elapsed_ns : (double)result.took_ns) / 1e6;
    one->wall_ms = wall_ms > one->wall_ms ? wall_ms : one->wall_ms;
    if (result.end != GPU_DONE)
        return gpu_cause_fill(&checking->worker->gpu, checking->spec, &result, one);
    if (!gpu_cause_inside(checking->spec, &checking->program->plan, &result, one))
        return err_none();
    gpu_runner_answer(runner, answer);
    return judge_answer(gpu_runner_given(runner), answer, number, one);
}

/* An endless kernel whose launcher could not be reaped has taken the device along: what it did is
 * known, and the rest is not run. */
static void after_timeout(struct checking *checking, const struct wire_case *one)
{
    if (one->verdict != VERDICT_TIME_LIMIT || !checking->worker->gpu.quarantined)
        return;
    checking->rules.over = true;
    checking->rules.device_gone = true;
}
