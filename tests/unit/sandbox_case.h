/* What the sandbox's tests share: a slot of a given back end, one run of tests/programs/act.c, and
 * counting what a run must not leave behind. */
#ifndef TESTS_UNIT_SANDBOX_CASE_H
#define TESTS_UNIT_SANDBOX_CASE_H

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/launch.h"
#include "sandbox/sandbox.h"

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (1ULL << 20)

struct outcome {
    struct err err;
    struct sandbox_result result;
    char out[512];
    char errors[512];
};

__attribute__((unused)) static const char *build_path(char *out, size_t out_size, const char *name)
{
    const char *build = getenv("BUILD");
    (void)snprintf(out, out_size, "%s/%s", build == NULL ? "build" : build, name);
    return out;
}

__attribute__((unused)) static struct err slot_open(const enum sandbox_backend *only,
                                                    struct sandbox **out_slot)
{
    char path[512];
    struct sandbox_options options = {
        .program = build_path(path, sizeof path, "sandbox"), .name = "test", .only = only};
    return sandbox_open(&options, out_slot);
}

/* A memfd of the test program, as a worker holds it. */
__attribute__((unused)) static int act_open(void)
{
    char path[512];
    int sealed = -1;
    auto_buf struct buf bytes = buf_of(16 << 20);
    struct err err = fdio_read_file(build_path(path, sizeof path, "tests/programs/act"), &bytes);
    if (!err_is(err))
        err = fdio_memfd_sealed("act", bytes.at, bytes.size, &sealed);
    if (err_is(err))
        fail_msg("%s", err.text);
    return sealed;
}

__attribute__((unused)) static const struct sandbox_limits limits_default = {
    .wall_ms = 1000,
    .cpu_ms = 500,
    .memory_bytes = 64 * MIB,
    .stack_bytes = 8 * MIB,
    .output_bytes = 65536,
    .threads = 1,
};

/* SLOW=4 in the environment: an emulated machine, whose programs need that much longer. */
__attribute__((unused)) static uint64_t slowness(void)
{
    const char *text = getenv("SLOW");
    return text == NULL ? 1 : strtoull(text, NULL, 10);
}

/* Times that a test left at their defaults are meant to be ample; others are what it is about. */
__attribute__((unused)) static struct sandbox_limits limits_here(struct sandbox_limits limits)
{
    if (limits.wall_ms == limits_default.wall_ms)
        limits.wall_ms *= slowness();
    if (limits.cpu_ms == limits_default.cpu_ms)
        limits.cpu_ms *= slowness();
    return limits;
}

/* Runs "act ACTION NUMBER" with the text as its standard input. */
__attribute__((unused)) static struct outcome act_run(struct sandbox *slot,
                                                      enum sandbox_profile profile,
                                                      struct sandbox_limits limits,
                                                      const char *action, int number)
{
    struct outcome outcome = {0};
    char text[16];
    int streams[3] = {-1, -1, -1};
    int program = act_open();
    (void)snprintf(text, sizeof text, "%d", number);
    const char *argv[] = {"act", action, text, NULL};
    assert_false(err_is(fdio_memfd_sealed("in", "question", 8, &streams[0])));
    assert_int_equal(lseek(streams[0], 0, SEEK_SET), 0);
    assert_false(err_is(fdio_memfd("out", 0, &streams[1])));
    assert_false(err_is(fdio_memfd("err", 0, &streams[2])));
    struct sandbox_request request = {.profile = profile,
                                      .program_fd = program,
                                      .argv = argv,
                                      .fds = streams,
                                      .fds_count = 3,
                                      .limits = limits_here(limits),
                                      .cpu = -1};
    outcome.err = sandbox_run(slot, &request, &outcome.result);
    ssize_t got = pread(streams[1], outcome.out, sizeof outcome.out - 1, 0);
    outcome.out[got > 0 ? got : 0] = '\0';
    got = pread(streams[2], outcome.errors, sizeof outcome.errors - 1, 0);
    outcome.errors[got > 0 ? got : 0] = '\0';
    for (int i = 0; i < 3; i++)
        (void)close(streams[i]);
    (void)close(program);
    return outcome;
}

/* Starts it and returns at once; descriptors are the caller's slot's business alone. */
__attribute__((unused)) static struct err
act_start(struct sandbox *slot, struct sandbox_limits limits, const char *action)
{
    int program = act_open();
    const char *argv[] = {"act", action, NULL};
    struct sandbox_request request = {.profile = SANDBOX_KERNEL,
                                      .program_fd = program,
                                      .argv = argv,
                                      .limits = limits,
                                      .cpu = -1};
    struct err err = sandbox_start(slot, &request);
    (void)close(program);
    return err;
}

/* Entries of a directory of /proc/PID: fd, task. */
__attribute__((unused)) static int count_entries(int pid, const char *name)
{
    char path[64];
    int count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count;
}

/* The same once it has come down to `expected`, else as it is after a second: a slot tells a result
 * and then lets go of the run's descriptors. */
__attribute__((unused)) static int count_settled(int pid, const char *name, int expected)
{
    int64_t until = clock_ms() + 1000;
    int count = count_entries(pid, name);
    while (count != expected && clock_ms() < until) {
        (void)usleep(500);
        count = count_entries(pid, name);
    }
    return count;
}

/* True when the slot process has no child. */
__attribute__((unused)) static bool slot_is_alone(const struct sandbox *slot)
{
    char path[64], text[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)slot->pid, (int)slot->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text);
    if (fd >= 0)
        (void)close(fd);
    return got == 0;
}

#endif
