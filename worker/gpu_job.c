/* Compile, then check or time. */
#include "worker/gpu_job.h"

#include "sandbox/base/text.h"
#include "worker/gpu_check.h"
#include "worker/gpu_timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err compile(struct worker *worker, const struct job *job, const struct spec *spec,
                          struct cuda_program *program, bool *out_good);
static struct err run(struct worker *worker, const struct job *job, const struct spec *spec,
                      const struct cuda_program *program);

struct err gpu_job_run(struct worker *worker, const struct job *job, const struct spec *spec,
                       struct wire_done *done)
{
    auto_free struct cuda_program *program = calloc(1, sizeof *program);
    bool good = false;

    if (program == NULL)
        return err_make(ERR_SYSTEM, "memory for a CUDA program");
    struct err err = compile(worker, job, spec, program, &good);
    if (!err_is(err) && good && worker->gpu.present)
        err = run(worker, job, spec, program);
    else if (good)
        (void)snprintf(done->message, sizeof done->message, "no GPU on this worker: %.160s",
                       worker->gpu.why);
    done->outcome = !good                      ? OUTCOME_COMPILE_ERROR
                    : done->message[0] != '\0' ? OUTCOME_COMPILED_ONLY
                    : job->kind == JOB_TIME    ? OUTCOME_TIMED
                                               : OUTCOME_CHECKED;
    buf_release(&program->cubin);
    return err;
}

bool gpu_job_hello(struct worker *worker)
{
    struct wire_hello *const hello = &worker->hello;
    const struct gpu *const gpu = &worker->gpu;
    const bool usable = gpu->present && worker->cuda.present;
    const bool had = hello->gpu[0] != '\0';

    (void)text_copy(hello->gpu, sizeof hello->gpu, usable ? gpu->class_name : ""); /* as wide */
    (void)text_copy(hello->gpu_name, sizeof hello->gpu_name, usable ? gpu->facts.name : "");
    (void)text_copy(hello->gpu_why, sizeof hello->gpu_why,
                    usable         ? ""
                    : gpu->present ? worker->cuda.why
                                   : gpu->why); /* as wide */
    hello->gpu_memory_bytes = usable ? gpu->facts.total_bytes : 0;
    hello->gpu_quarantined = gpu->quarantined ? 1 : 0;
    return had != usable;
}

static struct err compile(struct worker *worker, const struct job *job, const struct spec *spec,
                          struct cuda_program *program, bool *out_good)
{
    struct event event = {.kind = EVENT_COMPILED, .job = job->id};
    const struct cuda_source source = {.file_name = job->file_name,
                                       .text = job->source,
                                       .size = job->source_size,
                                       .practice = job->practice};

    struct err err = compile_cuda(&worker->toolchain, &worker->cuda, &worker->nvrtc, spec, &source,
                                  &event.compiled, program);
    *out_good = event.compiled.good;
    if (!err_is(err))
        err = worker->emit(worker->emit_context, &event);
    event_release(&event);
    return err;
}

static struct err run(struct worker *worker, const struct job *job, const struct spec *spec,
                      const struct cuda_program *program)
{
    auto_free struct spec *mine = malloc(sizeof *mine);

    if (mine == NULL)
        return err_make(ERR_SYSTEM, "memory for an assignment");
    spec_for_gpu(mine, spec);
    return job->kind == JOB_TIME ? gpu_timing_run(worker, job, mine, program)
                                 : gpu_check_run(worker, job, mine, program);
}
