/* Timing our own sources through the same door as a student's. */
#include "grader/calibrate.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SILENCE_MS 180000 /* another timing may hold the host's lock */
#define SHARE 0.8         /* of the expert: CONTRACTS, ranked cases */
#define TARGET_LEAST 1.1

static struct err time_source(struct child *child, const char *home, const struct spec *spec,
                              const char *file_name, struct calibrate_case *cases);
static struct err events_take(struct child *child, const struct spec *spec,
                              struct calibrate_case *cases);
static bool is_ranked(const struct spec *spec, int index);

struct err calibrate_measure(struct calibration *out, struct child *child, const char *home,
                             const struct spec *spec, int trials)
{
    struct event hello = {0};
    double sum = 0;
    int count = 0;

    *out = (struct calibration){.expert = 0};
    struct err err = child_next(child, SILENCE_MS, &hello);
    if (!err_is(err) && hello.kind != EVENT_HELLO)
        err = err_make(ERR_INTERNAL, "the worker did not introduce itself");
    if (!err_is(err)) {
        out->hello = hello.hello;
        if (!out->hello.ranked)
            err = err_make(ERR_INPUT, "speed is not measured here: %s", out->hello.unranked_why);
    }
    event_release(&hello);
    if (!err_is(err))
        err = time_source(child, home, spec, "expert.c", out->cases);
    for (int i = 0; i < spec->cases_count && !err_is(err); i++) {
        if (!is_ranked(spec, i))
            continue;
        if (!out->cases[i].measured)
            return err_make(ERR_INPUT, "the expert fails the ranked case %s", spec->cases[i].name);
        sum += log(out->cases[i].speedup);
        count++;
    }
    if (!err_is(err) && count == 0)
        err = err_make(ERR_INPUT, "%s has no ranked case", spec->name);
    if (!err_is(err)) {
        out->expert = exp(sum / count);
        out->target = calibrate_target(out->expert);
    }
    for (int trial = 0; trial < trials && !err_is(err); trial++) {
        struct calibrate_case self[SPEC_CASES_MAX] = {0};
        err = time_source(child, home, spec, "baseline.c", self);
        for (int i = 0; i < spec->cases_count && !err_is(err); i++) {
            if (!self[i].measured)
                continue;
            out->self_worst = fmax(out->self_worst, fabs(self[i].speedup - 1));
            out->self_trials++;
        }
    }
    return err;
}

double calibrate_target(double expert)
{
    double raw = SHARE * expert;

    if (!(raw > TARGET_LEAST))
        return TARGET_LEAST;
    double step = pow(10, floor(log10(raw)) - 1);
    return floor(raw / step + 1e-9) * step;
}

bool calibrate_complaint(const struct spec *spec, int index, const struct calibrate_case *one,
                         const char *class_name, double target, struct calibrate_fault *out)
{
    const char *name = spec->cases[index].name;

    *out = (struct calibrate_fault){.field = ""};
    (void)snprintf(out->field, sizeof out->field, "cases[%d].sizes", index); /* fits */
    if (!one->measured)
        (void)snprintf(out->reason, sizeof out->reason, "%s: the expert's answer is not right",
                       name); /* fits, as do the others */
    else if (one->student_us < CALIBRATE_EXPERT_US)
        (void)snprintf(out->reason, sizeof out->reason,
                       "%s: the expert takes %.2f ms, at least %.1f ms are asked for; "
                       "take a larger size",
                       name, one->student_us / 1e3, CALIBRATE_EXPERT_US / 1e3);
    else if (one->baseline_us < CALIBRATE_FLOORS * one->floor_us)
        (void)snprintf(out->reason, sizeof out->reason,
                       "%s: the baseline takes %.2f ms, less than %d times the %.0f us that the "
                       "clock takes for itself; take a larger size",
                       name, one->baseline_us / 1e3, CALIBRATE_FLOORS, one->floor_us);
    else if (one->pairs < CALIBRATE_PAIRS_LEAST) {
        (void)text_copy(out->field, sizeof out->field, "limits.timing_wall_ms"); /* fits */
        (void)snprintf(out->reason, sizeof out->reason,
                       "%s: generator, oracle and baseline leave time for %lld pairs in %lld ms, "
                       "at least %d are asked for; take a smaller size or more time",
                       name, (long long)one->pairs, (long long)spec->limits.timing_wall_ms,
                       CALIBRATE_PAIRS_LEAST);
    } else if (target > 1 && one->high < target) {
        (void)snprintf(out->field, sizeof out->field, "speed.classes.%.32s.target", class_name);
        (void)snprintf(out->reason, sizeof out->reason,
                       "%s: the expert reaches %.2fx, its target is %.3gx; lower the "
                       "target or mend the expert",
                       name, one->speedup, target);
    }
    return *out->reason != '\0';
}

struct err calibrate_rewrite(struct buf *out, const char *text, const char *class_name,
                             double target, double expert)
{
    char quoted[SPEC_NAME_MAX + 2];
    (void)snprintf(quoted, sizeof quoted, "\"%s\"", class_name); /* fits */

    const char *at = strstr(text, "\"classes\"");
    at = at != NULL ? strstr(at, quoted) : NULL;
    const char *end = at != NULL ? strchr(at, '}') : NULL;
    at = at != NULL ? strstr(at, "\"target\"") : NULL;
    if (at == NULL || end == NULL || at > end)
        return err_make(ERR_INPUT, "speed.classes has no %s with a target", class_name);
    buf_append(out, text, (size_t)(at - text));
    /* Both are written here; an older figure of the expert goes. */
    buf_printf(out, "\"target\": %.4g, \"expert\": %.4g", target, expert);
    at += strcspn(at, ",}");
    const char *old = strstr(at, "\"expert\"");
    if (old != NULL && old < end) {
        at = old + strcspn(old, ",}");
        while (at > old && (at[-1] == ' ' || at[-1] == '\n'))
            at--;
    }
    buf_text(out, at);
    return out->failed ? err_make(ERR_LIMIT, "the assignment file is too long") : err_none();
}

static struct err time_source(struct child *child, const char *home, const struct spec *spec,
                              const char *file_name, struct calibrate_case *cases)
{
    char path[4096 + 128];
    auto_buf struct buf source = buf_of(WIRE_FRAME_MAX);
    (void)snprintf(path, sizeof path, "%.4000s/reference/%s/%s", home, spec->name,
                   file_name); /* fits */
    struct err err = fdio_read_file(path, &source);
    if (err_is(err))
        return err;

    struct job job = {.id = 1, .kind = JOB_TIME, .source = source.at, .source_size = source.size};
    randombytes_buf(job.key, sizeof job.key);
    (void)text_copy(job.assignment, sizeof job.assignment, spec->name); /* these three fit */
    (void)text_copy(job.spec_hash, sizeof job.spec_hash, spec->hash);
    (void)text_copy(job.file_name, sizeof job.file_name, file_name);
    err = child_send(child, &job);
    return err_is(err) ? err : events_take(child, spec, cases);
}

static struct err events_take(struct child *child, const struct spec *spec,
                              struct calibrate_case *cases)
{
    bool done = false;
    char why[160] = "";
    struct err err = err_none();

    while (!done && !err_is(err)) {
        struct event event = {0};
        err = child_next(child, SILENCE_MS, &event);
        if (err_is(err))
            return err;
        const struct wire_timed *timed = &event.timed;
        if (event.kind == EVENT_COMPILED)
            (void)text_copy(why, sizeof why, event.compiled.message); /* a cut is fine */
        if (event.kind == EVENT_TIMED && timed->measured && timed->index < spec->cases_count)
            cases[timed->index] = (struct calibrate_case){.speedup = timed->speedup,
                                                          .low = timed->low,
                                                          .high = timed->high,
                                                          .student_us = timed->student_us,
                                                          .baseline_us = timed->baseline_us,
                                                          .floor_us = timed->floor_us,
                                                          .pairs = timed->pairs,
                                                          .measured = true,
                                                          .noisy = timed->noisy};
        done = event.kind == EVENT_DONE;
        if (done && event.done.outcome != OUTCOME_TIMED)
            err = err_make(ERR_INTERNAL, "the timing ended in %s: %.100s",
                           outcome_word(event.done.outcome),
                           *event.done.message != '\0' ? event.done.message : why);
        event_release(&event);
    }
    return err;
}

static bool is_ranked(const struct spec *spec, int index)
{
    return spec->groups[spec->cases[index].group].is_speed;
}
