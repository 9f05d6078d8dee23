/* Memory first, then processes, then calls. */
#include "worker/runner.h"

#include "assignments/inputs.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "worker/runner_layout.h"

#include <emmintrin.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_MS 4            /* how often the CPU clock of a running call is read */
#define LIFE_MS_MAX 3600000  /* the sandbox's own bound on a run */
#define LIFE_EXTRA_MS 600000 /* judging between calls counts as the run's wall time */
#define END_MS 10000         /* a killed program is dead long before */
#define SLACK_OUTPUT 0x5A    /* beside outputs: what the student must leave alone */
#define SLACK_INPUT 0xFF     /* beside inputs: NaN, or -1, to whoever reads past the end */
#define CACHE_LINE 64
#define SETTLE_NS 20000
#define SPINS_PER_LOOK 8192 /* some 100 us of pause instructions between looks at the clock */

struct runner {
    struct runner_plan plan;
    struct runner_layout layout;
    struct call given;                 /* inputs: shared memory; inouts: `initial` */
    struct call live;                  /* outputs and inouts in shared memory */
    void *initial[SPEC_ARGUMENTS_MAX]; /* owned; of inouts */
    int inputs_fd, outputs_fd, control_fd;
    char *inputs, *outputs; /* our mappings */
    struct control *control;
    int go_fd, done_fd, stdout_fd, stderr_fd; /* of the process at hand */
    bool up;                                  /* a process is there, as far as we know */
    bool frozen;
    uint32_t number; /* of the last call */
    uint32_t calls;  /* that this process has seen */
};

/* What a call is held against while it runs. */
struct watch {
    int64_t started_ns;
    uint64_t cpu_us; /* of the process before the call */
};

/* Returns when the call is done (end stays RUNNER_DONE) or the process is over. */
typedef struct err (*await_fn)(struct runner *runner, const struct watch *watch,
                               struct runner_result *out);

static struct err memory_make(struct runner *runner);
static struct err shared_make(const char *name, size_t bytes, int seals, int *out_fd, void **out);
static struct err initial_make(struct runner *runner, const int *cases, size_t cases_count);
static void control_reset(struct runner *runner);
static struct err process_start(struct runner *runner);
static struct err event_make(int flags, int *out_fd);
static struct err process_end(struct runner *runner, struct sandbox_result *out);
static void process_forget(struct runner *runner);
static void places_set(struct runner *runner, const struct spec_case *which);
static void outputs_fill(struct runner *runner);
static void inputs_slack_fill(struct runner *runner);
static size_t tensor_bytes(const struct runner *runner, int argument);
static struct err call_run(struct runner *runner, struct runner_result *out, await_fn await);
static struct err call_ask(struct runner *runner);
static struct err call_stop(struct runner *runner, const struct watch *watch,
                            struct runner_result *out);
static void settle(void);
static struct err await_event(struct runner *runner, const struct watch *watch,
                              struct runner_result *out);
static struct err await_word(struct runner *runner, const struct watch *watch,
                             struct runner_result *out);
static struct err look(struct runner *runner, const struct watch *watch, struct runner_result *out,
                       bool *out_over);
static struct err cpu_read(struct runner *runner, struct runner_result *out, uint64_t *out_us,
                           bool *out_over);
static struct err died(struct runner *runner, int64_t timeout_ms, struct runner_result *out,
                       bool *out_over);
static bool bytes_are(const char *at, size_t size, int value);
static uint64_t min_u64(uint64_t left, uint64_t right);

struct err runner_new(struct runner **out, const struct runner_plan *plan)
{
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return err_make(ERR_SYSTEM, "memory for a runner");
    runner->plan = *plan;
    runner->plan.cases = NULL;
    runner->inputs_fd = runner->outputs_fd = runner->control_fd = -1;
    runner->go_fd = runner->done_fd = runner->stdout_fd = runner->stderr_fd = -1;

    struct err err =
        runner_layout_make(&runner->layout, plan->spec, plan->cases, plan->cases_count);
    if (!err_is(err))
        err = memory_make(runner);
    if (!err_is(err))
        err = initial_make(runner, plan->cases, plan->cases_count);
    if (err_is(err)) {
        runner_free(runner);
        return err;
    }
    *out = runner;
    return err_none();
}

void runner_free(struct runner *runner)
{
    if (runner == NULL)
        return;
    (void)runner_stop(runner); /* a slot that will not is rebuilt at its next start */
    process_forget(runner);
    if (runner->inputs != NULL)
        (void)munmap(runner->inputs, runner->layout.inputs_bytes);
    if (runner->outputs != NULL)
        (void)munmap(runner->outputs, runner->layout.outputs_bytes);
    if (runner->control != NULL)
        (void)munmap(runner->control, CONTROL_PAGE);
    err_cleanup_close(&runner->inputs_fd);
    err_cleanup_close(&runner->outputs_fd);
    err_cleanup_close(&runner->control_fd);
    for (size_t i = 0; i < COUNT(runner->initial); i++)
        free(runner->initial[i]);
    free(runner);
}

struct err runner_ready(struct runner *runner, bool *out_fresh)
{
    struct err err = err_none();

    if (runner->up) {
        /* What happens between two calls (a last flush of stdout) is nobody's verdict. */
        struct runner_result ignored;
        bool over = false;
        err = died(runner, 0, &ignored, &over);
    }
    if (!err_is(err) && !runner->up)
        err = process_start(runner);
    if (!err_is(err) && out_fresh != NULL)
        *out_fresh = runner->calls == 0;
    return err;
}

struct err runner_stop(struct runner *runner)
{
    struct sandbox_result ignored;
    return runner->up ? process_end(runner, &ignored) : err_none();
}

struct err runner_fill(struct runner *runner, int case_index,
                       const unsigned char key[RANDOM_KEY_BYTES], uint64_t iteration)
{
    const struct spec *spec = runner->plan.spec;
    const struct spec_case *which = &spec->cases[case_index];
    inputs_fn fill = inputs_find(spec->name);
    struct random random;

    if (fill == NULL)
        return err_make(ERR_INTERNAL, "no input generator for '%s'", spec->name);
    places_set(runner, which);
    random_init(&random, key, which->name, iteration);
    struct err err = fill(&runner->given, &random);
    if (err_is(err))
        return err;
    inputs_slack_fill(runner);
    outputs_fill(runner);
    return err_none();
}

void runner_fill_from(struct runner *runner, const struct runner *other)
{
    const struct spec *spec = runner->plan.spec;

    places_set(runner, other->given.which);
    memcpy(runner->inputs, other->inputs, runner->layout.inputs_bytes);
    memcpy(runner->given.scalars, other->given.scalars, sizeof runner->given.scalars);
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INOUT)
            memcpy(runner->initial[i], other->initial[i], tensor_bytes(runner, i));
    outputs_fill(runner);
}

const struct call *runner_given(const struct runner *runner)
{
    return &runner->given;
}

void runner_flush(const struct runner *runner)
{
    for (size_t at = 0; at < runner->layout.inputs_bytes; at += CACHE_LINE)
        _mm_clflush(runner->inputs + at);
    for (size_t at = 0; at < runner->layout.outputs_bytes; at += CACHE_LINE)
        _mm_clflush(runner->outputs + at);
    _mm_mfence();
}

struct err runner_call(struct runner *runner, struct runner_result *out)
{
    return call_run(runner, out, await_event);
}

struct err runner_call_timed(struct runner *runner, struct runner_result *out)
{
    struct err err = runner->frozen ? err_none() : sandbox_freeze(runner->plan.slot);

    if (err_is(err))
        return err;
    runner->frozen = true;
    return call_run(runner, out, await_word);
}

int runner_answer(const struct runner *runner, struct answer *answer)
{
    const struct spec *spec = runner->plan.spec;
    int outside = -1;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->in_outputs)
            continue;
        const char *tensor = runner->live.tensors[i].at;
        const char *start = runner->outputs + region->start, *end = runner->outputs + region->end;
        size_t bytes = tensor_bytes(runner, i);

        memcpy(answer->call.tensors[i].at, tensor, bytes);
        if (outside < 0 &&
            (!bytes_are(start, (size_t)(tensor - start), SLACK_OUTPUT) ||
             !bytes_are(tensor + bytes, (size_t)(end - tensor) - bytes, SLACK_OUTPUT)))
            outside = i;
    }
    memcpy(answer->call.scalars, runner->given.scalars, sizeof answer->call.scalars);
    return outside;
}

struct err runner_take_stderr(struct runner *runner, struct buf *out, size_t max)
{
    struct err err = err_none();

    if (runner->stderr_fd < 0)
        return err;
    err = fdio_read_start(runner->stderr_fd, out, max, NULL);
    /* The offset is shared with the program: both streams begin again. */
    const int streams[] = {runner->stdout_fd, runner->stderr_fd};
    for (size_t i = 0; i < COUNT(streams) && !err_is(err); i++)
        if (ftruncate(streams[i], 0) < 0 || lseek(streams[i], 0, SEEK_SET) < 0)
            err = err_make(ERR_SYSTEM, "empty an output stream");
    return err;
}

static struct err memory_make(struct runner *runner)
{
    const int fixed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    const struct runner_layout *layout = &runner->layout;
    void *control = NULL, *inputs = NULL, *outputs = NULL;

    struct err err = shared_make("control", CONTROL_PAGE, fixed, &runner->control_fd, &control);
    if (!err_is(err))
        err = shared_make("inputs", layout->inputs_bytes, fixed | F_SEAL_FUTURE_WRITE,
                          &runner->inputs_fd, &inputs);
    if (!err_is(err))
        err = shared_make("outputs", layout->outputs_bytes, fixed, &runner->outputs_fd, &outputs);
    runner->control = control;
    runner->inputs = inputs;
    runner->outputs = outputs;
    return err;
}

/* Mapped and written before it is sealed: our mapping stays writable, no other can become so. */
static struct err shared_make(const char *name, size_t bytes, int seals, int *out_fd, void **out)
{
    struct err err = fdio_memfd(name, bytes, out_fd);
    if (err_is(err))
        return err;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, *out_fd, 0);
    if (at == MAP_FAILED)
        return err_make(ERR_SYSTEM, "map %zu bytes of %s", bytes, name);
    *out = at;
    memset(at, 0, bytes);
    if (fcntl(*out_fd, F_ADD_SEALS, seals) < 0)
        return err_make(ERR_SYSTEM, "seal the memory of %s", name);
    return err_none();
}

static struct err initial_make(struct runner *runner, const int *cases, size_t cases_count)
{
    const struct spec *spec = runner->plan.spec;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (spec->arguments[i].role != SPEC_INOUT)
            continue;
        runner->initial[i] = aligned_alloc(CACHE_LINE, region->end - region->start);
        if (runner->initial[i] == NULL)
            return err_make(ERR_SYSTEM, "memory for tensor '%s'", spec->arguments[i].name);
    }
    if (cases_count > 0)
        places_set(runner, &spec->cases[cases[0]]);
    return err_none();
}

static void control_reset(struct runner *runner)
{
    struct control *control = runner->control;

    memset(control, 0, CONTROL_PAGE);
    control->arguments_count = (uint32_t)runner->plan.spec->arguments_count;
    control->inputs_bytes = runner->layout.inputs_bytes;
    control->outputs_bytes = runner->layout.outputs_bytes;
    control->guards_count = runner->layout.guards_count;
    memcpy(control->guards, runner->layout.guards, sizeof control->guards);
}

static struct err process_start(struct runner *runner)
{
    static const char *const argv[] = {"kernel", NULL};
    const struct spec_limits *limits = &runner->plan.spec->limits;
    const uint64_t calls = runner->plan.calls;

    process_forget(runner);
    control_reset(runner);
    struct err err = event_make(EFD_CLOEXEC, &runner->go_fd);
    if (!err_is(err))
        err = event_make(EFD_CLOEXEC | EFD_NONBLOCK, &runner->done_fd);
    if (!err_is(err))
        err = fdio_memfd("stdout", 0, &runner->stdout_fd);
    if (!err_is(err))
        err = fdio_memfd("stderr", 0, &runner->stderr_fd);
    if (err_is(err))
        return err;

    const int fds[FD_COUNT] = {
        [FD_GO] = runner->go_fd,         [FD_STDOUT] = runner->stdout_fd,
        [FD_STDERR] = runner->stderr_fd, [FD_CONTROL] = runner->control_fd,
        [FD_INPUTS] = runner->inputs_fd, [FD_OUTPUTS] = runner->outputs_fd,
        [FD_DONE] = runner->done_fd,
    };
    const struct sandbox_request request = {
        .profile = limits->threads > 1 ? SANDBOX_THREADS : SANDBOX_KERNEL,
        .program_fd = runner->plan.program,
        .argv = argv,
        .fds = fds,
        .fds_count = FD_COUNT,
        .limits = {.wall_ms =
                       min_u64(LIFE_MS_MAX, calls * (uint64_t)limits->wall_ms + LIFE_EXTRA_MS),
                   .cpu_ms = min_u64(LIFE_MS_MAX, (calls + 1) * (uint64_t)limits->cpu_ms),
                   .memory_bytes = (uint64_t)limits->memory_extra_bytes,
                   .stack_bytes = (uint64_t)limits->stack_bytes,
                   .output_bytes = (uint64_t)(limits->stdout_bytes > limits->stderr_bytes
                                                  ? limits->stdout_bytes
                                                  : limits->stderr_bytes),
                   .threads = (unsigned)limits->threads},
        .cpu = runner->plan.cpu,
    };
    err = sandbox_start(runner->plan.slot, &request);
    runner->up = !err_is(err);
    return err;
}

static struct err event_make(int flags, int *out_fd)
{
    *out_fd = eventfd(0, flags);
    return *out_fd < 0 ? err_make(ERR_SYSTEM, "make an event descriptor") : err_none();
}

/* Kills it and waits for its end. */
static struct err process_end(struct runner *runner, struct sandbox_result *out)
{
    bool done = false;
    struct err err = sandbox_kill(runner->plan.slot);

    if (!err_is(err))
        err = sandbox_wait(runner->plan.slot, END_MS, &done, out);
    if (!err_is(err) && !done)
        err = err_make(ERR_INTERNAL, "a killed program did not end within %d ms", END_MS);
    runner->up = false;
    return err;
}

static void process_forget(struct runner *runner)
{
    err_cleanup_close(&runner->go_fd);
    err_cleanup_close(&runner->done_fd);
    err_cleanup_close(&runner->stdout_fd);
    err_cleanup_close(&runner->stderr_fd);
    runner->go_fd = runner->done_fd = runner->stdout_fd = runner->stderr_fd = -1;
    runner->up = runner->frozen = false;
    runner->number = runner->calls = 0;
}

/* Points both calls at the places that the case gives its tensors. */
static void places_set(struct runner *runner, const struct spec_case *which)
{
    const struct spec *spec = runner->plan.spec;

    runner->given = runner->live = (struct call){.spec = spec, .which = which};
    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->used)
            continue;
        size_t count = (size_t)spec_elements(spec, which, i);
        size_t place =
            runner_layout_place(&runner->layout, i, (size_t)spec_tensor_bytes(spec, which, i));
        if (region->in_outputs) {
            runner->live.tensors[i] =
                (struct tensor){.at = runner->outputs + place, .count = count};
            if (runner->initial[i] != NULL)
                runner->given.tensors[i] =
                    (struct tensor){.at = runner->initial[i], .count = count};
        } else {
            runner->given.tensors[i] =
                (struct tensor){.at = runner->inputs + place, .count = count};
        }
    }
}

static void outputs_fill(struct runner *runner)
{
    const struct spec *spec = runner->plan.spec;

    memset(runner->outputs, SLACK_OUTPUT, runner->layout.outputs_bytes);
    call_poison_outputs(&runner->live);
    for (int i = 0; i < spec->arguments_count; i++)
        if (spec->arguments[i].role == SPEC_INOUT)
            memcpy(runner->live.tensors[i].at, runner->initial[i], tensor_bytes(runner, i));
}

static void inputs_slack_fill(struct runner *runner)
{
    for (int i = 0; i < runner->plan.spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        if (!region->used || region->in_outputs)
            continue;
        char *tensor = runner->given.tensors[i].at;
        char *start = runner->inputs + region->start, *end = runner->inputs + region->end;
        size_t bytes = tensor_bytes(runner, i);
        memset(start, SLACK_INPUT, (size_t)(tensor - start));
        memset(tensor + bytes, SLACK_INPUT, (size_t)(end - tensor) - bytes);
    }
}

static size_t tensor_bytes(const struct runner *runner, int argument)
{
    return (size_t)spec_tensor_bytes(runner->plan.spec, runner->given.which, argument);
}

static struct err call_run(struct runner *runner, struct runner_result *out, await_fn await)
{
    struct watch watch = {.cpu_us = 0};
    bool over = false;

    *out = (struct runner_result){.end = RUNNER_DONE};
    struct err err = call_ask(runner);
    if (!err_is(err))
        err = cpu_read(runner, out, &watch.cpu_us, &over);
    watch.started_ns = clock_ns();
    if (!err_is(err) && !over && runner->frozen)
        err = sandbox_thaw(runner->plan.slot);
    runner->frozen = false;
    if (!err_is(err) && !over)
        err = await(runner, &watch, out);
    if (!err_is(err) && out->end == RUNNER_DONE)
        err = call_stop(runner, &watch, out);
    else
        out->took_ns = clock_ns() - watch.started_ns;
    return err;
}

/* Everything on the page is written anew: the program may have written there. */
static struct err call_ask(struct runner *runner)
{
    const struct spec *spec = runner->plan.spec;
    struct control *control = runner->control;
    const uint64_t one = 1;

    for (int i = 0; i < spec->arguments_count; i++) {
        const struct runner_region *region = &runner->layout.regions[i];
        const struct call *call = region->in_outputs ? &runner->live : &runner->given;
        const char *base = region->in_outputs ? runner->outputs : runner->inputs;
        const char *at = call->tensors[i].at;
        control->is_tensor[i] = region->used;
        control->places[i] =
            region->used ? (uint64_t)(at - base) | (region->in_outputs ? 1 : 0) : 0;
        control->values[i] = runner->given.which->values[i];
        control->scalars[i] = runner->given.scalars[i];
    }
    runner->number++;
    runner->calls++;
    control->go = runner->number;
    return fdio_write(runner->go_fd, &one, sizeof one);
}

static struct err call_stop(struct runner *runner, const struct watch *watch,
                            struct runner_result *out)
{
    bool over = false;
    uint64_t cpu_us = 0;
    struct err err = sandbox_freeze(runner->plan.slot);

    out->took_ns = clock_ns() - watch->started_ns;
    runner->frozen = !err_is(err);
    if (err_is(err)) {
        struct err second = died(runner, LOOK_MS, out, &over);
        return over && !err_is(second) ? second : err;
    }
    settle();
    err = cpu_read(runner, out, &cpu_us, &over);
    if (!err_is(err) && !over)
        out->cpu_ms = (double)(cpu_us - watch->cpu_us) / 1e3;
    return err;
}

/* A task counts as frozen a moment before it leaves its processor, and only then is its time added
 * up. */
static void settle(void)
{
    const int64_t until_ns = clock_ns() + SETTLE_NS;

    while (clock_ns() < until_ns)
        _mm_pause();
}

static struct err await_event(struct runner *runner, const struct watch *watch,
                              struct runner_result *out)
{
    bool over = !runner->up;

    while (!over) {
        struct pollfd fds[] = {{.fd = runner->done_fd, .events = POLLIN},
                               {.fd = sandbox_fd(runner->plan.slot), .events = POLLIN}};
        uint64_t count;
        if (poll(fds, COUNT(fds), LOOK_MS) < 0 && errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for a call");
        if (read(runner->done_fd, &count, sizeof count) == (ssize_t)sizeof count)
            return err_none();
        struct err err = look(runner, watch, out, &over);
        if (err_is(err))
            return err;
    }
    return err_none();
}

/* Spins on the done word: sleeping would cost the clock 50 us and more. */
static struct err await_word(struct runner *runner, const struct watch *watch,
                             struct runner_result *out)
{
    int64_t next_ns = clock_ns() + LOOK_MS * 1000000;
    bool over = !runner->up;

    while (!over) {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            if (runner->control->done == runner->number)
                return err_none();
            _mm_pause();
        }
        if (clock_ns() < next_ns)
            continue;
        struct err err = look(runner, watch, out, &over);
        if (err_is(err))
            return err;
        next_ns = clock_ns() + LOOK_MS * 1000000;
    }
    return err_none();
}

/* Has it ended, or must it? */
static struct err look(struct runner *runner, const struct watch *watch, struct runner_result *out,
                       bool *out_over)
{
    const struct spec_limits *limits = &runner->plan.spec->limits;
    uint64_t cpu_us = 0;
    struct err err = died(runner, 0, out, out_over);

    if (err_is(err) || *out_over)
        return err;
    err = cpu_read(runner, out, &cpu_us, out_over);
    if (err_is(err) || *out_over)
        return err;

    double cpu_ms = (double)(cpu_us - watch->cpu_us) / 1e3;
    double wall_ms = (double)(clock_ns() - watch->started_ns) / 1e6;
    if (cpu_ms < (double)limits->cpu_ms && wall_ms < (double)limits->wall_ms)
        return err_none();
    out->end = cpu_ms >= (double)limits->cpu_ms ? RUNNER_CPU_LIMIT : RUNNER_WALL_LIMIT;
    out->cpu_ms = cpu_ms;
    *out_over = true;
    return process_end(runner, &out->died);
}

/* The clock of a process that has just died cannot be read: then its end is what counts. */
static struct err cpu_read(struct runner *runner, struct runner_result *out, uint64_t *out_us,
                           bool *out_over)
{
    struct err err = sandbox_cpu_us(runner->plan.slot, out_us);

    if (!err_is(err))
        return err;
    struct err second = died(runner, END_MS, out, out_over);
    return *out_over && !err_is(second) ? second : err;
}

static struct err died(struct runner *runner, int64_t timeout_ms, struct runner_result *out,
                       bool *out_over)
{
    bool done = false;
    uint64_t asked;
    struct sandbox_result result;
    struct err err = sandbox_wait(runner->plan.slot, timeout_ms, &done, &result);

    if (err_is(err) || !done)
        return err;
    *out_over = true;
    out->end = RUNNER_DIED;
    out->died = result;
    out->cpu_ms = (double)result.cpu_us / 1e3;
    runner->up = false;

    /* It never took its first call: it could not map its pages, and no code of the student ran. */
    if (result.end == SANDBOX_EXITED && result.exit_code == CONTROL_EXIT_BROKEN &&
        runner->calls <= 1 &&
        poll(&(struct pollfd){.fd = runner->go_fd, .events = POLLIN}, 1, 0) == 1 &&
        read(runner->go_fd, &asked, sizeof asked) > 0)
        return err_make(ERR_INTERNAL, "the runner could not map its pages");
    return err_none();
}

static bool bytes_are(const char *at, size_t size, int value)
{
    return size == 0 || ((unsigned char)at[0] == value && memcmp(at, at + 1, size - 1) == 0);
}

static uint64_t min_u64(uint64_t left, uint64_t right)
{
    return left < right ? left : right;
}
