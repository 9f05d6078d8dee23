/* The cases that are measured by turns, ours and the peers'. */
#include "sandbox/bench_case.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOX "--box-id=97" /* isolate's default is 0, which others may use */
#define MIB (1ULL << 20)

static struct err spawn_once(struct bench *bench);
static struct err hot_once(struct bench *bench);
static struct err hot_plain_once(struct bench *bench);
static struct err cold_once(struct bench *bench);
static struct err cold_plain_once(struct bench *bench);
static struct err cold(struct bench *bench, enum sandbox_backend backend);
static struct err bubblewrap_once(struct bench *bench);
static struct err isolate_start(struct bench *bench);
static struct err isolate_once(struct bench *bench);
static void isolate_end(struct bench *bench);
static struct err spawn_and_wait(const char *path, const char *const *words);

const struct bench_case *bench_cases(size_t *out_count)
{
    static const struct bench_case cases[] = {
        [BENCH_SPAWN] = {"posix_spawn", "", NULL, NULL, spawn_once, NULL},
        [BENCH_HOT] = {"hot run", "<= 1.5", NULL, NULL, hot_once, NULL},
        {"hot run, rlimits", "<= 1.5", NULL, NULL, hot_plain_once, NULL},
        {"cold: open, run, close", "<= 3.0", NULL, NULL, cold_once, NULL},
        {"cold, rlimits", "<= 3.0", NULL, NULL, cold_plain_once, NULL},
        {"bubblewrap", ">= 4 x hot", "bwrap", NULL, bubblewrap_once, NULL},
        {"isolate --run", ">= 4 x hot", "isolate", isolate_start, isolate_once, isolate_end},
    };
    _Static_assert(COUNT(cases) <= BENCH_ROWS_MAX, "rows fit the report");
    *out_count = COUNT(cases);
    return cases;
}

bool bench_command_there(const char *name)
{
    char paths[4096], file[4200], *rest = NULL;
    const char *path = getenv("PATH");
    (void)snprintf(paths, sizeof paths, "%s", path == NULL ? "/usr/bin:/bin" : path);
    for (const char *at = strtok_r(paths, ":", &rest); at != NULL;
         at = strtok_r(NULL, ":", &rest)) {
        (void)snprintf(file, sizeof file, "%s/%s", at, name);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

struct err bench_start(struct sandbox *slot, int program_fd, const char *word)
{
    const char *const words[] = {"sandbox", "bench-program", word, NULL};
    const struct sandbox_request request = {
        .profile = SANDBOX_KERNEL,
        .program_fd = program_fd,
        .argv = words,
        .limits = {.wall_ms = 60000,
                   .cpu_ms = 60000,
                   .memory_bytes = 64 * MIB,
                   .stack_bytes = 8 * MIB,
                   .output_bytes = MIB,
                   .threads = 1},
        .cpu = -1,
    };
    return sandbox_start(slot, &request);
}

struct err bench_run(struct sandbox *slot, int program_fd, const char *word)
{
    struct sandbox_result result = {0};
    bool done = false;
    struct err err = bench_start(slot, program_fd, word);
    if (!err_is(err))
        err = sandbox_wait(slot, -1, &done, &result);
    if (!err_is(err) && (result.end != SANDBOX_EXITED || result.exit_code != 0))
        err = err_make(ERR_INTERNAL, "the program ended otherwise: %s, %s",
                       sandbox_end_word(result.end), result.evidence);
    return err;
}

struct err bench_spawn(const char *program)
{
    const char *words[] = {"sandbox", "bench-program", "exit", NULL};
    return spawn_and_wait(program, words);
}

static struct err spawn_once(struct bench *bench)
{
    return bench_spawn(bench->program);
}

static struct err hot_once(struct bench *bench)
{
    return bench_run(bench->best, bench->program_fd, "exit");
}

static struct err hot_plain_once(struct bench *bench)
{
    return bench_run(bench->plain, bench->program_fd, "exit");
}

static struct err cold_once(struct bench *bench)
{
    return cold(bench, bench->backend);
}

static struct err cold_plain_once(struct bench *bench)
{
    return cold(bench, SANDBOX_RLIMITS);
}

static struct err cold(struct bench *bench, enum sandbox_backend backend)
{
    struct sandbox_options options = {.name = "bench", .only = &backend};
    struct sandbox *slot = NULL;
    struct err err = sandbox_open(&options, &slot);
    if (!err_is(err))
        err = bench_run(slot, bench->program_fd, "exit");
    sandbox_close(slot);
    return err;
}

/* As many walls as bubblewrap has without a filter of its own. */
static struct err bubblewrap_once(struct bench *bench)
{
    const char *words[] = {"bwrap",      "--unshare-all", "--die-with-parent", "--new-session",
                           "--cap-drop", "ALL",           "--ro-bind",         bench->file,
                           "/program",   "/program",      "bench-program",     "exit",
                           NULL};
    return spawn_and_wait("bwrap", words);
}

static struct err isolate_start(struct bench *bench)
{
    const char *words[] = {"isolate", "--silent", BOX, "--init", NULL};
    (void)bench;
    return spawn_and_wait("isolate", words);
}

static struct err isolate_once(struct bench *bench)
{
    char directory[600], program[600];
    const char *name = strrchr(bench->file, '/') + 1; /* an absolute path */
    (void)snprintf(directory, sizeof directory, "--dir=bench=%.*s", (int)(name - bench->file),
                   bench->file);
    (void)snprintf(program, sizeof program, "/bench/%s", name);
    const char *words[] = {"isolate", "--silent",      BOX,    directory, "--run", "--",
                           program,   "bench-program", "exit", NULL};
    return spawn_and_wait("isolate", words);
}

static void isolate_end(struct bench *bench)
{
    const char *words[] = {"isolate", "--silent", BOX, "--cleanup", NULL};
    (void)bench;
    (void)spawn_and_wait("isolate", words); /* the box would stay, and the next --init takes it */
}

static struct err spawn_and_wait(const char *path, const char *const *words)
{
    char *environment[] = {NULL};
    pid_t pid = -1;
    int status = posix_spawnp(&pid, path, NULL, NULL, (char *const *)(uintptr_t)words, environment);
    if (status != 0) {
        errno = status;
        return err_make(ERR_SYSTEM, "start '%.80s'", path);
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for '%.80s'", path);
    }
    if (status != 0)
        return err_make(ERR_INTERNAL, "'%.80s' ended with status %d", path, status);
    return err_none();
}
