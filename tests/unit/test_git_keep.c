/* The keeper of a git: limits, exit codes, and that nobody outlives the service. */
#include "grader/git_keep.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 15000

/* A keeper that keeps a shell with a script; $OUT in it is a file of the test. */
struct kept {
    pid_t service; /* 0: this process */
    pid_t keeper;
    char out[64];
};

static void keep(struct kept *kept, pid_t service, const char *script)
{
    char parent[24];
    char file_max[] = "1048576";
    char sh[] = "sh";
    char flag[] = "-c";
    char *text = strdup(script);
    char *words[] = {parent, file_max, sh, flag, text, NULL};

    (void)snprintf(parent, sizeof parent, "%d", (int)service);
    (void)setsid(); /* as libuv does */
    (void)setenv("OUT", kept->out, 1);
    int code = git_keep(5, words);
    free(text);
    _exit(code);
}

static void kept_init(struct kept *kept)
{
    *kept = (struct kept){.service = 0};
    (void)snprintf(kept->out, sizeof kept->out, "/tmp/test-git-keep-XXXXXX"); /* fits */
    int fd = mkstemp(kept->out);
    assert_true(fd >= 0);
    close(fd);
}

static void kept_start(struct kept *kept, const char *script)
{
    kept_init(kept);
    kept->keeper = fork();
    assert_true(kept->keeper >= 0);
    if (kept->keeper == 0)
        keep(kept, getppid(), script);
}

/* Below a process that stands for the service. */
static void kept_start_below(struct kept *kept, const char *script)
{
    int pipe_of_pid[2];

    kept_init(kept);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the keeper comes to us */
    assert_int_equal(pipe(pipe_of_pid), 0);
    kept->service = fork();
    assert_true(kept->service >= 0);
    if (kept->service == 0) {
        pid_t keeper = fork();
        if (keeper == 0)
            keep(kept, getppid(), script);
        if (write(pipe_of_pid[1], &keeper, sizeof keeper) != sizeof keeper)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(pipe_of_pid[0], &kept->keeper, sizeof kept->keeper), sizeof kept->keeper);
    close(pipe_of_pid[0]);
    close(pipe_of_pid[1]);
}

/* The keeper's exit code; -1: it did not end in time. */
static int kept_code(const struct kept *kept)
{
    int state = 0;

    for (int64_t until_ms = clock_ms() + PATIENCE_MS; clock_ms() < until_ms; (void)usleep(5000))
        if (waitpid(kept->keeper, &state, WNOHANG) == kept->keeper)
            return WIFEXITED(state) ? WEXITSTATUS(state) : 1000 + WTERMSIG(state);
    (void)kill(-kept->keeper, SIGKILL);
    return -1;
}

static void kept_said(const struct kept *kept, char *out, size_t size)
{
    FILE *file = fopen(kept->out, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    (void)fclose(file);
}

/* Waits until the script has written so many lines. */
static void kept_await(const struct kept *kept, int lines)
{
    char text[1024];

    for (int64_t until_ms = clock_ms() + PATIENCE_MS; clock_ms() < until_ms; (void)usleep(5000)) {
        int count = 0;
        kept_said(kept, text, sizeof text);
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            count++;
        if (count >= lines)
            return;
    }
    fail_msg("the script said only: %s", text);
}

static void the_exit_code_is_the_programs(void **state)
{
    struct kept kept;
    (void)state;

    kept_start(&kept, "exit 7");
    assert_int_equal(kept_code(&kept), 7);
    (void)unlink(kept.out);
    kept_start(&kept, "kill -KILL $$");
    assert_int_equal(kept_code(&kept), 128 + SIGKILL);
    (void)unlink(kept.out);
    const char *path = getenv("PATH");
    auto_free char *before = strdup(path != NULL ? path : "");
    assert_non_null(before);
    (void)setenv("PATH", "/nowhere", 1);
    kept_start(&kept, "exit 7");
    (void)setenv("PATH", before, 1);
    assert_int_equal(kept_code(&kept), 127); /* no shell there */
    (void)unlink(kept.out);
}

static void limits_hold_for_the_program(void **state)
{
    struct kept kept;
    char said[256];
    (void)state;

    kept_start(&kept, "{ ulimit -v; ulimit -t; ulimit -n; ulimit -c; ulimit -f; nice;"
                      " cat /proc/self/oom_score_adj; } >$OUT");
    assert_int_equal(kept_code(&kept), 0);
    kept_said(&kept, said, sizeof said);
    assert_string_equal(said, "524288\n30\n256\n0\n2048\n10\n1000\n");
    (void)unlink(kept.out);
}

static void a_file_beyond_its_size_ends_the_writer(void **state)
{
    struct kept kept;
    (void)state;

    kept_start(&kept, "exec head -c 2000000 /dev/zero >$OUT");
    assert_int_equal(kept_code(&kept), 128 + SIGXFSZ);
    (void)unlink(kept.out);
}

static void it_stays_until_the_last_one_has_gone(void **state)
{
    struct kept kept;
    char said[64];
    (void)state;

    kept_start(&kept, "(sleep 0.3; echo late >$OUT) & exit 3");
    assert_int_equal(kept_code(&kept), 3);
    kept_said(&kept, said, sizeof said);
    assert_string_equal(said, "late\n");
    (void)unlink(kept.out);
}

static void without_its_service_it_starts_nothing(void **state)
{
    struct kept kept;
    char said[64];
    (void)state;

    kept_init(&kept);
    kept.keeper = fork();
    if (kept.keeper == 0)
        keep(&kept, 1, "echo started >$OUT");
    assert_int_equal(kept_code(&kept), 126);
    kept_said(&kept, said, sizeof said);
    assert_string_equal(said, "");
    (void)unlink(kept.out);
}

/* kill -9 of the service: everybody below the keeper ends, children of children too. */
static void everything_ends_with_the_service(struct kept *kept, const char *script)
{
    char said[256];

    kept_start_below(kept, script);
    kept_await(kept, 2);
    assert_int_equal(kill(kept->service, SIGKILL), 0);
    assert_int_equal(waitpid(kept->service, NULL, 0), kept->service);
    int code = kept_code(kept);
    assert_int_not_equal(code, -1);
    kept_said(kept, said, sizeof said);
    while (waitpid(-1, NULL, 0) > 0) /* who came to us is dead */
        continue;
    char *at = said;
    for (int i = 0; i < 2; i++) {
        pid_t pid = (pid_t)strtol(at, &at, 10);
        assert_true(pid > 1);
        if (kill(pid, 0) == 0)
            fail_msg("process %d is still there", (int)pid);
    }
    (void)unlink(kept->out);
}

static void nobody_outlives_the_service(void **state)
{
    struct kept kept;
    (void)state;
    everything_ends_with_the_service(&kept, "sleep 100 & { echo $!; echo $$; } >$OUT; wait");
}

static void nor_does_who_listens_to_no_signal(void **state)
{
    struct kept kept;
    (void)state;
    everything_ends_with_the_service(
        &kept, "trap '' TERM HUP; sleep 100 & { echo $!; echo $$; } >$OUT; wait");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_code_is_the_programs),
        cmocka_unit_test(limits_hold_for_the_program),
        cmocka_unit_test(a_file_beyond_its_size_ends_the_writer),
        cmocka_unit_test(it_stays_until_the_last_one_has_gone),
        cmocka_unit_test(without_its_service_it_starts_nothing),
        cmocka_unit_test(nobody_outlives_the_service),
        cmocka_unit_test(nor_does_who_listens_to_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
