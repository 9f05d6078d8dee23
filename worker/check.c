/* One case after the other. */
#include "worker/check.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/text.h"
#include "worker/cause.h"
#include "worker/check_rules.h"
#include "worker/diagnosis.h"
#include "worker/judge.h"
#include "worker/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STDERR_LINES_MAX 40
#define STDERR_LINE_MAX 200

/* The checking of one submission. */
struct checking {
    struct worker *worker;
    const struct job *job;
    const struct spec *spec;
    struct runner *runner;
    bool saw_hidden; /* the process that waits for its next call */
    struct check_rules rules;
    bool failed;     /* a visible case was not right; the first is the one that is explained */
    int to_diagnose; /* that case, if a diagnosis fits it; else -1 */
    enum verdict ended;
};

static struct err case_next(struct checking *checking, int index);
static struct err case_calls(struct checking *checking, struct wire_case *one);
static struct err hidden_forget(struct checking *checking, bool hidden);
static struct err case_call(struct checking *checking, int number, struct answer *answer,
                            struct wire_case *one);
static void slowest_keep(struct wire_case *one, const struct runner_result *result);
static struct err stderr_keep(struct checking *checking, struct wire_case *one);
static void failure_note(struct checking *checking, const struct wire_case *one);

struct err check_run(struct worker *worker, const struct job *job, const struct spec *spec,
                     int program)
{
    struct checking checking = {.worker = worker, .job = job, .spec = spec, .to_diagnose = -1};
    int cases[SPEC_CASES_MAX];
    const int count = check_cases(job, spec, false, cases);

    if (count == 0)
        return err_none();
    const struct runner_plan plan = {.slot = worker->student,
                                     .spec = spec,
                                     .program = program,
                                     .cases = cases,
                                     .cases_count = (size_t)count,
                                     .calls = (unsigned)count * SPEC_CALLS,
                                     .cpu = -1};
    struct err err = runner_new(&checking.runner, &plan);
    for (int i = 0; i < count && !err_is(err); i++)
        err = case_next(&checking, cases[i]);
    runner_free(checking.runner);
    if (!err_is(err) && checking.to_diagnose >= 0)
        err = diagnosis_run(worker, job, spec, checking.to_diagnose, checking.ended);
    return err;
}

int check_cases(const struct job *job, const struct spec *spec, bool ranked,
                int out_cases[SPEC_CASES_MAX])
{
    int count = 0;

    for (int i = 0; i < spec->cases_count; i++) {
        const struct spec_case *one = &spec->cases[i];
        if (spec->groups[one->group].is_speed != ranked || (job->practice && one->hidden) ||
            (job->only_case[0] != '\0' && strcmp(job->only_case, one->name) != 0))
            continue;
        out_cases[count++] = i;
    }
    return count;
}

static struct err case_next(struct checking *checking, int index)
{
    struct event event = {.kind = EVENT_CASE, .job = checking->job->id};
    struct wire_case *one = &event.one;
    struct err err = err_none();

    judge_row(one, index);
    if (!check_rules_skip(&checking->rules, checking->spec, one))
        err = case_calls(checking, one);
    if (!err_is(err)) {
        check_rules_apply(&checking->rules, checking->spec, one);
        failure_note(checking, one);
        err = checking->worker->emit(checking->worker->emit_context, &event);
    }
    event_release(&event);
    return err;
}

static struct err case_calls(struct checking *checking, struct wire_case *one)
{
    const struct spec_case *which = &checking->spec->cases[one->index];
    struct answer answer;
    struct err err = answer_make(&answer, checking->spec, which);

    if (!err_is(err))
        err = hidden_forget(checking, which->hidden);
    for (int number = 0; number < SPEC_CALLS && !err_is(err) && one->verdict == VERDICT_PASS;
         number++)
        err = case_call(checking, number, &answer, one);
    answer_release(&answer);
    if (!err_is(err))
        err = stderr_keep(checking, one);
    return err;
}

/* A process could print in a visible case, or write into its answer, what it has seen of a hidden
 * one: visible cases get one that has seen none. */
static struct err hidden_forget(struct checking *checking, bool hidden)
{
    struct err err = checking->saw_hidden && !hidden ? runner_stop(checking->runner) : err_none();

    checking->saw_hidden = hidden;
    return err;
}

static struct err case_call(struct checking *checking, int number, struct answer *answer,
                            struct wire_case *one)
{
    struct runner *runner = checking->runner;
    struct runner_result result = {0};

    struct err err = runner_ready(runner, NULL);
    if (!err_is(err))
        err = runner_fill(runner, one->index, checking->job->key, (uint64_t)number);
    if (!err_is(err))
        err = runner_call(runner, &result);
    if (err_is(err))
        return err;

    slowest_keep(one, &result);
    if (result.end != RUNNER_DONE)
        return cause_fill(checking->spec, &result, one);
    int outside = runner_answer(runner, answer);
    if (outside >= 0) {
        judge_outside(checking->spec, outside, one);
        return err_none();
    }
    return judge_answer(runner_given(runner), answer, number, one);
}

static void slowest_keep(struct wire_case *one, const struct runner_result *result)
{
    double wall_ms = (double)result->took_ns / 1e6;

    if (wall_ms > one->wall_ms) {
        one->wall_ms = wall_ms;
        one->cpu_ms = result->cpu_ms;
    }
}

/* The streams are emptied after every case; what is shown is of visible cases. */
static struct err stderr_keep(struct checking *checking, struct wire_case *one)
{
    auto_buf struct buf raw = buf_of((size_t)checking->spec->limits.stderr_bytes);
    auto_buf struct buf clean = buf_of(WIRE_STDERR_MAX);

    struct err err = runner_take_stderr(checking->runner, &raw, WIRE_STDERR_MAX);
    if (err_is(err) || raw.size == 0 || checking->spec->cases[one->index].hidden)
        return err;

    (void)text_sanitise(&clean, raw.at, raw.size, STDERR_LINES_MAX,
                        STDERR_LINE_MAX); /* cut: fine */
    if (clean.size > 0)
        one->stderr_text = buf_take(&clean);
    return err;
}

static void failure_note(struct checking *checking, const struct wire_case *one)
{
    if (checking->failed || checking->spec->cases[one->index].hidden ||
        one->verdict == VERDICT_PASS || one->verdict == VERDICT_NOT_RUN)
        return;
    checking->failed = true;
    if (diagnosis_fits(checking->job, checking->spec, one))
        checking->to_diagnose = one->index;
    checking->ended = one->verdict;
}
