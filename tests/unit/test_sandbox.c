/* Each way to end, each limit, on each back end that this host has, and as an ordinary user. */
#include "tests/entry32.h"
#include "tests/unit/sandbox_case.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct fixture {
    enum sandbox_backend backend;
    struct sandbox *slot; /* NULL: not available here */
    struct err why;
};

static int fixture_open(void **state)
{
    struct fixture *fixture = *state;
    fixture->slot = NULL;
    fixture->why = slot_open(&fixture->backend, &fixture->slot);
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    sandbox_close(fixture->slot);
    fixture->slot = NULL;
    return 0;
}

static struct sandbox *slot_or_skip(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->slot == NULL && fixture->backend == SANDBOX_RLIMITS)
        fail_msg("%s", fixture->why.text);
    if (fixture->slot == NULL) {
        print_message("skipped: %s is not available here: %s\n",
                      sandbox_backend_word(fixture->backend), fixture->why.text);
        skip();
    }
    return fixture->slot;
}

/* A sanitised slot is larger than the programs and limits of two tests. */
static void skip_if_sanitised(void)
{
#ifdef __SANITIZE_ADDRESS__
    print_message("skipped: the slot of a sanitised build is too large for this\n");
    skip();
#endif
}

#define BUSY_MS 20000 /* CPU time takes its time on a busy machine */

struct row {
    const char *action;
    int number;
    enum sandbox_end end;
    int value; /* exit code, signal, or number of the call */
    const char *call;
};

static const struct row rows[] = {
    {"exit", 0, SANDBOX_EXITED, 0, ""},
    {"exit", 42, SANDBOX_EXITED, 42, ""},
    {"pid", 0, SANDBOX_EXITED, 2, ""},
    {"environment", 0, SANDBOX_EXITED, 0, ""},
    {"fds", 0, SANDBOX_EXITED, 3, ""},
    {"touch", 16, SANDBOX_EXITED, 0, ""},
    {"abort", 0, SANDBOX_SIGNALLED, SIGABRT, ""},
    {"segv", 0, SANDBOX_SIGNALLED, SIGSEGV, ""},
    {"raise", SIGKILL, SANDBOX_SIGNALLED, SIGKILL, ""},
    {"raise", SIGTERM, SANDBOX_SIGNALLED, SIGTERM, ""},
    {"recurse", 0, SANDBOX_SIGNALLED, SIGSEGV, ""},
    {"flood", 1, SANDBOX_OUTPUT_LIMIT, 0, ""},
    {"flood", 2, SANDBOX_OUTPUT_LIMIT, 0, ""},
    {"call", SYS_fork, SANDBOX_FORBIDDEN_CALL, SYS_fork, "fork"},
    {"call", SYS_openat, SANDBOX_FORBIDDEN_CALL, SYS_openat, "openat"},
    {"call", SYS_socket, SANDBOX_FORBIDDEN_CALL, SYS_socket, "socket"},
    {"call", SYS_execve, SANDBOX_FORBIDDEN_CALL, SYS_execve, "execve"},
    {"call", SYS_io_uring_setup, SANDBOX_FORBIDDEN_CALL, SYS_io_uring_setup, "io_uring_setup"},
    {"call", SYS_ptrace, SANDBOX_FORBIDDEN_CALL, SYS_ptrace, "ptrace"},
    {"dodge", SYS_fork, SANDBOX_FORBIDDEN_CALL, SYS_fork, "fork"},
    {"mapexec", 0, SANDBOX_FORBIDDEN_CALL, SYS_mmap, "mmap"},
    {"int80", 20, SANDBOX_FORBIDDEN_CALL, 20, "getpid (32-bit)"},
    {"spin", 0, SANDBOX_CPU_LIMIT, 0, ""},
    {"wait", 0, SANDBOX_WALL_LIMIT, 0, ""},
};

/* Without a 32-bit entry there is no call to forbid. */
static struct row row_here(size_t i)
{
    struct row row = rows[i];
    if (strcmp(row.action, "int80") == 0 && !entry32_here())
        row = (struct row){row.action, row.number, SANDBOX_SIGNALLED, SIGSEGV, ""};
    return row;
}

static struct outcome run_row(struct sandbox *slot, const struct row *row)
{
    struct sandbox_limits limits = limits_default;
    if (row->end == SANDBOX_CPU_LIMIT)
        limits.wall_ms = BUSY_MS;
    return act_run(slot, SANDBOX_KERNEL, limits, row->action, row->number);
}

static void check_row(struct sandbox *slot, const struct row *row)
{
    struct outcome outcome = run_row(slot, row);
    const struct sandbox_result *result = &outcome.result;
    if (err_is(outcome.err))
        fail_msg("%s %d: %s", row->action, row->number, outcome.err.text);
    if (result->end != row->end)
        fail_msg("%s %d: %s (%s)", row->action, row->number, sandbox_end_word(result->end),
                 result->evidence);
    if (row->end == SANDBOX_EXITED)
        assert_int_equal(result->exit_code, row->value);
    if (row->end == SANDBOX_SIGNALLED)
        assert_int_equal(result->signal, row->value);
    if (row->end == SANDBOX_FORBIDDEN_CALL)
        assert_int_equal(result->syscall, row->value);
    assert_string_equal(result->syscall_name, row->call);
    assert_int_not_equal(result->evidence[0], '\0');
    assert_true(slot_is_alone(slot));
}

static void every_end_is_told_apart(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row row = row_here(i);
        check_row(slot, &row);
    }
}

static void limits_hold_within_500_ms(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct sandbox_limits limits = limits_default;
    limits.wall_ms = 100;
    int64_t begin = clock_ms();
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits, "wait", 0);
    assert_int_equal(outcome.result.end, SANDBOX_WALL_LIMIT);
    assert_true(clock_ms() - begin < 600);
    assert_in_range(outcome.result.wall_us, 100000, 600000);

    limits.wall_ms = BUSY_MS;
    limits.cpu_ms = 100;
    outcome = act_run(slot, SANDBOX_KERNEL, limits, "spin", 0);
    assert_int_equal(outcome.result.end, SANDBOX_CPU_LIMIT);
    assert_in_range(outcome.result.cpu_us, 100000, 600000);
}

static void output_and_input_pass_through(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "hello", 0);
    assert_string_equal(outcome.out, "hello\n");
    assert_string_equal(outcome.errors, "oops\n");
    outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "echo", 0);
    assert_string_equal(outcome.out, "question");
}

static void addresses_repeat_from_run_to_run(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct outcome first = act_run(slot, SANDBOX_KERNEL, limits_default, "addresses", 0);
    struct outcome second = act_run(slot, SANDBOX_KERNEL, limits_default, "addresses", 0);
    assert_int_not_equal(first.out[0], '\0');
    assert_string_equal(first.out, second.out);
}

/* What is told here is memory: where a page costs 18 us and each processor has eight takers, 64 MiB
 * take 1.5 s. */
static struct sandbox_limits limits_of_memory(void)
{
    struct sandbox_limits limits = limits_default;
    limits.wall_ms = 30000;
    limits.cpu_ms = 10000;
    return limits;
}

static void memory_beyond_the_limit_is_not_had(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_of_memory(), "touch", 0);
    assert_false(err_is(outcome.err));
    if (sandbox_backend(slot) == SANDBOX_RLIMITS) {
        assert_int_equal(outcome.result.end, SANDBOX_EXITED);
        assert_int_equal(outcome.result.exit_code, 7); /* malloc said no */
        return;
    }
    assert_int_equal(outcome.result.end, SANDBOX_MEMORY_LIMIT);
    assert_in_range(outcome.result.peak_bytes, 60 * MIB, 65 * MIB);
    assert_non_null(strstr(outcome.result.evidence, "OOM counter"));
    /* A SIGKILL of its own, right after, is not taken for another one. */
    outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "raise", SIGKILL);
    assert_int_equal(outcome.result.end, SANDBOX_SIGNALLED);
}

static void smallest_memory_limit_spares_the_slot(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct sandbox_limits limits = limits_of_memory();
    skip_if_sanitised();
    limits.memory_bytes = MIB;
    for (int i = 0; i < 5; i++) {
        struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits, "touch", 0);
        if (err_is(outcome.err))
            fail_msg("%s", outcome.err.text);
        assert_true(outcome.result.end == SANDBOX_MEMORY_LIMIT ||
                    outcome.result.end == SANDBOX_EXITED);
    }
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "exit", 3);
    assert_int_equal(outcome.result.exit_code, 3);
}

static void stack_overflow_is_hinted(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    skip_if_sanitised();
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "recurse", 0);
    assert_true(outcome.result.stack_overflow);
    outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "segv", 0);
    assert_false(outcome.result.stack_overflow);
}

static void shared_memory_is_not_charged(void **state)
{
    enum { SHARED_MIB = 48 };
    struct sandbox *slot = slot_or_skip(state);
    int program = act_open();
    int shared = -1;
    assert_false(err_is(fdio_memfd("tensor", SHARED_MIB * MIB, &shared)));
    char *bytes = calloc(1, SHARED_MIB * MIB);
    assert_non_null(bytes);
    assert_int_equal(pwrite(shared, bytes, SHARED_MIB * MIB, 0), (ssize_t)(SHARED_MIB * MIB));
    free(bytes);
    int fds[] = {shared, shared, shared, shared};
    const char *argv[] = {"act", "shared", "48", NULL};
    struct sandbox_request request = {.profile = SANDBOX_KERNEL,
                                      .program_fd = program,
                                      .argv = argv,
                                      .fds = fds,
                                      .fds_count = 4,
                                      .limits = limits_here(limits_default),
                                      .cpu = 0};
    request.limits.memory_bytes = 8 * MIB;
    struct sandbox_result result;
    struct err err = sandbox_run(slot, &request, &result);
    assert_false(err_is(err));
    assert_int_equal(result.end, SANDBOX_EXITED);
    assert_int_equal(result.exit_code, 0);
    assert_true(result.peak_bytes < 8 * MIB);
    unsigned char byte = 0;
    assert_int_equal(pread(shared, &byte, 1, SHARED_MIB * MIB - 1), 1);
    assert_int_equal(byte, 1);
    (void)close(shared);
    (void)close(program);
}

static void threads_come_up_to_their_number(void **state)
{
    struct sandbox *slot = slot_or_skip(state);
    struct sandbox_limits limits = limits_default;
    limits.threads = 4;
    struct outcome outcome = act_run(slot, SANDBOX_THREADS, limits, "threads", 3);
    assert_int_equal(outcome.result.end, SANDBOX_EXITED);
    assert_int_equal(outcome.result.exit_code, 3);
    outcome = act_run(slot, SANDBOX_THREADS, limits, "threads", 20);
    assert_int_equal(outcome.result.end, SANDBOX_EXITED);
    assert_int_equal(outcome.result.exit_code, 3);
    struct outcome other = act_run(slot, SANDBOX_THREADS, limits, "call", SYS_fork);
    assert_int_equal(other.result.end, SANDBOX_FORBIDDEN_CALL);
    other = act_run(slot, SANDBOX_KERNEL, limits_default, "threads", 1);
    assert_int_equal(other.result.end, SANDBOX_FORBIDDEN_CALL);
    limits.wall_ms = BUSY_MS;
    struct outcome busy = act_run(slot, SANDBOX_THREADS, limits, "spins", 3);
    assert_int_equal(busy.result.end, SANDBOX_CPU_LIMIT);
    assert_true(busy.result.cpu_us >= 500000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_end_is_told_apart),
    cmocka_unit_test(limits_hold_within_500_ms),
    cmocka_unit_test(output_and_input_pass_through),
    cmocka_unit_test(addresses_repeat_from_run_to_run),
    cmocka_unit_test(memory_beyond_the_limit_is_not_had),
    cmocka_unit_test(smallest_memory_limit_spares_the_slot),
    cmocka_unit_test(stack_overflow_is_hinted),
    cmocka_unit_test(shared_memory_is_not_charged),
    cmocka_unit_test(threads_come_up_to_their_number),
};

/* The whole group again in a process that is an ordinary user; its own words go to stderr. */
static void ordinary_user_gets_the_same(void **state)
{
    char path[512];
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: we are an ordinary user already, the other groups were it\n");
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        struct fixture fixture = {.backend = SANDBOX_RLIMITS};
        void *own = &fixture;
        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
            _exit(3);
        if (access(build_path(path, sizeof path, "sandbox"), X_OK) < 0)
            _exit(2);
        (void)fixture_open(&own);
        if (fixture.slot == NULL)
            _exit(4);
        bool good = true;
        for (size_t i = 0; i < COUNT(rows) && good; i++) {
            const struct row row = row_here(i);
            struct outcome outcome = run_row(fixture.slot, &row);
            good = !err_is(outcome.err) && outcome.result.end == row.end &&
                   strcmp(outcome.result.syscall_name, row.call) == 0;
            if (!good)
                fprintf(stderr, "%s %d: %s %s\n", rows[i].action, rows[i].number, outcome.err.text,
                        outcome.result.evidence);
        }
        sandbox_close(fixture.slot);
        _exit(good ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        print_message("skipped: user 65534 cannot reach the build folder\n");
        skip();
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    static const enum sandbox_backend backends[] = {SANDBOX_CGROUP_V2, SANDBOX_CGROUP_V1,
                                                    SANDBOX_RLIMITS};
    static const struct CMUnitTest user_tests[] = {cmocka_unit_test(ordinary_user_gets_the_same)};
    int failures = 0;
    for (size_t b = 0; b < COUNT(backends); b++) {
        struct fixture fixture = {.backend = backends[b]};
        struct CMUnitTest group[COUNT(tests)];
        char names[COUNT(tests)][128];
        for (size_t i = 0; i < COUNT(tests); i++) {
            (void)snprintf(names[i], sizeof names[i], "%s [%s]", tests[i].name,
                           sandbox_backend_word(backends[b]));
            group[i] = tests[i];
            group[i].name = names[i];
            group[i].setup_func = fixture_open;
            group[i].teardown_func = fixture_close;
            group[i].initial_state = &fixture;
        }
        failures += cmocka_run_group_tests_name("sandbox", group, NULL, NULL);
    }
    failures += cmocka_run_group_tests_name("sandbox as an ordinary user", user_tests, NULL, NULL);
    return failures;
}
