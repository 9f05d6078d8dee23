/* The steps of a job, in order. */
#include "worker/job.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/log.h"
#include "sandbox/base/text.h"
#include "worker/check.h"
#include "worker/gpu_job.h"
#include "worker/selftest.h"
#include "worker/timing.h"
#include "worker/timing_lock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct err hello_renew(struct worker *worker);
static void warm_up(struct worker *worker);
static struct err job_steps(struct worker *worker, const struct job *job, struct wire_done *done);
static void one_line(char *out, size_t size, const char *text);
static struct err job_find_spec(const struct worker *worker, const struct job *job,
                                const struct spec **out_spec);
static struct err job_compile(struct worker *worker, const struct job *job, const struct spec *spec,
                              int *out_program);

struct err worker_open_slot(struct worker *worker, struct sandbox **slot, const char *name)
{
    const struct sandbox_options options = {
        .name = name, .require_cgroup = worker->require_cgroup, .only = worker->only};

    return *slot != NULL ? err_none() : sandbox_open(&options, slot);
}

void worker_close_slots(struct worker *worker)
{
    sandbox_close(worker->student);
    sandbox_close(worker->baseline);
    sandbox_close(worker->gpu.slot);
    nvrtc_release(&worker->nvrtc);
    worker->student = worker->baseline = worker->gpu.slot = NULL;
}

struct err job_run(struct worker *worker, const struct job *job)
{
    const int64_t started_ms = clock_ms();
    struct event event = {
        .kind = EVENT_DONE, .job = job->id, .done = {.started_at = clock_utc_us()}};

    struct err err = job_steps(worker, job, &event.done);
    if (err_is(err)) {
        log_err("job.failed", err);
        worker_close_slots(worker);
        event.done.outcome = OUTCOME_SYSTEM_ERROR;
        one_line(event.done.message, sizeof event.done.message, err.text);
    }
    event.done.took_ms = clock_ms() - started_ms;
    err = hello_renew(worker);
    if (!err_is(err))
        err = worker->emit(worker->emit_context, &event);
    warm_up(worker);
    return err;
}

/* A device that went into quarantine is told before the job's end: no other one comes here. */
static struct err hello_renew(struct worker *worker)
{
    if (!gpu_job_hello(worker))
        return err_none();
    const struct event hello = {.kind = EVENT_HELLO, .hello = worker->hello};
    return worker->emit(worker->emit_context, &hello);
}

/* The next CUDA source finds a warm compiler. Loading it takes 200 ms of a processor, so never
 * beside a timing. */
static void warm_up(struct worker *worker)
{
    auto_close int lock = -1;

    if (worker->nvrtc.slot != NULL &&
        !err_is(timing_lock_take(worker->timing_lock, TIMING_LOCK_SHARED, &lock)))
        nvrtc_warm_up(&worker->nvrtc);
}

static struct err job_steps(struct worker *worker, const struct job *job, struct wire_done *done)
{
    const struct spec *spec = NULL;
    int program = -1;

    if (job->kind == JOB_CALIBRATE) {
        done->outcome = OUTCOME_CALIBRATED;
        return selftest_run(worker, -1);
    }
    struct err err = job_find_spec(worker, job, &spec);
    if (err_is(err))
        return err;
    if (job->device == DEVICE_GPU)
        return gpu_job_run(worker, job, spec, done);
    if (job->kind == JOB_TIME && worker->self_test)
        err = selftest_run(worker, -1);
    if (err_is(err))
        return err;
    if (job->kind == JOB_TIME && !worker->hello.ranked)
        return err_make(ERR_INPUT, "a timing job on a worker that may not measure: %s",
                        worker->hello.unranked_why);

    err = job_compile(worker, job, spec, &program);
    if (err_is(err) || program < 0) {
        done->outcome = OUTCOME_COMPILE_ERROR;
        return err;
    }
    done->outcome = job->kind == JOB_CHECK ? OUTCOME_CHECKED : OUTCOME_TIMED;
    err = job->kind == JOB_CHECK ? check_run(worker, job, spec, program)
                                 : timing_run(worker, job, spec, program);
    (void)close(program); /* a memfd: nothing can be lost */
    return err;
}

/* Errors of the system may quote what strangers wrote. */
static void one_line(char *out, size_t size, const char *text)
{
    auto_buf struct buf clean = buf_of(4 * size);

    (void)text_sanitise(&clean, text, strlen(text), 1, size); /* a label: may be cut */
    for (char *at = clean.at; *at != '\0'; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    (void)text_copy(out, size, clean.at); /* likewise */
}

static struct err job_find_spec(const struct worker *worker, const struct job *job,
                                const struct spec **out_spec)
{
    char shown[48];

    *out_spec = spec_find(worker->specs, worker->specs_count, job->assignment);
    if (*out_spec == NULL) {
        text_quote(job->assignment, strlen(job->assignment), shown, sizeof shown);
        return err_make(ERR_INPUT, "this worker has no assignment %s", shown);
    }
    if (job->spec_hash[0] != '\0' && strcmp(job->spec_hash, (*out_spec)->hash) != 0)
        return err_make(ERR_INPUT,
                        "assignment '%s' differs: asked for %.12s, this worker has %.12s",
                        (*out_spec)->name, job->spec_hash, (*out_spec)->hash);
    if (job->only_case[0] != '\0' && job->device == DEVICE_CPU &&
        spec_case_index(*out_spec, job->only_case) < 0) {
        text_quote(job->only_case, strlen(job->only_case), shown, sizeof shown);
        return err_make(ERR_INPUT, "assignment '%s' has no case %s", (*out_spec)->name, shown);
    }
    return err_none();
}

/* *out_program stays -1 if the source was refused. */
static struct err job_compile(struct worker *worker, const struct job *job, const struct spec *spec,
                              int *out_program)
{
    struct event event = {.kind = EVENT_COMPILED, .job = job->id};

    struct err err = worker_open_slot(worker, &worker->student, "student");
    if (!err_is(err))
        err = compile_source(&worker->toolchain, worker->student, spec, job->file_name, job->source,
                             job->source_size, &event.compiled, out_program);
    if (!err_is(err))
        err = worker->emit(worker->emit_context, &event);
    event_release(&event);
    if (err_is(err) && *out_program >= 0) {
        (void)close(*out_program); /* a memfd: nothing can be lost */
        *out_program = -1;
    }
    return err;
}
