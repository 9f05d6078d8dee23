/* Folding events into a report, and what follows from them: points and exit code. */
#include "grader/report.h"

#include "grader/report_parts.h"
#include "grader/words.h"
#include "sandbox/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void apply_hello(struct report *report, const struct wire_hello *hello);
static void apply_compiled(struct report *report, struct wire_compiled *compiled);
static void apply_case(struct report *report, struct wire_case *one);
static void apply_finding(struct report *report, const struct wire_finding *finding);
static void apply_timed(struct report *report, struct wire_timed *timed);
static void *places(struct report *report, size_t size);
static void apply_done(struct report *report, const struct wire_done *done);
static void fail_compiled_only(struct report *report);
static void fail(struct report *report, enum stage stage, const char *code, const char *message);
static bool is_index(const struct report *report, int index, bool speed);

void report_init(struct report *report, const struct spec *spec)
{
    memset(report, 0, sizeof *report);
    report->spec = report->whole = spec;
    report->attempts_used = -1;
    report->best_before = -1;
    report->split = -1;
}

void report_release(struct report *report)
{
    wire_compiled_release(&report->compiled);
    for (int i = 0; report->cases != NULL && i < report->spec->cases_count; i++)
        free(report->cases[i].stderr_text);
    for (int i = 0; report->timed != NULL && i < report->spec->cases_count; i++)
        free(report->timed[i].check.stderr_text);
    free(report->cases);
    free(report->timed);
    free(report->on_gpu);
    report_init(report, report->whole);
}

void report_device(struct report *report, enum device device)
{
    report->device = device;
    if (device != DEVICE_GPU || report->on_gpu != NULL)
        return;
    report->on_gpu = malloc(sizeof *report->on_gpu);
    report->incomplete = report->incomplete || report->on_gpu == NULL;
    if (report->on_gpu == NULL)
        return;
    spec_for_gpu(report->on_gpu, report->whole);
    report->spec = report->on_gpu;
}

void report_apply(struct report *report, struct event *event)
{
    switch (event->kind) {
    case EVENT_HELLO: apply_hello(report, &event->hello); break;
    case EVENT_COMPILED: apply_compiled(report, &event->compiled); break;
    case EVENT_CASE: apply_case(report, &event->one); break;
    case EVENT_FINDING: apply_finding(report, &event->finding); break;
    case EVENT_TIMED: apply_timed(report, &event->timed); break;
    case EVENT_DONE: apply_done(report, &event->done); break;
    }
}

/* What ran on a device is compared with what ran on such devices. */
static void apply_hello(struct report *report, const struct wire_hello *hello)
{
    report->hello = *hello;
    report->has_hello = true;
    if (report->device == DEVICE_GPU && hello->gpu[0] != '\0')
        memcpy(report->hello.class_name, hello->gpu, sizeof report->hello.class_name);
}

static void apply_compiled(struct report *report, struct wire_compiled *compiled)
{
    wire_compiled_release(&report->compiled);
    report->compiled = *compiled;
    compiled->diagnostics = NULL; /* the report's now */
    compiled->cuda = NULL;
    report->has_compiled = true;
    if (compiled->good)
        report->stage = report->checking_done ? STAGE_TIMING : STAGE_CHECKING;
}

static void apply_case(struct report *report, struct wire_case *one)
{
    if (!is_index(report, one->index, false))
        return;
    if (report->cases == NULL)
        report->cases = places(report, sizeof report->cases[0]);
    if (report->cases == NULL)
        return;
    struct wire_case *place = &report->cases[one->index];
    free(place->stderr_text);
    *place = *one;
    one->stderr_text = NULL; /* the report's now */
    report->has_case[place->index] = true;
    if (!report->checking_done)
        report->stage = STAGE_CHECKING;
}

/* Of a visible case that is not right, and only then: an explanation is no result. */
static void apply_finding(struct report *report, const struct wire_finding *finding)
{
    if (!is_index(report, finding->index, false) || !report->has_case[finding->index] ||
        report->spec->cases[finding->index].hidden || finding->kind == FOUND_NOTHING ||
        report->cases[finding->index].verdict == VERDICT_PASS)
        return;
    report->finding = *finding;
    report->has_finding = true;
}

static void apply_timed(struct report *report, struct wire_timed *timed)
{
    if (!is_index(report, timed->index, true))
        return;
    if (report->timed == NULL)
        report->timed = places(report, sizeof report->timed[0]);
    if (report->timed == NULL)
        return;
    struct wire_timed *place = &report->timed[timed->index];
    free(place->check.stderr_text);
    *place = *timed;
    timed->check.stderr_text = NULL; /* the report's now */
    report->has_timed[place->index] = true;
    report->stage = STAGE_TIMING;
}

/* One place for each case of the spec; a few kilobytes each, so only who needs them has them. */
static void *places(struct report *report, size_t size)
{
    void *all = calloc((size_t)report->spec->cases_count, size);
    report->incomplete = report->incomplete || all == NULL;
    return all;
}

static void apply_done(struct report *report, const struct wire_done *done)
{
    const struct wire_compiled *compiled = &report->compiled;
    report->done = *done;
    report->has_done = true;
    switch (report->incomplete ? OUTCOME_SYSTEM_ERROR : done->outcome) {
    case OUTCOME_CHECKED:
        report->checking_done = true;
        report->stage = STAGE_CHECKED;
        break;
    case OUTCOME_TIMED:
        report->timing_done = true;
        report->stage = STAGE_GRADED;
        break;
    case OUTCOME_COMPILE_ERROR:
        fail(report, STAGE_COMPILE_ERROR, *compiled->code != 0 ? compiled->code : "compile_error",
             *compiled->message != 0 ? compiled->message
                                     : words_of("compile_error_message", LANGUAGE_EN));
        break;
    case OUTCOME_COMPILED_ONLY: fail_compiled_only(report); break;
    case OUTCOME_CALIBRATED: /* no answer to what was asked */
    case OUTCOME_SYSTEM_ERROR:
        /* done->message is for operators; the student gets our own sentence. */
        fail(report, STAGE_SYSTEM_ERROR, "system_error",
             words_of("system_error_message", LANGUAGE_EN));
        break;
    }
}

/* Names the class of workers that could go on. */
static void fail_compiled_only(struct report *report)
{
    char message[sizeof report->message];

    (void)snprintf(message, sizeof message, "%s%s%s%s",
                   words_of("compiled_only_message", LANGUAGE_EN),
                   *report->compiled.flags != 0 ? "; a worker of class gpu:" : "",
                   report->compiled.flags, *report->compiled.flags != 0 ? " could grade it" : "");
    fail(report, STAGE_COMPILED_ONLY, "compiled_only", message);
}

static void fail(struct report *report, enum stage stage, const char *code, const char *message)
{
    report->stage = stage;
    (void)text_copy(report->code, sizeof report->code, code);          /* a cut is fine */
    (void)text_copy(report->message, sizeof report->message, message); /* a cut is fine */
}

/* True for a case of the spec on this side of the speed group. */
static bool is_index(const struct report *report, int index, bool speed)
{
    const struct spec *spec = report->spec;
    return index >= 0 && index < spec->cases_count &&
           spec->groups[spec->cases[index].group].is_speed == speed;
}

void report_score(struct report *report)
{
    struct rubric_case cases[SPEC_CASES_MAX] = {0};
    for (int i = 0; i < report->spec->cases_count; i++) {
        if (report->has_timed[i]) {
            const struct wire_timed *timed = &report->timed[i];
            cases[i] = (struct rubric_case){.known = timed->check.verdict != VERDICT_NOT_RUN,
                                            .right = timed->check.verdict == VERDICT_PASS,
                                            .measured = timed->measured,
                                            .speedup = timed->speedup,
                                            .low = timed->low,
                                            .high = timed->high};
        } else if (report->has_case[i]) {
            enum verdict verdict = report->cases[i].verdict;
            cases[i] = (struct rubric_case){.known = verdict != VERDICT_NOT_RUN,
                                            .right = verdict == VERDICT_PASS};
        } else if (report->practice && report->spec->cases[i].hidden) {
            /* practice leaves it out */
            cases[i] = (struct rubric_case){.known = true, .right = true};
        }
    }
    rubric_score(report->spec, cases, report->target, report->split, &report->points);
    report_roof(report);
}

bool report_all_correct(const struct report *report)
{
    const struct spec *spec = report->spec;
    for (int i = 0; i < spec->cases_count; i++) {
        if (spec->groups[spec->cases[i].group].is_speed)
            continue;
        bool left_out = report->practice && spec->cases[i].hidden && !report->has_case[i];
        bool right = report->has_case[i] && report->cases[i].verdict == VERDICT_PASS;
        if (!right && !left_out)
            return false;
    }
    return true;
}

bool report_wants_timing(const struct report *report)
{
    bool able = report->has_hello && report->hello.ranked && report->target > 1;
    return report->stage == STAGE_CHECKED && !report->no_timing && *report->only_case == 0 &&
           able && report_all_correct(report);
}

bool report_has_score(const struct report *report)
{
    bool alive = !stage_is_final(report->stage) || report->stage == STAGE_GRADED;
    return report->checking_done && alive && !report->practice && *report->only_case == 0;
}

static bool only_case_right(const struct report *report)
{
    int index = spec_case_index(report->spec, report->only_case);
    if (index < 0)
        return false;
    if (report->has_timed[index])
        return report->timed[index].check.verdict == VERDICT_PASS;
    return report->has_case[index] && report->cases[index].verdict == VERDICT_PASS;
}

static bool speed_right(const struct report *report)
{
    for (int g = 0; g < report->spec->groups_count; g++)
        if (report->spec->groups[g].is_speed && !report->points.groups[g].passed)
            return false;
    return true;
}

int report_exit_code(const struct report *report)
{
    switch (report->stage) {
    case STAGE_GRADED:
        if (*report->only_case != 0)
            return only_case_right(report) ? 0 : 1;
        return report_all_correct(report) && (!report->timing_done || speed_right(report)) ? 0 : 1;
    case STAGE_COMPILE_ERROR:
    case STAGE_REJECTED: return 2;
    case STAGE_COMPILED_ONLY: return 4;
    case STAGE_SYSTEM_ERROR:
    case STAGE_RECEIVED:
    case STAGE_QUEUED:
    case STAGE_COMPILING:
    case STAGE_CHECKING:
    case STAGE_CHECKED:
    case STAGE_TIMING:
    case STAGE_SUPERSEDED:
    case STAGE_CANCELLED: return 3;
    }
    return 3;
}
