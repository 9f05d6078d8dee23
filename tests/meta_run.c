/* All seeds of one variant, in a process of its own: all cases in the order of the spec, SPEC_CALLS
 * times each, between guard pages, judged by the oracle. */
#include "assignments/inputs.h"
#include "reference/oracle.h"
#include "tests/meta.h"
#include "tests/unit/support/guarded.h"

#include <dlfcn.h>
#include <fenv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALL_SECONDS_MAX 60   /* of CPU time: a mutant that never ends dies of SIGPROF */
#define WAIT_SECONDS_MAX 1200 /* and one that waits for nothing, of SIGALRM */

typedef void (*adapter_fn)(const int64_t *values, const double *scalars, void *const *tensors);

static void crash_quietly(void);
static void run_seeds(const struct meta *meta, int first);
static void run_cases(const struct meta *meta, int seed, adapter_fn adapter);
static void run_call(const struct meta *meta, struct meta_run *run, adapter_fn adapter,
                     const struct call *given);
static void die_if(struct err err);

/* A case that crashes counts as wrong, and a fresh process goes on with the next one. */
struct err meta_run_seeds(const struct meta *meta, const char *name)
{
    const int cases = meta->spec->cases_count;
    memset(meta->runs, 0, sizeof *meta->runs * (size_t)meta->seeds);

    for (int seed = 0; seed < meta->seeds;) {
        struct meta_run *run = &meta->runs[seed];
        int outcome = 0;
        (void)fflush(stdout); /* or the child would print it again */
        pid_t child = fork();
        if (child < 0)
            return err_make(ERR_SYSTEM, "fork for '%s'", name);
        if (child == 0) {
            crash_quietly();
            run_seeds(meta, seed);
            _exit(0);
        }
        if (waitpid(child, &outcome, 0) < 0)
            return err_make(ERR_SYSTEM, "wait for '%s'", name);
        while (seed < meta->seeds && run->at == cases)
            run = &meta->runs[++seed];
        if (outcome != 0 && (seed == meta->seeds || run->phase == META_OURS))
            return err_make(ERR_INTERNAL, "generator, oracle or dlopen failed at %s, case %s", name,
                            meta->spec->cases[seed == meta->seeds ? 0 : run->at].name);
        if (seed < meta->seeds && run->phase == META_CALL) {
            run->wrong[run->at++] = true;
            run->phase = META_OURS;
        }
    }
    return err_none();
}

bool meta_takes(const struct meta *meta, int index)
{
    const struct spec_case *one = &meta->spec->cases[index];

    if (meta->only_case != NULL)
        return strcmp(meta->only_case, one->name) == 0;
    return meta->ranked || !meta->spec->groups[one->group].is_speed;
}

/* A variant that crashes is no finding: a sanitizer's handlers must not write about it. */
static void crash_quietly(void)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < COUNT(fatal); i++)
        (void)signal(fatal[i], SIG_DFL); /* cannot fail */
}

/* In the child: this seed and those behind it. */
static void run_seeds(const struct meta *meta, int first)
{
    char path[META_PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/variant.so", meta->work);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    adapter_fn adapter = NULL;
    void *symbol = object == NULL ? NULL : dlsym(object, "adapter_call");
    memcpy(&adapter, &symbol, sizeof adapter); /* ISO C has no cast from object to function */
    if (adapter == NULL) {
        (void)fprintf(stderr, "meta: %s\n", dlerror());
        _exit(1);
    }
    for (int seed = first; seed < meta->seeds; seed++)
        run_cases(meta, seed, adapter);
}

/* Leaves run->at behind the last case. */
static void run_cases(const struct meta *meta, int seed, adapter_fn adapter)
{
    const unsigned char key[RANDOM_KEY_BYTES] = {(unsigned char)seed, (unsigned char)(seed >> 8),
                                                 77};
    struct meta_run *run = &meta->runs[seed];
    struct random random;

    for (; run->at < meta->spec->cases_count; run->at++) {
        const struct spec_case *one = &meta->spec->cases[run->at];
        for (int i = 0; meta_takes(meta, run->at) && i < SPEC_CALLS; i++) {
            struct call given;
            die_if(call_allocate(&given, meta->spec, one));
            random_init(&random, key, one->name, (uint64_t)i);
            die_if(inputs_find(meta->assignment)(&given, &random));
            run_call(meta, run, adapter, &given);
            call_release(&given);
        }
    }
}

/* One call of the student's function between guard pages, judged by the oracle. */
static void run_call(const struct meta *meta, struct meta_run *run, adapter_fn adapter,
                     const struct call *given)
{
    const struct spec *spec = meta->spec;
    struct call theirs = *given, answer = *given;
    void *tensors[SPEC_ARGUMENTS_MAX] = {NULL};
    struct compare compare;

    for (int i = 0; i < spec->arguments_count; i++) {
        size_t bytes = (size_t)spec_tensor_bytes(spec, given->which, i);
        if (given->tensors[i].at == NULL)
            continue;
        theirs.tensors[i].at = tensors[i] = guarded_take(bytes);
        if (tensors[i] == NULL)
            die_if(err_make(ERR_SYSTEM, "memory for a tensor of %zu bytes", bytes));
        if (tensors[i] == NULL || spec->arguments[i].role == SPEC_OUTPUT)
            continue;
        memcpy(tensors[i], given->tensors[i].at, bytes);
        /* mprotect works on whole pages; the tensor is alone on its own. */
        void *page = (void *)((uintptr_t)tensors[i] & ~(uintptr_t)4095);
        size_t offset = (size_t)((char *)tensors[i] - (char *)page);
        if (spec->arguments[i].role == SPEC_INPUT && mprotect(page, offset + bytes, PROT_READ) < 0)
            _exit(1);
    }
    call_poison_outputs(&theirs);

    const struct itimerval longest = {.it_value.tv_sec = CALL_SECONDS_MAX}, none = {{0}, {0}};
    run->phase = META_CALL;
    (void)setitimer(ITIMER_PROF, &longest, NULL);
    (void)alarm(WAIT_SECONDS_MAX);
    (void)fesetenv(FE_DFL_ENV);
    adapter(given->which->values, given->scalars, tensors);
    (void)fesetenv(FE_DFL_ENV); /* what a student leaves changed harms nobody */
    (void)setitimer(ITIMER_PROF, &none, NULL);
    (void)alarm(0);
    run->phase = META_OURS;

    for (int i = 0; i < spec->arguments_count; i++) {
        enum spec_role role = spec->arguments[i].role;
        bool is_answer = role == SPEC_OUTPUT || role == SPEC_INOUT;
        answer.tensors[i].at = is_answer ? tensors[i] : NULL;
    }
    compare_init(&compare);
    die_if(oracle_find(meta->assignment)(given, &answer, &compare));
    compare_end(&compare);
    if (compare.wrong)
        run->wrong[run->at] = true;
    else if (compare.error_ratio > run->ratio[run->at])
        run->ratio[run->at] = compare.error_ratio;
    for (int i = 0; i < spec->arguments_count; i++)
        if (tensors[i] != NULL)
            guarded_release(tensors[i], (size_t)spec_tensor_bytes(spec, given->which, i));
}

static void die_if(struct err err)
{
    if (!err_is(err))
        return;
    (void)fprintf(stderr, "meta: %s\n", err.text);
    exit(2);
}
