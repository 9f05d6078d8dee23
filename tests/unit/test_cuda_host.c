/* The runtime that stands in for a GPU in tests (tests/cuda_host): what it runs, and what it tells
 * of instead of hanging. Where the build had no C++ compiler, there is nothing to test. */
#include "tests/cuda_host/cuda_host_launch.h"
#include "tests/unit/support/check.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct host {
    cuda_host_launch_fn *launch;
    cuda_host_arguments_fn *arguments;
    cuda_host_said_fn *said;
    int out[300];
};

static int host_open(void **state)
{
    const char *const build = getenv("BUILD");
    static struct host host;
    char path[300];

    (void)snprintf(path, sizeof path, "%s/tests/cuda/tests/cuda_host/samples.so",
                   build == NULL ? "build" : build);
    *state = &host;
    if (access(path, F_OK) < 0)
        return 0; /* built without a C++ compiler */
    void *const object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        print_error("%s\n", dlerror());
        return -1;
    }
    const struct {
        const char *name;
        void *place;
    } names[] = {
        {"cuda_host_launch", &host.launch},
        {"cuda_host_arguments", &host.arguments},
        {"cuda_host_said", &host.said},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *const symbol = dlsym(object, names[i].name);
        if (symbol == NULL)
            return -1;
        memcpy(names[i].place, &symbol, sizeof symbol);
    }
    return 0;
}

static struct host *host_of(void **state)
{
    struct host *const host = *state;
    if (host->launch == NULL) {
        print_message("skipped: built without a C++ compiler, so no CUDA runs on the host\n");
        skip();
    }
    memset(host->out, 0, sizeof host->out);
    return host;
}

/* With the output as the only argument. */
static int run(struct host *host, const char *kernel, unsigned blocks, unsigned threads,
               unsigned shared_bytes)
{
    const unsigned grid[3] = {blocks, 1, 1}, block[3] = {threads, 1, 1};
    int *out = host->out;
    void *arguments[] = {&out};
    return host->launch(kernel, grid, block, shared_bytes, arguments);
}

static void lanes_of_a_warp_exchange(void **state)
{
    struct host *const host = host_of(state);

    assert_int_equal(run(host, "lanes", 1, 64, 0), CUDA_HOST_RAN);
    for (int i = 0; i < 64; i++) {
        const int first = i / 32 * 32, sum = 32 * first + 31 * 16;
        const int next = i % 8 == 7 ? i : i + 1;
        assert_int_equal(host->out[i], sum + 10000 + 100000 * first + 10000000 * (next % 10));
    }
}

static void blocks_have_shared_memory_and_barriers(void **state)
{
    struct host *const host = host_of(state);
    const unsigned grid[3] = {3, 1, 1}, block[3] = {100, 1, 1};
    int *out = host->out, n = 100;
    void *arguments[] = {&n, &out};

    for (int i = 0; i < 300; i++)
        out[i] = i;
    assert_int_equal(host->launch("reversed", grid, block, 400, arguments), CUDA_HOST_RAN);
    for (int i = 0; i < 300; i++)
        assert_int_equal(out[i], i / 100 * 100 + 99 - i % 100);
}

static void shared_memory_is_spoiled_between_blocks(void **state)
{
    struct host *const host = host_of(state);

    assert_int_equal(run(host, "spoiled", 2, 32, 128), CUDA_HOST_RAN);
    for (int i = 0; i < 64; i++)
        assert_int_equal(host->out[i], 1);
}

static void a_deadlock_is_told_and_the_next_launch_runs(void **state)
{
    struct host *const host = host_of(state);

    assert_int_equal(run(host, "waits_for_ever", 1, 64, 0), CUDA_HOST_DEADLOCK);
    assert_non_null(strstr(host->said(), "32 of 64 threads wait"));
    assert_int_equal(run(host, "two_barriers", 1, 64, 0), CUDA_HOST_DIVERGED);
    assert_int_equal(run(host, "traps", 1, 32, 0), CUDA_HOST_TRAP);
    assert_int_equal(run(host, "some_leave", 1, 64, 0), CUDA_HOST_RAN);
    assert_int_equal(host->out[39], 1);
    assert_int_equal(host->out[40], 0);
}

static void what_no_device_takes_is_refused(void **state)
{
    struct host *const host = host_of(state);

    assert_int_equal(run(host, "nothing", 1, 32, 0), CUDA_HOST_NO_KERNEL);
    assert_int_equal(run(host, "lanes", 1, 1025, 0), CUDA_HOST_GEOMETRY);
    assert_int_equal(run(host, "lanes", 0, 32, 0), CUDA_HOST_GEOMETRY);
    assert_int_equal(run(host, "spoiled", 1, 32, 228 << 10), CUDA_HOST_GEOMETRY);
    assert_int_equal(host->arguments("nothing"), -1);
    assert_int_equal(host->arguments("typed"), 4);
}

static void reading_past_shared_memory_is_a_fault(void **state)
{
    struct host *const host = host_of(state);
    int status = 0;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* cmocka would take it for its own */
        (void)run(host, "past_the_end", 1, 1, 64);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

static void arguments_arrive_with_their_types(void **state)
{
    struct host *const host = host_of(state);
    const unsigned one[3] = {1, 1, 1};
    int a = 41, *out = host->out;
    float b = 1.5F;
    signed char bytes[] = {-3};
    const signed char *c = bytes;
    void *arguments[] = {&a, &b, &c, &out};

    assert_int_equal(host->launch("typed", one, one, 0, arguments), CUDA_HOST_RAN);
    assert_int_equal(out[0], 41);
    assert_int_equal(out[1], 3);
    assert_int_equal(out[2], -3);
    assert_int_equal(out[3], 1 - 1 + 127 - 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_of_a_warp_exchange),
        cmocka_unit_test(blocks_have_shared_memory_and_barriers),
        cmocka_unit_test(shared_memory_is_spoiled_between_blocks),
        cmocka_unit_test(a_deadlock_is_told_and_the_next_launch_runs),
        cmocka_unit_test(what_no_device_takes_is_refused),
        cmocka_unit_test(reading_past_shared_memory_is_a_fault),
        cmocka_unit_test(arguments_arrive_with_their_types),
    };
    return cmocka_run_group_tests(tests, host_open, NULL);
}
