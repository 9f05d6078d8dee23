/* One CUDA source over the cases of its assignment, in a process of its own: inputs from the
 * generator, launches as its lines say, on tensors between guard pages, judged by the oracle. */
#include "assignments/inputs.h"
#include "assignments/launch.h"
#include "reference/oracle.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "tests/cuda_host/cuda_host_launch.h"
#include "tests/unit/support/cuda_corpus.h"
#include "tests/unit/support/guarded.h"
#include "worker/gpu_arch.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_SECONDS_MAX 60 /* of CPU time: a kernel that never ends dies of SIGPROF */
#define KEYS_SHORT 1
#define KEYS_FULL 5
#define MUTANT_MS 100     /* in the short form, once it is known to be wrong */
#define SECOND_CALL_MS 60 /* in the short form, a case that took longer is called once */
#define PAGE ((size_t)4096)

enum phase { OURS, THEIRS };

/* One process's work. */
struct runner {
    const struct cuda_corpus *corpus;
    const struct cuda_corpus_source *source;
    struct cuda_corpus_outcome *outcome;
    cuda_host_launch_fn *launch;
    cuda_host_said_fn *said;
    int64_t started_ms;
    struct launch_plan plan;
    struct launch_program program; /* of the case at hand */
    void *tensors[SPEC_ARGUMENTS_MAX], *scratch[LAUNCH_SCRATCH_MAX];
};

static struct err go_on(struct runner *runner);
static struct err runner_load(struct runner *runner);
static struct err run_keys(struct runner *runner);
static bool takes(const struct runner *runner);
static struct err run_case(struct runner *runner, int call);
static struct err run_call(struct runner *runner, const struct call *given);
static bool launch_all(struct runner *runner, const struct call *given);
static bool launch_one(struct runner *runner, const struct call *given,
                       const struct launch_order *order, int index);
static struct err judge(struct runner *runner, const struct call *given);
static struct err memory_make(struct runner *runner, const struct call *given);
static bool all_slack_holds(const struct runner *runner, const struct call *given);
static void memory_free(struct runner *runner, const struct call *given);

struct err cuda_corpus_run(const struct cuda_corpus *corpus,
                           const struct cuda_corpus_source *source, struct cuda_corpus_outcome *out)
{
    struct runner *const runner = calloc(1, sizeof *runner);
    struct cuda_corpus_outcome *const shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const int64_t started_ms = clock_ms();

    if (runner == NULL || shared == MAP_FAILED) {
        free(runner);
        return err_make(ERR_SYSTEM, "memory for a run");
    }
    *runner = (struct runner){
        .corpus = corpus, .source = source, .outcome = shared, .started_ms = started_ms};
    struct err err = err_none();
    const int keys = corpus->full ? KEYS_FULL : KEYS_SHORT;
    while (!err_is(err) && shared->key < keys)
        err = go_on(runner);
    *out = *shared;
    out->took_seconds = (double)(clock_ms() - started_ms) / 1000;
    (void)munmap(shared, sizeof *shared);
    free(runner);
    return err;
}

/* A process that goes on where the last one crashed, behind the case that did it. */
static struct err go_on(struct runner *runner)
{
    struct cuda_corpus_outcome *const outcome = runner->outcome;
    int status = 0;

    (void)fflush(stdout); /* or the child would print it again */
    const pid_t child = fork();
    if (child < 0)
        return err_make(ERR_SYSTEM, "fork");
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* a crash is no finding of a sanitizer's */
        (void)signal(SIGFPE, SIG_DFL);
        (void)signal(SIGILL, SIG_DFL); /* of a misaligned access: CUDA_CXXFLAGS */
        struct err err = runner_load(runner);
        if (!err_is(err))
            err = run_keys(runner);
        if (err_is(err))
            (void)fprintf(stderr, "%s: %s\n", runner->source->path, err.text);
        _exit(err_is(err));
    }
    if (waitpid(child, &status, 0) < 0)
        return err_make(ERR_SYSTEM, "wait");
    if (status == 0)
        return err_none();
    if (outcome->phase != THEIRS)
        return err_make(ERR_INTERNAL, "%s could not be run (see stderr)", runner->source->path);
    if (outcome->said[0] == '\0')
        (void)snprintf(outcome->said, sizeof outcome->said, "signal %d", WTERMSIG(status));
    outcome->wrong[outcome->at++] = true;
    outcome->phase = OURS;
    return err_none();
}

static struct err runner_load(struct runner *runner)
{
    const char *const build = getenv("BUILD"), *const source = runner->source->path;
    char path[300];
    auto_buf struct buf text = buf_of((size_t)1 << 20);

    struct err err = fdio_read_file(source, &text);
    if (!err_is(err))
        err = launch_parse(&runner->plan, runner->corpus->spec, text.at, text.size);
    if (err_is(err))
        return err;
    (void)snprintf(path, sizeof path, "%s/tests/cuda/%.*s.so", build == NULL ? "build" : build,
                   (int)strlen(source) - 3, source);
    void *const object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        return err_make(ERR_INTERNAL, "%s", dlerror());
    void *const launch = dlsym(object, "cuda_host_launch"), *const said =
                                                                dlsym(object, "cuda_host_said");
    memcpy(&runner->launch, &launch, sizeof launch); /* ISO C has no cast from object to function */
    memcpy(&runner->said, &said, sizeof said);
    return launch == NULL || said == NULL ? err_make(ERR_INTERNAL, "%s", dlerror()) : err_none();
}

static struct err run_keys(struct runner *runner)
{
    struct cuda_corpus_outcome *const outcome = runner->outcome;
    const int keys = runner->corpus->full ? KEYS_FULL : KEYS_SHORT;
    struct err err = err_none();

    for (; outcome->key < keys; outcome->key++, outcome->at = 0)
        for (; outcome->at < runner->corpus->spec->cases_count; outcome->at++) {
            const bool tried = takes(runner);
            outcome->tried[outcome->at] |= tried;
            const int64_t began_ms = clock_ms();
            for (int i = 0; i < SPEC_CALLS && tried && !err_is(err); i++)
                if (i == 0 || runner->corpus->full || clock_ms() < began_ms + SECOND_CALL_MS)
                    err = run_case(runner, i);
            if (err_is(err))
                return err;
        }
    return err;
}

/* In the short form neither ranked cases nor, of a mutant that has shown what it promised, those
 * behind its time. */
static bool takes(const struct runner *runner)
{
    const struct spec *const spec = runner->corpus->spec;
    const struct cuda_corpus_outcome *const outcome = runner->outcome;
    unsigned groups = 0;

    if (runner->corpus->full)
        return true;
    if (spec->groups[spec->cases[outcome->at].group].is_speed)
        return false;
    for (int i = 0; i < spec->cases_count; i++)
        groups |= (unsigned)outcome->wrong[i] << spec->cases[i].group;
    return !runner->source->is_wrong || groups == 0 || (runner->source->groups & ~groups) != 0 ||
           clock_ms() < runner->started_ms + MUTANT_MS;
}

static struct err run_case(struct runner *runner, int call)
{
    const struct spec *const spec = runner->corpus->spec;
    struct spec_case one = spec->cases[runner->outcome->at];
    const unsigned char key[RANDOM_KEY_BYTES] = {(unsigned char)runner->outcome->key, 77};
    const struct launch_limits limits = {
        .shared_bytes = gpu_arch_find(GPU_ARCH_DEFAULT)->shared_of_block,
        .scratch_bytes = spec->limits.memory_extra_bytes,
    };
    struct random random;
    struct call given;

    one.hidden = false; /* whoever reads this may know what is refused */
    struct err err = launch_program(&runner->plan, &one, &limits, &runner->program);
    if (!err_is(err))
        err = call_allocate(&given, spec, &spec->cases[runner->outcome->at]);
    if (err_is(err))
        return err;
    random_init(&random, key, one.name, (uint64_t)call);
    err = inputs_find(spec->name)(&given, &random);
    if (!err_is(err))
        err = run_call(runner, &given);
    call_release(&given);
    return err;
}

/* One call of the program, on memory of its own. */
static struct err run_call(struct runner *runner, const struct call *given)
{
    struct cuda_corpus_outcome *const outcome = runner->outcome;
    struct err err = memory_make(runner, given);

    if (err_is(err))
        return err;
    const struct itimerval longest = {.it_value.tv_sec = CALL_SECONDS_MAX}, none = {{0}, {0}};
    outcome->phase = THEIRS;
    (void)setitimer(ITIMER_PROF, &longest, NULL);
    const bool ran = launch_all(runner, given);
    (void)setitimer(ITIMER_PROF, &none, NULL);
    outcome->phase = OURS;
    if (ran)
        err = judge(runner, given);
    else
        outcome->wrong[outcome->at] = true;
    if (!all_slack_holds(runner, given)) {
        outcome->wrong[outcome->at] = true;
        (void)snprintf(outcome->said, sizeof outcome->said, "wrote behind a tensor or scratch");
    }
    if (!ran && outcome->said[0] == '\0')
        (void)snprintf(outcome->said, sizeof outcome->said, "%s", runner->said());
    memory_free(runner, given);
    return err;
}

/* Steps of a repeat stand side by side. */
static bool launch_all(struct runner *runner, const struct call *given)
{
    const struct launch_program *const program = &runner->program;
    bool ran = true;

    for (int first = 0, end = 0; first < program->steps_count && ran; first = end) {
        const int repeat = program->steps[first].repeat;
        end = first + 1;
        while (repeat >= 0 && end < program->steps_count && program->steps[end].repeat == repeat)
            end++;
        for (int t = 0; t < program->steps[first].times && ran; t++)
            for (int i = first; i < end && ran; i++)
                ran = launch_one(runner, given, &program->steps[i], t);
    }
    return ran;
}

static bool launch_one(struct runner *runner, const struct call *given,
                       const struct launch_order *order, int index)
{
    union {
        void *pointer;
        int32_t number;
        float real;
    } values[LAUNCH_ARGUMENTS_MAX];
    void *arguments[LAUNCH_ARGUMENTS_MAX];

    for (int i = 0; i < order->arguments_count; i++) {
        const int value = order->arguments[i].value;
        arguments[i] = &values[i];
        switch (order->arguments[i].kind) {
        case LAUNCH_TENSOR: values[i].pointer = runner->tensors[value]; break;
        case LAUNCH_SCRATCH: values[i].pointer = runner->scratch[value]; break;
        case LAUNCH_INDEX: values[i].number = index; break;
        case LAUNCH_NUMBER: values[i].number = value; break;
        case LAUNCH_SCALAR:
            if (given->spec->arguments[value].element == SPEC_F32)
                values[i].real = (float)given->scalars[value];
            else
                values[i].number = (int32_t)given->scalars[value];
            break;
        }
    }
    return runner->launch(order->kernel, order->grid, order->block, order->shared_bytes,
                          arguments) == CUDA_HOST_RAN;
}

static struct err judge(struct runner *runner, const struct call *given)
{
    struct cuda_corpus_outcome *const outcome = runner->outcome;
    struct call answer = *given;
    struct compare compare;

    for (int i = 0; i < given->spec->arguments_count; i++) {
        const enum spec_role role = given->spec->arguments[i].role;
        const bool is_answer = role == SPEC_OUTPUT || role == SPEC_INOUT;
        answer.tensors[i].at = is_answer ? runner->tensors[i] : NULL;
    }
    compare_init(&compare);
    struct err err = oracle_find(given->spec->name)(given, &answer, &compare);
    compare_end(&compare);
    if (compare.wrong)
        outcome->wrong[outcome->at] = true;
    else if (compare.error_ratio > outcome->ratio)
        outcome->ratio = compare.error_ratio;
    return err;
}

/* Inputs are read-only, outputs hold the canary, scratch holds NaN. */
static struct err memory_make(struct runner *runner, const struct call *given)
{
    const struct spec *const spec = given->spec;
    struct call theirs = *given;

    for (int i = 0; i < spec->arguments_count; i++) {
        const size_t bytes = (size_t)spec_tensor_bytes(spec, given->which, i);
        runner->tensors[i] = NULL;
        if (given->tensors[i].at == NULL)
            continue;
        theirs.tensors[i].at = runner->tensors[i] = guarded_take(bytes);
        if (runner->tensors[i] == NULL)
            return err_make(ERR_SYSTEM, "memory for a tensor");
        if (spec->arguments[i].role == SPEC_OUTPUT)
            continue;
        memcpy(runner->tensors[i], given->tensors[i].at, bytes);
        char *const page = (char *)runner->tensors[i] - (uintptr_t)runner->tensors[i] % PAGE;
        if (spec->arguments[i].role == SPEC_INPUT &&
            mprotect(page, (size_t)((char *)runner->tensors[i] - page) + bytes, PROT_READ) < 0)
            return err_make(ERR_SYSTEM, "protect an input");
    }
    call_poison_outputs(&theirs);
    for (int i = 0; i < runner->program.scratch_count; i++) {
        runner->scratch[i] = guarded_take(runner->program.scratch_bytes[i]);
        if (runner->scratch[i] == NULL)
            return err_make(ERR_SYSTEM, "memory for scratch");
        memset(runner->scratch[i], 0xff, runner->program.scratch_bytes[i]);
    }
    return err_none();
}

static bool all_slack_holds(const struct runner *runner, const struct call *given)
{
    bool holds = true;

    for (int i = 0; i < given->spec->arguments_count; i++)
        if (runner->tensors[i] != NULL)
            holds =
                holds && guarded_is_whole(runner->tensors[i],
                                          (size_t)spec_tensor_bytes(given->spec, given->which, i));
    for (int i = 0; i < runner->program.scratch_count; i++)
        holds = holds && guarded_is_whole(runner->scratch[i], runner->program.scratch_bytes[i]);
    return holds;
}

static void memory_free(struct runner *runner, const struct call *given)
{
    for (int i = 0; i < given->spec->arguments_count; i++)
        if (runner->tensors[i] != NULL)
            guarded_release(runner->tensors[i],
                            (size_t)spec_tensor_bytes(given->spec, given->which, i));
    for (int i = 0; i < runner->program.scratch_count; i++)
        guarded_release(runner->scratch[i], runner->program.scratch_bytes[i]);
}
