/* The worker's side of the runner: layout of the memory, and calls of real programs. */
#include "sandbox/base/clock.h"
#include "sandbox/kernel.h"
#include "sandbox/launch.h"
#include "tests/unit/support/check.h"
#include "worker/compile.h"
#include "worker/runner.h"
#include "worker/runner_layout.h"
#include "worker/runner_parts.h"
#include "worker/runtime/control.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIGNATURE                                                                                  \
    "#include <stdio.h>\n#include <stdlib.h>\n"                                                    \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o);\n"                                                                       \
    "void attention(int B, int H, int Tq, int Tk, int D, const float *restrict q,"                 \
    " const float *restrict k, const float *restrict v, const int *restrict kvlen, int causal,"    \
    " float *restrict o)\n"

static const unsigned char key[RANDOM_KEY_BYTES] = {1, 2, 3};

struct bench {
    struct toolchain toolchain;
    struct spec spec;
    struct sandbox *slot;
    struct sandbox *plain; /* the back end that everybody has */
};

static int bench_setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    char path[4200];
    if (bench == NULL)
        return -1;
    struct err err = toolchain_find(&bench->toolchain, NULL);
    (void)snprintf(path, sizeof path, "%s/assignments/attention/assignment.json",
                   bench->toolchain.home);
    if (!err_is(err))
        err = spec_load(&bench->spec, path);
    if (err_is(err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    (void)snprintf(path, sizeof path, "%s/../sandbox", bench->toolchain.runtime);
    const struct sandbox_options options = {.program = path, .name = "test-runner"};
    err = sandbox_open(&options, &bench->slot);
    if (err_is(err))
        print_message("skipped: %s\n", err.text);
    const enum sandbox_backend least = SANDBOX_RLIMITS;
    const struct sandbox_options plain = {.program = path, .name = "test-plain", .only = &least};
    (void)sandbox_open(&plain, &bench->plain); /* if not, the tests of it are skipped */
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    sandbox_close(bench->slot);
    sandbox_close(bench->plain);
    free(bench);
    return 0;
}

static void fine(struct err err)
{
    assert_string_equal(err.text, "");
}

/* A runner of a program with this body, for every case of attention. */
static struct runner *runner_make(void **state, const char *body, int *out_program)
{
    struct bench *bench = *state;
    struct wire_compiled compiled;
    struct runner *runner = NULL;
    int cases[SPEC_CASES_MAX];
    char text[1024];

    if (bench->slot == NULL)
        skip();
    (void)snprintf(text, sizeof text, SIGNATURE "{ %s }\n", body);
    fine(compile_source(&bench->toolchain, bench->slot, &bench->spec, "a.c", text, strlen(text),
                        &compiled, out_program));
    if (!compiled.good)
        print_error("%s\n%s", compiled.message, compiled.diagnostics);
    assert_true(compiled.good);
    wire_compiled_release(&compiled);

    for (int i = 0; i < bench->spec.cases_count; i++)
        cases[i] = i;
    const struct runner_plan plan = {.slot = bench->slot,
                                     .spec = &bench->spec,
                                     .program = *out_program,
                                     .cases = cases,
                                     .cases_count = (size_t)bench->spec.cases_count,
                                     .calls = 100,
                                     .cpu = -1};
    fine(runner_new(&runner, &plan));
    return runner;
}

static void runner_drop(struct runner *runner, int program)
{
    runner_free(runner);
    (void)close(program); /* a memfd: nothing can be lost */
}

static void call_once(struct runner *runner, int index, uint64_t iteration,
                      struct runner_result *result)
{
    fine(runner_ready(runner, NULL));
    fine(runner_fill(runner, index, key, iteration));
    fine(runner_call(runner, result));
}

static void regions_are_apart_and_between_guards(void **state)
{
    struct bench *bench = *state;
    const int cases[] = {0, 3, 15};
    struct runner_layout layout;
    size_t ends[2] = {CONTROL_PAGE, CONTROL_PAGE};

    fine(runner_layout_make(&layout, &bench->spec, cases, COUNT(cases), 0));
    for (int i = 0; i < bench->spec.arguments_count; i++) {
        const struct runner_region *region = &layout.regions[i];
        if (!region->used)
            continue;
        assert_int_equal(region->start, ends[region->in_outputs]); /* right behind a guard */
        assert_int_equal((region->end - region->start) % CONTROL_PAGE, 0);
        ends[region->in_outputs] = region->end + CONTROL_PAGE;
        bool guarded = false;
        for (uint32_t k = 0; k < layout.guards_count; k++)
            guarded = guarded || layout.guards[k] == (region->end | (region->in_outputs ? 1u : 0u));
        assert_true(guarded);
    }
    assert_int_equal(ends[0], layout.inputs_bytes);
    assert_int_equal(ends[1], layout.outputs_bytes);
}

static void a_tensor_ends_at_its_guard_and_is_aligned(void **state)
{
    struct bench *bench = *state;
    const int cases[] = {15};
    const int q = spec_argument_index(&bench->spec, "q");
    struct runner_layout layout;

    fine(runner_layout_make(&layout, &bench->spec, cases, COUNT(cases), 0));
    for (size_t bytes = 1; bytes < 1000; bytes += 37) {
        size_t place = runner_layout_place(&layout, q, bytes);
        assert_int_equal(place % 64, 0);
        assert_true(place + bytes <= layout.regions[q].end);
        assert_true(place + bytes + 64 > layout.regions[q].end);
    }
    size_t whole = layout.regions[q].end - layout.regions[q].start;
    assert_int_equal(runner_layout_place(&layout, q, whole), layout.regions[q].start);
}

static void a_call_sees_its_arguments_and_its_answer_comes_back(void **state)
{
    struct bench *bench = *state;
    struct runner_result result;
    struct answer answer;
    int program = -1;
    const int index = spec_case_index(&bench->spec, "odd");
    struct runner *runner =
        runner_make(state,
                    "o[0] = (float)(B + 10 * H + 100 * Tq + 10000 * D); o[1] = q[1]; o[2] = k[2];"
                    " o[3] = v[3]; o[4] = (float)(kvlen[1] + 1000 * causal + Tk);",
                    &program);

    fine(answer_make(&answer, &bench->spec, &bench->spec.cases[index]));
    call_once(runner, index, 0, &result);
    assert_int_equal(result.end, RUNNER_DONE);
    assert_int_equal(runner_answer(runner, &answer), -1);
    const struct call *given = runner_given(runner);
    const float *o = call_f32(&answer.call, "o");
    assert_true(o[0] == 2 + 30 + 1700 + 50000);
    assert_true(o[1] == call_f32(given, "q")[1]);
    assert_true(o[2] == call_f32(given, "k")[2]);
    assert_true(o[3] == call_f32(given, "v")[3]);
    assert_true(o[4] == (float)(call_i32(given, "kvlen")[1] + 17));
    assert_true(isnan(o[5])); /* as poisoned */
    assert_null(answer.call.tensors[spec_argument_index(&bench->spec, "q")].at);
    assert_true(result.took_ns > 0 && result.cpu_ms >= 0);
    answer_release(&answer);
    runner_drop(runner, program);
}

/* Each then runs in what the other had, and nothing of that is left. */
static void two_runners_change_memories(void **state)
{
    struct bench *bench = *state;
    struct runner_result result;
    struct answer answer;
    int programs[2];
    struct runner *runners[2];
    const int index = spec_case_index(&bench->spec, "odd");

    runners[0] = runner_make(state, "o[0] = q[1] + 1; o[1] = 5;", &programs[0]);
    runners[1] = runner_make(state, "o[0] = q[1] + 2;", &programs[1]);
    fine(answer_make(&answer, &bench->spec, &bench->spec.cases[index]));
    for (int turn = 0; turn < 3; turn++) {
        const float *before = call_f32(runner_given(runners[0]), "q");
        if (turn > 0) {
            runner_exchange(runners[0], runners[1]);
            assert_ptr_equal(call_f32(runner_given(runners[1]), "q"), before);
        }
        for (int i = 0; i < 2; i++) {
            call_once(runners[i], index, (uint64_t)turn, &result);
            assert_int_equal(result.end, RUNNER_DONE);
            assert_int_equal(runner_answer(runners[i], &answer), -1);
            const float *o = call_f32(&answer.call, "o");
            const float q = call_f32(runner_given(runners[i]), "q")[1];
            assert_true(o[0] == q + (float)(i + 1));
            assert_true(i == 0 ? o[1] == 5 : isnan(o[1])); /* not the other's */
            fine(runner_stop(runners[i]));
        }
    }
    answer_release(&answer);
    for (int i = 0; i < 2; i++)
        runner_drop(runners[i], programs[i]);
}

static void inputs_depend_on_key_case_and_iteration_alone(void **state)
{
    int program = -1;
    struct runner *runner = runner_make(state, "o[0] = 0;", &program);
    struct runner *other = NULL;
    struct bench *bench = *state;
    float first[3];

    for (uint64_t i = 0; i < 3; i++) {
        fine(runner_fill(runner, 3, key, i == 2 ? 0 : i));
        first[i] = call_f32(runner_given(runner), "q")[7];
    }
    assert_true(first[0] != first[1]);
    assert_true(first[0] == first[2]);

    int cases[SPEC_CASES_MAX];
    for (int i = 0; i < bench->spec.cases_count; i++)
        cases[i] = i;
    const struct runner_plan plan = {.slot = bench->slot,
                                     .spec = &bench->spec,
                                     .program = program,
                                     .cases = cases,
                                     .cases_count = (size_t)bench->spec.cases_count,
                                     .calls = 1,
                                     .cpu = -1};
    fine(runner_new(&other, &plan));
    runner_fill_from(other, runner);
    assert_true(call_f32(runner_given(other), "q")[7] == first[0]);
    assert_ptr_not_equal(call_f32(runner_given(other), "q"), call_f32(runner_given(runner), "q"));
    runner_free(other);
    runner_drop(runner, program);
}

static void a_dead_process_is_told_once_and_started_again(void **state)
{
    struct runner_result result;
    bool fresh = false;
    int program = -1;
    struct runner *runner =
        runner_make(state, "static int calls; if (++calls == 2) abort(); o[0] = 0;", &program);

    call_once(runner, 0, 0, &result);
    assert_int_equal(result.end, RUNNER_DONE);
    fine(runner_ready(runner, &fresh));
    assert_false(fresh);
    call_once(runner, 0, 1, &result);
    assert_int_equal(result.end, RUNNER_DIED);
    assert_int_equal(result.died.end, SANDBOX_SIGNALLED);
    fine(runner_ready(runner, &fresh));
    assert_true(fresh);
    call_once(runner, 0, 2, &result);
    assert_int_equal(result.end, RUNNER_DONE);

    fine(runner_stop(runner));
    fine(runner_stop(runner)); /* nothing there: fine */
    call_once(runner, 0, 3, &result);
    assert_int_equal(result.end, RUNNER_DONE);
    runner_drop(runner, program);
}

#define RAW(number, a, b, c)                                                                       \
    " __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(" #number "), \"D\"(" #a "), \"S\"(" #b   \
    "), \"d\"(" #c ") : \"rcx\", \"r11\", \"memory\");"

static void a_crash_behind_the_done_word_is_the_programs_own(void **state)
{
    struct runner_result result = {.end = RUNNER_DONE};
    int program = -1;
    /* The runner's flush of stdout, after the word, meets what the program has made of it. */
    struct runner *runner = runner_make(
        state, "for (int i = 0; i < 216; i++) ((volatile char *)stdout)[i] = 0x7f; o[0] = 0;",
        &program);
    const int64_t started_ms = clock_ms();

    /* At the latest when it goes on. */
    for (uint64_t i = 0; i < 2 && result.end == RUNNER_DONE; i++)
        call_once(runner, 0, i, &result);
    assert_int_equal(result.end, RUNNER_DIED);
    assert_int_equal(result.died.end, SANDBOX_SIGNALLED);
    assert_true(clock_ms() - started_ms < 5000);
    runner_drop(runner, program);
}

static void a_program_that_says_done_and_exits_is_always_found_out(void **state)
{
    struct runner_result result;
    int program = -1;
    struct runner *runner = runner_make(
        state, "unsigned long one = 1, got;" RAW(1, 6, &one, 8) RAW(231, 0, 0, 0) " o[0] = got;",
        &program);

    /* Dead at once, or a moment after it was to stop: then the next call tells. */
    for (uint64_t i = 0; i < 10; i++) {
        call_once(runner, 0, 2 * i, &result);
        if (result.end == RUNNER_DONE)
            call_once(runner, 0, 2 * i + 1, &result);
        assert_int_equal(result.end, RUNNER_DIED);
        assert_int_equal(result.died.end, SANDBOX_EXITED);
    }
    runner_drop(runner, program);
}

static void the_exit_code_of_a_broken_runner_is_no_excuse(void **state)
{
    struct runner_result result;
    int program = -1;
    /* Gives the go event back, as if the call had never been taken. */
    struct runner *runner = runner_make(
        state, "unsigned long one = 1, got;" RAW(1, 0, &one, 8) RAW(231, 121, 0, 0) " o[0] = got;",
        &program);

    for (uint64_t i = 0; i < 2; i++) {
        call_once(runner, 0, i, &result);
        assert_int_equal(result.end, RUNNER_DIED);
        assert_int_equal(result.died.end, SANDBOX_EXITED);
        assert_int_equal(result.died.exit_code, CONTROL_EXIT_BROKEN);
    }
    runner_drop(runner, program);
}

static void writing_beside_an_output_names_the_tensor(void **state)
{
    struct bench *bench = *state;
    struct runner_result result;
    struct answer answer;
    int program = -1;
    struct runner *runner =
        runner_make(state, "o[(size_t)B * H * Tq * D + (causal ? 0 : 1)] = 0;", &program);
    const int o = spec_argument_index(&bench->spec, "o");

    for (int index = 0; index < 4; index += 3) { /* one and odd: both end in slack */
        fine(answer_make(&answer, &bench->spec, &bench->spec.cases[index]));
        call_once(runner, index, 0, &result);
        assert_int_equal(result.end, RUNNER_DONE);
        assert_int_equal(runner_answer(runner, &answer), o);
        answer_release(&answer);
    }
    runner_drop(runner, program);
}

static void what_it_prints_is_taken_once(void **state)
{
    struct runner_result result;
    auto_buf struct buf text = buf_of(4096);
    int program = -1;
    struct runner *runner =
        runner_make(state, "fprintf(stderr, \"Tq=%d\\n\", Tq); puts(\"out\");", &program);

    call_once(runner, 1, 0, &result);
    fine(runner_take_stderr(runner, &text, 4096));
    assert_string_equal(text.at, "Tq=4\n");
    buf_clear(&text);
    fine(runner_take_stderr(runner, &text, 4096));
    assert_int_equal(text.size, 0);
    call_once(runner, 0, 0, &result);
    fine(runner_take_stderr(runner, &text, 4));
    assert_string_equal(text.at, "Tq=1");
    runner_drop(runner, program);
}

static void an_early_done_word_gains_nothing(void **state)
{
    struct bench *bench = *state;
    struct runner_result result;
    struct answer answer;
    int program = -1;
    /* Writes the done event (descriptor 6) before the work, then fills o. */
    struct runner *runner = runner_make(
        state,
        "unsigned long one = 1, got; __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(1),"
        " \"D\"(6), \"S\"(&one), \"d\"(8) : \"rcx\", \"r11\", \"memory\");"
        " for (volatile long i = 0; i < 100000000; i++) {} o[0] = (float)got;",
        &program);

    fine(answer_make(&answer, &bench->spec, &bench->spec.cases[0]));
    call_once(runner, 0, 0, &result);
    assert_int_equal(result.end, RUNNER_DONE);
    assert_int_equal(runner_answer(runner, &answer), -1);
    assert_true(isnan(call_f32(&answer.call, "o")[0])); /* frozen before it could write */
    answer_release(&answer);
    runner_drop(runner, program);
}

static void a_full_go_counter_stops_nobody(void **state)
{
    struct runner_result result;
    int program = -1;
    /* Fills the counter of the go event (0), says done (6) and spins until it is frozen. */
    struct runner *runner = runner_make(
        state,
        "unsigned long full = -2ul, one = 1, got;"
        " __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(1), \"D\"(0), \"S\"(&full), \"d\"(8)"
        " : \"rcx\", \"r11\", \"memory\");"
        " __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(1), \"D\"(6), \"S\"(&one), \"d\"(8)"
        " : \"rcx\", \"r11\", \"memory\");"
        " for (volatile long i = 0; i < 20000000; i++) {} o[0] = (float)got;",
        &program);

    for (uint64_t i = 0; i < 3; i++) {
        call_once(runner, 0, i, &result);
        assert_int_equal(result.end, RUNNER_DONE);
    }
    runner_drop(runner, program);
}

static void a_timed_call_measures_the_work(void **state)
{
    struct runner_result result;
    int program = -1;
    struct runner *runner = runner_make(
        state, "for (volatile int i = 0; i < Tq * 1000000; i++) {} o[0] = 0;", &program);
    int64_t least[2] = {INT64_MAX, INT64_MAX};

    /* Of so many, one finds the processor free. */
    for (int i = 0; i < 20; i++)
        for (int index = 0; index < 2; index++) { /* Tq is 1 in "one", 4 in "small" */
            fine(runner_ready(runner, NULL));
            fine(runner_fill(runner, index, key, 0));
            runner_flush(runner);
            fine(runner_call_timed(runner, RUNNER_APART, &result));
            assert_int_equal(result.end, RUNNER_DONE);
            least[index] = result.took_ns < least[index] ? result.took_ns : least[index];
        }
    runner_drop(runner, program);
    if (least[1] <= 2 * least[0])
        fail_msg("Tq = 1 takes %" PRId64 " ns, Tq = 4 %" PRId64, least[0], least[1]);
}

static bool has_rights(void)
{
    return kernel_may_go_first() == KERNEL_WATCHER;
}

/* Skips where whoever runs this test may not. */
static void rights_needed(void)
{
    if (has_rights())
        return;
    print_message("skipped: needs the right to real-time (root, or ulimit -r 2)\n");
    skip();
}

static void only_timed_programs_go_first(void **state)
{
    struct runner_result result;
    const bool may = kernel_may_go_first() >= KERNEL_PROGRAM;
    int program = -1;

    for (int timed = 0; timed < 2; timed++) {
        struct runner *runner = runner_make(state, "o[0] = 0;", &program);
        runner->plan.cpu = timed == 1 ? 0 : -1;
        fine(runner_ready(runner, NULL));
        assert_int_equal(runner_goes_first(runner), timed == 1 && may);
        assert_int_equal(sched_getscheduler(runner->plan.slot->run_pid),
                         timed == 1 && may ? SCHED_FIFO : SCHED_OTHER);
        fine(runner_fill(runner, 0, key, 0));
        fine(runner_call_timed(runner, RUNNER_APART, &result));
        assert_int_equal(result.end, RUNNER_DONE);
        assert_int_equal(sched_getscheduler(0), SCHED_OTHER); /* we ourselves take turns again */
        runner_drop(runner, program);
    }
}

/* What a thread of its own, which goes before it, sees of the one that calls. */
struct seen {
    pid_t caller;
    atomic_bool looks;
    bool first;         /* at some moment */
    int after_a_second; /* policy */
};

static void *caller_seen(void *argument)
{
    struct seen *seen = argument;

    (void)kernel_go_first(0, KERNEL_WATCHER);
    atomic_store(&seen->looks, true);
    const int64_t until_ms = clock_ms() + 1000;
    while (clock_ms() < until_ms) {
        seen->first = seen->first || sched_getscheduler(seen->caller) == SCHED_FIFO;
        (void)usleep(1000);
    }
    seen->after_a_second = sched_getscheduler(seen->caller);
    return NULL;
}

/* The limits hold, and who calls does not go first for as long as it spins. */
static void a_timed_loop_without_end_is_stopped(void **state)
{
    struct seen seen = {.caller = getpid()};
    struct runner_result result;
    pthread_t thread;
    int program = -1;

    struct runner *runner =
        runner_make(state, "volatile int on = 1; while (on) {} o[0] = 0;", &program);
    runner->plan.cpu = 0;
    fine(runner_ready(runner, NULL));
    fine(runner_fill(runner, 0, key, 0));
    const int64_t started_ms = clock_ms();
    assert_int_equal(pthread_create(&thread, NULL, caller_seen, &seen), 0);
    while (!atomic_load(&seen.looks)) /* two processors that both go first leave it no turn */
        (void)usleep(1000);
    fine(runner_call_timed(runner, RUNNER_APART, &result));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(seen.first || !has_rights());
    assert_int_equal(seen.after_a_second, SCHED_OTHER);
    assert_true(result.end == RUNNER_CPU_LIMIT || result.end == RUNNER_WALL_LIMIT);
    assert_true(clock_ms() - started_ms < 2 * runner->plan.spec->limits.wall_ms + 1000);
    assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
    runner_drop(runner, program);
}

/* A runner on the processor where this test is now, watched from there, in either back end. */
static struct runner *beside_make(void **state, struct sandbox *slot, const char *body,
                                  int *out_program)
{
    cpu_set_t here;

    rights_needed();
    if (slot == NULL)
        skip();
    struct runner *runner = runner_make(state, body, out_program);
    CPU_ZERO(&here);
    CPU_SET(0, &here);
    assert_int_equal(sched_setaffinity(0, sizeof here, &here), 0);
    runner->plan.cpu = 0;
    runner->plan.slot = slot;
    fine(runner_ready(runner, NULL));
    assert_true(runner_goes_first(runner));
    return runner;
}

static void beside_drop(struct runner *runner, int program)
{
    cpu_set_t all;

    memset(&all, -1, sizeof all); /* the kernel takes those that exist */
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    runner_drop(runner, program);
}

#define SAY_DONE /* the done event is descriptor 6 */                                              \
    "unsigned long one = 1, got; __asm__ volatile(\"syscall\" : \"=a\"(got) : \"a\"(1),"           \
    " \"D\"(6), \"S\"(&one), \"d\"(8) : \"rcx\", \"r11\", \"memory\");"

static void beside_row(void **state, struct sandbox *slot)
{
    static const struct {
        const char *body;
        enum runner_end end, or_end;
        int64_t least_ms, most_ms; /* that the call takes */
        bool o_unset;
    } rows[] = {
        {"o[0] = 1;", RUNNER_DONE, RUNNER_DONE, 0, 1000, false},
        {"for (volatile int i = 0; i < 100000000; i++) {} o[0] = 1;", RUNNER_DONE, RUNNER_DONE, 20,
         5000, false},
        /* What follows the word is not run. */
        {SAY_DONE "o[0] = (float)got;", RUNNER_DONE, RUNNER_DONE, 0, 1000, true},
        {SAY_DONE "for (volatile int on = 1; on;) {} o[0] = 1;", RUNNER_DONE, RUNNER_DONE, 0, 1000,
         true},
        {"for (volatile int on = 1; on;) {} o[0] = 1;", RUNNER_CPU_LIMIT, RUNNER_WALL_LIMIT, 100,
         60000, true},
        {"*(volatile int *)8 = 1; o[0] = 1;", RUNNER_DIED, RUNNER_DIED, 0, 5000, true},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct runner_result result;
        struct answer answer;
        int program = -1;
        struct runner *runner = beside_make(state, slot, rows[i].body, &program);

        fine(answer_make(&answer, &bench->spec, &bench->spec.cases[0]));
        for (int call = 0; call < 3; call++) {
            fine(runner_ready(runner, NULL));
            fine(runner_fill(runner, 0, key, 0));
            fine(runner_call_timed(runner, RUNNER_BESIDE, &result));
            if (result.end != rows[i].end && result.end != rows[i].or_end)
                fail_msg("row %zu ends with %d", i, (int)result.end);
            if (result.took_ns < rows[i].least_ms * 1000000 ||
                result.took_ns > rows[i].most_ms * 1000000)
                fail_msg("row %zu takes %" PRId64 " ns", i, result.took_ns);
            assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
            if (result.end != RUNNER_DONE)
                break;
            assert_int_equal(runner_answer(runner, &answer), -1);
            assert_int_equal(isnan(call_f32(&answer.call, "o")[0]), rows[i].o_unset);
            if (rows[i].o_unset)
                break; /* the rest of it runs in the next call */
        }
        answer_release(&answer);
        beside_drop(runner, program);
    }
}

static void a_call_is_watched_from_its_own_processor(void **state)
{
    beside_row(state, ((struct bench *)*state)->slot);
}

static void a_call_is_watched_from_its_own_processor_without_groups(void **state)
{
    beside_row(state, ((struct bench *)*state)->plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_apart_and_between_guards),
        cmocka_unit_test(a_tensor_ends_at_its_guard_and_is_aligned),
        cmocka_unit_test(a_call_sees_its_arguments_and_its_answer_comes_back),
        cmocka_unit_test(two_runners_change_memories),
        cmocka_unit_test(inputs_depend_on_key_case_and_iteration_alone),
        cmocka_unit_test(a_dead_process_is_told_once_and_started_again),
        cmocka_unit_test(a_crash_behind_the_done_word_is_the_programs_own),
        cmocka_unit_test(a_program_that_says_done_and_exits_is_always_found_out),
        cmocka_unit_test(the_exit_code_of_a_broken_runner_is_no_excuse),
        cmocka_unit_test(writing_beside_an_output_names_the_tensor),
        cmocka_unit_test(what_it_prints_is_taken_once),
        cmocka_unit_test(an_early_done_word_gains_nothing),
        cmocka_unit_test(a_full_go_counter_stops_nobody),
        cmocka_unit_test(a_timed_call_measures_the_work),
        cmocka_unit_test(only_timed_programs_go_first),
        cmocka_unit_test(a_timed_loop_without_end_is_stopped),
        cmocka_unit_test(a_call_is_watched_from_its_own_processor),
        cmocka_unit_test(a_call_is_watched_from_its_own_processor_without_groups),
    };
    return cmocka_run_group_tests(tests, bench_setup, bench_teardown);
}
