/* The slot over its life: closing, kills, faults in each set-up step, freeze and thaw. Leaks over
 * many runs are test_sandbox_soak.c, kills at any moment test_sandbox_kill.c. */
#include "sandbox/step.h"
#include "tests/unit/sandbox_case.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define KILL_ROUNDS 20 /* the long form is 200; see SANDBOX_ROUNDS */
#define DEATH_MS 2000

static int rounds(int preset)
{
    const char *text = getenv("SANDBOX_ROUNDS");
    int value = text == NULL ? 0 : (int)strtol(text, NULL, 10);
    return value > 0 ? value : preset;
}

static struct sandbox *open_or_fail(const enum sandbox_backend *only)
{
    struct sandbox *slot = NULL;
    struct err err = slot_open(only, &slot);
    if (err_is(err))
        fail_msg("%s", err.text);
    return slot;
}

static void check_good_run(struct sandbox *slot)
{
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "exit", 3);
    if (err_is(outcome.err))
        fail_msg("%s", outcome.err.text);
    assert_int_equal(outcome.result.end, SANDBOX_EXITED);
    assert_int_equal(outcome.result.exit_code, 3);
}

static bool dies_in_time(int pidfd)
{
    bool gone = false;
    assert_false(err_is(fdio_wait(pidfd, DEATH_MS, &gone)));
    return gone;
}

static int count_groups(const struct sandbox *slot)
{
    char base[GROUP_PATH_MAX];
    int count = 0;
    (void)snprintf(base, sizeof base, "%s", slot->group.memory_dir);
    char *slash = strrchr(base, '/');
    if (slash == NULL)
        return 0;
    *slash = '\0';
    DIR *directory = opendir(base);
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char mine[32];
        (void)snprintf(mine, sizeof mine, "sandbox-%d-", (int)getpid());
        count += strncmp(entry->d_name, mine, strlen(mine)) == 0;
    }
    if (directory != NULL)
        (void)closedir(directory);
    return count;
}

static void closing_leaves_no_descriptor_process_or_group(void **state)
{
    (void)state;
    int before = count_entries(getpid(), "fd");
    for (int i = 0; i < 10; i++) {
        struct sandbox *slot = open_or_fail(NULL);
        struct sandbox probe = *slot; /* its names, after it is gone */
        check_good_run(slot);
        if (i % 2 == 0)
            assert_false(err_is(act_start(slot, limits_default, "wait")));
        sandbox_close(slot);
        assert_int_equal(kill(probe.pid, 0), -1);
        assert_int_equal(errno, ESRCH);
        assert_int_equal(count_groups(&probe), 0);
    }
    sandbox_close(NULL);
    assert_int_equal(count_entries(getpid(), "fd"), before);
}

static void kill_ends_a_run_and_spares_the_slot(void **state)
{
    (void)state;
    struct sandbox *slot = open_or_fail(NULL);
    struct sandbox_result result;
    bool done = false;
    assert_false(err_is(act_start(slot, limits_default, "wait")));
    assert_false(err_is(sandbox_wait(slot, 10, &done, &result)));
    assert_false(done);
    assert_false(err_is(sandbox_kill(slot)));
    assert_false(err_is(sandbox_wait(slot, DEATH_MS, &done, &result)));
    assert_true(done);
    assert_int_equal(result.end, SANDBOX_KILLED);
    check_good_run(slot);
    sandbox_close(slot);
}

static void calls_out_of_turn_are_refused(void **state)
{
    (void)state;
    struct sandbox *slot = open_or_fail(NULL);
    struct sandbox_result result;
    uint64_t cpu_us;
    bool done = false;
    assert_int_equal(sandbox_wait(slot, 0, &done, &result).code, ERR_INTERNAL);
    assert_int_equal(sandbox_kill(slot).code, ERR_INTERNAL);
    assert_int_equal(sandbox_freeze(slot).code, ERR_INTERNAL);
    assert_int_equal(sandbox_thaw(slot).code, ERR_INTERNAL);
    assert_int_equal(sandbox_cpu_us(slot, &cpu_us).code, ERR_INTERNAL);
    assert_false(err_is(act_start(slot, limits_default, "wait")));
    assert_int_equal(act_start(slot, limits_default, "wait").code, ERR_INTERNAL);
    sandbox_close(slot);
}

static void freeze_check(const enum sandbox_backend *only)
{
    struct sandbox *slot = open_or_fail(only);
    struct sandbox_limits limits = limits_default;
    limits.wall_ms = limits.cpu_ms = 5000 * slowness();
    assert_false(err_is(act_start(slot, limits, "spin")));
    uint64_t last = 0;
    /* An emulated processor may be taken away in the middle of the switch. */
    const uint64_t factor = slowness() == 1 ? 1 : 50;
    for (int i = 0; i < 20; i++) {
        uint64_t first, second, third = 0;
        assert_false(err_is(sandbox_freeze(slot)));
        assert_false(err_is(sandbox_cpu_us(slot, &first)));
        int64_t until = clock_us() + (int64_t)(2000 * factor);
        while (clock_us() < until)
            continue;
        assert_false(err_is(sandbox_cpu_us(slot, &second)));
        /* A thread counts as stopped once it will run no more of its own; the switch away from
         * it may still be charged to it, and lasts until a busy host lets it happen. So of two
         * looks in a row one shows nothing; a thread that goes on shows in both. */
        const uint64_t switched = second - first;
        until = clock_us() + (int64_t)(2000 * factor);
        while (clock_us() < until)
            continue;
        first = second;
        assert_false(err_is(sandbox_cpu_us(slot, &second)));
        assert_in_range(switched < second - first ? switched : second - first, 0, 500 * factor);
        assert_true(first >= last);
        assert_false(err_is(sandbox_thaw(slot)));
        until = clock_us() + 1000000;
        while (third <= second && clock_us() < until)
            assert_false(err_is(sandbox_cpu_us(slot, &third)));
        assert_true(third > second);
        last = third;
    }
    /* A frozen program can be killed, and the slot goes on. */
    struct sandbox_result result;
    bool done = false;
    assert_false(err_is(sandbox_freeze(slot)));
    assert_false(err_is(sandbox_kill(slot)));
    assert_false(err_is(sandbox_wait(slot, DEATH_MS, &done, &result)));
    assert_true(done);
    assert_int_equal(result.end, SANDBOX_KILLED);
    check_good_run(slot);
    sandbox_close(slot);
}

static void freeze_stops_the_clock_and_thaw_lets_it_go_on(void **state)
{
    (void)state;
    freeze_check(NULL);
}

static void freeze_works_by_signal_where_there_is_no_freezer(void **state)
{
    static const enum sandbox_backend rlimits = SANDBOX_RLIMITS;
    (void)state;
    freeze_check(&rlimits);
}

static void a_frozen_run_still_meets_its_wall_limit(void **state)
{
    (void)state;
    struct sandbox *slot = open_or_fail(NULL);
    struct sandbox_limits limits = limits_default;
    struct sandbox_result result;
    bool done = false;
    limits.wall_ms = 100;
    assert_false(err_is(act_start(slot, limits, "spin")));
    assert_false(err_is(sandbox_freeze(slot)));
    assert_false(err_is(sandbox_wait(slot, DEATH_MS, &done, &result)));
    assert_true(done);
    assert_int_equal(result.end, SANDBOX_WALL_LIMIT);
    check_good_run(slot);
    sandbox_close(slot);
}

static void a_killed_slot_takes_its_run_along_and_is_rebuilt(void **state)
{
    (void)state;
    struct sandbox *slot = open_or_fail(NULL);
    for (int i = 0; i < rounds(KILL_ROUNDS); i++) {
        struct sandbox_result result;
        bool done = false;
        assert_false(err_is(act_start(slot, limits_default, "spin")));
        int run = dup(slot->run_fd);
        struct timespec pause = {.tv_nsec = (long)(i * 7919 % 1000) * 1000}; /* at other moments */
        (void)nanosleep(&pause, NULL);
        assert_int_equal(kill(slot->pid, SIGKILL), 0);
        assert_true(err_is(sandbox_wait(slot, DEATH_MS, &done, &result)));
        assert_true(dies_in_time(run));
        (void)close(run);
        check_good_run(slot);
    }
    sandbox_close(slot);
}

static void a_killed_init_is_our_failure_not_the_programs(void **state)
{
    (void)state;
    struct sandbox *slot = open_or_fail(NULL);
    for (int i = 0; i < rounds(KILL_ROUNDS); i++) {
        struct sandbox_result result;
        bool done = false;
        char path[64], text[32];
        assert_false(err_is(act_start(slot, limits_default, "wait")));
        (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", slot->pid, slot->pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = read(fd, text, sizeof text - 1);
        (void)close(fd);
        assert_true(got > 0);
        text[got] = '\0';
        assert_int_equal(kill((pid_t)strtol(text, NULL, 10), SIGKILL), 0);
        struct err err = sandbox_wait(slot, DEATH_MS, &done, &result);
        assert_int_equal(err.code, ERR_SYSTEM);
        check_good_run(slot);
    }
    sandbox_close(slot);
}

/* A library that is killed: its slot and its run must not outlive it. */
static void nothing_outlives_a_killed_library(void **state)
{
    (void)state;
    for (int i = 0; i < rounds(KILL_ROUNDS) / 4; i++) {
        int ends[2], pids[2] = {0, 0};
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            struct sandbox *slot = NULL;
            if (err_is(slot_open(NULL, &slot)) || err_is(act_start(slot, limits_default, "spin")))
                _exit(1);
            pids[0] = slot->pid;
            pids[1] = slot->run_pid;
            if (write(ends[1], pids, sizeof pids) != sizeof pids)
                _exit(1);
            for (;;)
                (void)pause();
        }
        assert_int_equal(read(ends[0], pids, sizeof pids), (ssize_t)sizeof pids);
        int slot_fd = (int)syscall(SYS_pidfd_open, pids[0], 0);
        int run_fd = (int)syscall(SYS_pidfd_open, pids[1], 0);
        assert_true(slot_fd >= 0 && run_fd >= 0);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_true(dies_in_time(slot_fd));
        assert_true(dies_in_time(run_fd));
        (void)close(slot_fd);
        (void)close(run_fd);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
    /* The next open removes the groups that it left. */
    struct sandbox *slot = open_or_fail(NULL);
    check_good_run(slot);
    sandbox_close(slot);
}

/* Runs both kinds of program on a slot where one step fails; false when nothing failed. */
static bool fails_at(enum slot_step step, struct err *out_err)
{
    char path[512];
    struct sandbox_options options = {
        .program = build_path(path, sizeof path, "sandbox"), .name = "fault", .fail_step = step};
    struct sandbox *slot = NULL;
    *out_err = sandbox_open(&options, &slot);
    if (err_is(*out_err))
        return true;
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "exit", 0);
    *out_err = outcome.err; /* every step of a kernel program's run but STEP_CPU */
    if (!err_is(*out_err)) {
        const char *argv[] = {"/usr/bin/as", "--version", NULL};
        struct sandbox_request request = {.profile = SANDBOX_COMPILE,
                                          .program_fd = -1,
                                          .argv = argv,
                                          .limits = limits_default,
                                          .cpu = 0};
        struct sandbox_result result;
        *out_err = sandbox_run(slot, &request, &result);
    }
    sandbox_close(slot);
    return err_is(*out_err);
}

static void each_set_up_step_that_fails_is_ours_and_leaves_nothing(void **state)
{
    (void)state;
    int before = count_entries(getpid(), "fd");
    for (unsigned step = STEP_NONE + 1; step < STEP_COUNT; step++) {
        struct err err;
        if (!fails_at((enum slot_step)step, &err))
            fail_msg("step %u (%s) did not fail", step, step_words((enum slot_step)step));
        if (err.code != ERR_SYSTEM || strstr(err.text, step_words((enum slot_step)step)) == NULL)
            fail_msg("step %u (%s): %s", step, step_words((enum slot_step)step), err.text);
        assert_int_equal(count_entries(getpid(), "fd"), before);
    }
    int status;
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1); /* no child is left */
    assert_int_equal(errno, ECHILD);
}

static void two_slots_run_side_by_side(void **state)
{
    (void)state;
    struct sandbox *first = open_or_fail(NULL);
    struct sandbox *second = open_or_fail(NULL);
    struct sandbox_result result;
    bool done = false;
    assert_false(err_is(act_start(first, limits_default, "wait")));
    check_good_run(second);
    assert_false(err_is(sandbox_kill(first)));
    assert_false(err_is(sandbox_wait(first, DEATH_MS, &done, &result)));
    assert_true(done);
    check_good_run(first);
    sandbox_close(second);
    sandbox_close(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_leaves_no_descriptor_process_or_group),
        cmocka_unit_test(kill_ends_a_run_and_spares_the_slot),
        cmocka_unit_test(calls_out_of_turn_are_refused),
        cmocka_unit_test(freeze_stops_the_clock_and_thaw_lets_it_go_on),
        cmocka_unit_test(freeze_works_by_signal_where_there_is_no_freezer),
        cmocka_unit_test(a_frozen_run_still_meets_its_wall_limit),
        cmocka_unit_test(a_killed_slot_takes_its_run_along_and_is_rebuilt),
        cmocka_unit_test(a_killed_init_is_our_failure_not_the_programs),
        cmocka_unit_test(nothing_outlives_a_killed_library),
        cmocka_unit_test(each_set_up_step_that_fails_is_ours_and_leaves_nothing),
        cmocka_unit_test(two_slots_run_side_by_side),
    };
    return cmocka_run_group_tests_name("sandbox slot", tests, NULL, NULL);
}
