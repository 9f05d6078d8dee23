/* A grading from the first byte to the report, in plain blocking code. */
#include "grader/try.h"

#include "grader/home.h"
#include "grader/submissions.h"
#include "grader/words.h"
#include "sandbox/base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Between two events: the longest is a case of two calls at the wall limit, or a first start that
 * measures the machine. */
#define SILENCE_MS 180000

static void name_report(const struct try_wish *wish, struct report *report);
static struct err job_run(struct child *child, struct try_hello *hello, const struct try_wish *wish,
                          struct job *job, struct report *report);
static struct err job_event(struct child *child, struct try_hello *hello, int64_t job,
                            struct report *report, bool *out_done);
static bool is_ranked_case(const struct spec *spec, const char *name);
static void give_up(struct report *report);
static void tell(const struct try_wish *wish, const struct report *report);

struct err try_place_open(struct try_place *place, const char *overlay)
{
    char folder[4096 + 16];
    place->overlay = overlay;
    place->specs = NULL;
    place->specs_count = 0;
    struct err err = home_find(place->home, sizeof place->home);
    if (err_is(err))
        return err;
    (void)snprintf(folder, sizeof folder, "%s/assignments", place->home); /* fits */
    err = spec_load_all(&place->specs, &place->specs_count, folder);
    if (!err_is(err) && overlay != NULL)
        err = spec_overlay(place->specs, place->specs_count, overlay);
    return err;
}

void try_place_close(struct try_place *place)
{
    free(place->specs);
    place->specs = NULL;
    place->specs_count = 0;
}

const struct spec *try_spec(const struct try_place *place, const char *assignment)
{
    return spec_find(place->specs, place->specs_count, assignment);
}

bool try_accept(const struct try_wish *wish, struct report *report)
{
    name_report(wish, report);
    struct source_verdict verdict =
        submission_check_source(wish->source, wish->source_size, wish->spec->limits.source_bytes);
    if (verdict.http_code == 0)
        return true;

    auto_buf struct buf message = buf_of(1024);
    const char *name = report->file_name;
    switch (verdict.http_code) {
    case 413:
        words_put(&message, LANGUAGE_EN, verdict.code, name,
                  (long long)((wish->source_size + 1023) / 1024),
                  (long long)(wish->spec->limits.source_bytes / 1024));
        break;
    case 422:
        words_put(&message, LANGUAGE_EN, verdict.code, name, (long long)verdict.offset);
        break;
    default: words_put(&message, LANGUAGE_EN, "source_empty", name); break;
    }
    report->stage = STAGE_REJECTED;
    (void)text_copy(report->code, sizeof report->code, verdict.code);     /* fits */
    (void)text_copy(report->message, sizeof report->message, message.at); /* a cut is fine */
    return false;
}

static void name_report(const struct try_wish *wish, struct report *report)
{
    const char *slash = strrchr(wish->file_name, '/');
    report_device(report, wish->device);
    report->no_timing = wish->no_timing;
    (void)text_copy(report->file_name, sizeof report->file_name,
                    slash != NULL ? slash + 1 : wish->file_name); /* a cut is fine */
    if (wish->only_case != NULL)
        (void)text_copy(report->only_case, sizeof report->only_case, wish->only_case); /* fits */
}

struct err try_grade(struct child *child, struct try_hello *hello, const struct try_wish *wish,
                     struct report *report)
{
    unsigned char commitment[32];
    struct job job = {.id = 1,
                      .kind = JOB_CHECK,
                      .device = wish->device,
                      .patterns_only = wish->patterns_only,
                      .source = (char *)(uintptr_t)wish->source, /* lent for the call */
                      .source_size = wish->source_size};
    if (wish->key != NULL)
        memcpy(job.key, wish->key, sizeof job.key);
    else
        randombytes_buf(job.key, sizeof job.key);
    (void)crypto_generichash(commitment, sizeof commitment, job.key, sizeof job.key, NULL, 0);
    text_hex(commitment, sizeof commitment, report->seed_commitment);
    (void)text_copy(job.assignment, sizeof job.assignment, wish->spec->name); /* these four fit */
    (void)text_copy(job.spec_hash, sizeof job.spec_hash, wish->spec->hash);
    (void)text_copy(job.file_name, sizeof job.file_name, report->file_name);
    (void)text_copy(job.only_case, sizeof job.only_case, report->only_case);
    if (is_ranked_case(report->spec, job.only_case))
        job.kind = JOB_TIME;

    report->stage = STAGE_COMPILING;
    if (hello->known) {
        struct event event = {.kind = EVENT_HELLO, .hello = hello->hello};
        report_apply(report, &event);
        report->target = spec_target(report->spec, report->hello.class_name);
    }
    struct err err = job_run(child, hello, wish, &job, report);
    if (!err_is(err) && report_wants_timing(report)) {
        job.id = 2;
        job.kind = JOB_TIME;
        err = job_run(child, hello, wish, &job, report);
    }
    if (err_is(err))
        give_up(report);
    if (!stage_is_final(report->stage))
        report->stage = STAGE_GRADED;
    report_score(report);
    if (!child->interrupted) /* nobody waits for an answer then */
        tell(wish, report);
    return err;
}

static struct err job_run(struct child *child, struct try_hello *hello, const struct try_wish *wish,
                          struct job *job, struct report *report)
{
    bool done = false;
    struct err err = child_send(child, job);
    while (!err_is(err) && !done) {
        err = job_event(child, hello, job->id, report, &done);
        if (!err_is(err) && !done) {
            report_score(report);
            tell(wish, report);
        }
    }
    report_score(report);
    if (!err_is(err) && !stage_is_final(report->stage))
        tell(wish, report);
    return err;
}

static struct err job_event(struct child *child, struct try_hello *hello, int64_t job,
                            struct report *report, bool *out_done)
{
    struct event event = {0};
    struct err err = child_next(child, SILENCE_MS, &event);
    if (err_is(err))
        return err;
    if (event.kind == EVENT_HELLO) {
        hello->known = true;
        hello->hello = event.hello;
    } else if (event.job != job) {
        err = err_make(ERR_INTERNAL, "the worker spoke of another job");
    } else if (event.kind == EVENT_DONE) {
        *out_done = true;
        if (event.done.outcome == OUTCOME_SYSTEM_ERROR)
            err = err_make(ERR_INTERNAL, "%.140s", event.done.message);
    }
    if (!err_is(err) || event.kind == EVENT_DONE)
        report_apply(report, &event);
    if (event.kind == EVENT_HELLO)
        report->target = spec_target(report->spec, report->hello.class_name);
    event_release(&event);
    return err;
}

static bool is_ranked_case(const struct spec *spec, const char *name)
{
    int index = spec_case_index(spec, name);
    return index >= 0 && spec->groups[spec->cases[index].group].is_speed;
}

static void give_up(struct report *report)
{
    report->stage = STAGE_SYSTEM_ERROR;
    (void)text_copy(report->code, sizeof report->code, "system_error"); /* fits */
    (void)text_copy(report->message, sizeof report->message,
                    words_of("system_error_message", LANGUAGE_EN)); /* fits */
}

static void tell(const struct try_wish *wish, const struct report *report)
{
    if (wish->changed != NULL)
        wish->changed(wish->context, report);
}
