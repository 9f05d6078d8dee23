/* From source to a running program, against its three tools measured apart and against the driver.
 * By turns in one run, each time with a source that nobody has seen. usage: bench_compile ROUNDS */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "worker/compile_parts.h"
#include "worker/prebuilt.h"
#include "worker/runner.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 200

/* What is timed, in turns. */
enum way { WAY_APART, WAY_PREBUILT, WAY_OURS, WAY_HIT, WAY_DRIVER, WAYS };
static const char *const way_names[WAYS] = {
    "cc1 + as + ld apart, plain headers",
    "the same with the prebuilt header",
    "ours: jail, audit, until it runs",
    "ours, from the cache",
    "gcc driver, static",
};

struct bench {
    struct toolchain toolchain;
    struct spec spec;
    struct sandbox *slot;
    char folder[64]; /* with the source, the header, and what the tools leave */
    char cache[96];
    bool has_prebuilt;
};

static void fine(struct err err);
static void bench_open(struct bench *bench);
static void prebuilt_copy(struct bench *bench);
static void source_write(const struct bench *bench, const char *path, int number, struct buf *out);
static double apart(const struct bench *bench, bool prebuilt);
static double ours(struct bench *bench, const struct buf *source, const char *cache);
static double driver(const struct bench *bench);
static void tool(const struct bench *bench, const char *const *argv);
static void file_write(const struct bench *bench, const char *name, const void *at, size_t size);
static double median(double *values, int count);
static int by_value(const void *left, const void *right);

int main(int argc, char **argv)
{
    static const char *const files[] = {"naive", "simd"};
    static double ms[WAYS][ROUNDS_MAX];
    const int wanted = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15;
    const int rounds = wanted < 1 ? 1 : wanted > ROUNDS_MAX ? ROUNDS_MAX : wanted;
    static struct bench bench;

    bench_open(&bench);
    for (size_t f = 0; f < COUNT(files); f++) {
        char path[128];
        (void)snprintf(path, sizeof path, "tests/submissions/attention/correct/%s.c", files[f]);
        for (int round = 0; round < rounds; round++) {
            auto_buf struct buf source = buf_of(1 << 20);
            source_write(&bench, path, round, &source);
            ms[WAY_APART][round] = apart(&bench, false);
            ms[WAY_PREBUILT][round] = apart(&bench, f == 1 && bench.has_prebuilt);
            ms[WAY_OURS][round] = ours(&bench, &source, "");
            (void)ours(&bench, &source, bench.cache);
            ms[WAY_HIT][round] = ours(&bench, &source, bench.cache);
            ms[WAY_DRIVER][round] = driver(&bench);
        }
        const double floor_ms = median(ms[f == 1 ? WAY_PREBUILT : WAY_APART], rounds);
        printf("attention/%s.c, medians of %d rounds%s\n", files[f], rounds,
               bench.has_prebuilt ? "" : " (no prebuilt headers here)");
        for (int way = 0; way < WAYS; way++)
            if (way != WAY_PREBUILT || f == 1)
                printf("  %-36s %7.1f ms  %.2f\n", way_names[way], median(ms[way], rounds),
                       median(ms[way], rounds) / floor_ms);
    }
    sandbox_close(bench.slot);
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf %s", bench.folder); /* fits */
    return system(command); // NOLINT(cert-env33-c): a name of our own
}

static void fine(struct err err)
{
    if (!err_is(err))
        return;
    (void)fprintf(stderr, "bench_compile: %s\n", err.text);
    exit(1);
}

static void bench_open(struct bench *bench)
{
    char program[4200];
    auto_buf struct buf header = buf_of(1 << 20);

    fine(toolchain_find(&bench->toolchain, NULL));
    fine(spec_load(&bench->spec, "assignments/attention/assignment.json"));
    (void)snprintf(program, sizeof program, "%s/../sandbox", bench->toolchain.runtime);
    const struct sandbox_options options = {.program = program, .name = "bench"};
    fine(sandbox_open(&options, &bench->slot));
    (void)strcpy(bench->folder, "/tmp/bench-compile-XXXXXX");
    if (mkdtemp(bench->folder) == NULL)
        fine(err_make(ERR_SYSTEM, "make a folder in /tmp"));
    (void)snprintf(bench->cache, sizeof bench->cache, "%s/cache", bench->folder); /* fits */
    fine(fdio_read_file("assignments/attention/attention.h", &header));
    file_write(bench, "attention.h", header.at, header.size);
    prebuilt_copy(bench);
}

static void prebuilt_copy(struct bench *bench)
{
    auto_close int fd = prebuilt_open(&bench->toolchain);
    auto_buf struct buf bytes = buf_of((size_t)64 << 20);

    bench->has_prebuilt = fd >= 0 && !err_is(fdio_read_start(fd, &bytes, (size_t)64 << 20, NULL));
    if (!bench->has_prebuilt)
        return;
    file_write(bench, PREBUILT_HEADER, "", 0);
    file_write(bench, PREBUILT_HEADER ".gch", bytes.at, bytes.size);
}

static void source_write(const struct bench *bench, const char *path, int number, struct buf *out)
{
    fine(fdio_read_file(path, out));
    buf_printf(out, "/* %d %lld */\n", number, (long long)clock_ns());
    file_write(bench, "attention.c", out->at, out->size);
}

static double apart(const struct bench *bench, bool prebuilt)
{
    const char *cc1[COMPILE_FLAGS_MAX + 8];
    char march[32], runtime[4200];
    size_t count = 0;
    const int64_t started_ns = clock_ns();

    compile_march(&bench->toolchain, march);
    cc1[count++] = bench->toolchain.cc1;
    cc1[count++] = "attention.c";
    cc1[count++] = march;
    count += compile_flags(BUILD_GRADED, cc1 + count);
    if (prebuilt) {
        cc1[count++] = "-include";
        cc1[count++] = PREBUILT_HEADER;
    }
    cc1[count++] = "-o";
    cc1[count++] = "out.s";
    cc1[count] = NULL;
    tool(bench, cc1);
    tool(bench, (const char *const[]){bench->toolchain.as, "--64", "-o", "out.o", "out.s", NULL});
    (void)snprintf(runtime, sizeof runtime, "%s/attention/runtime.o", bench->toolchain.runtime);
    tool(bench, (const char *const[]){bench->toolchain.ld, "-static", "-s", "-z", "noexecstack",
                                      "-z", "norelro", "--allow-multiple-definition",
                                      "--build-id=none", "-o", "program", "out.o", runtime, NULL});
    return (double)(clock_ns() - started_ns) / 1e6;
}

/* Until its process has mapped its pages and waits for a call. */
static double ours(struct bench *bench, const struct buf *source, const char *cache)
{
    const int cases[] = {0};
    struct wire_compiled compiled;
    struct runner *runner = NULL;
    int program = -1;
    const int64_t started_ns = clock_ns();

    (void)snprintf(bench->toolchain.cache, sizeof bench->toolchain.cache, "%s", cache);
    fine(compile_source(&bench->toolchain, bench->slot, &bench->spec, "attention.c", source->at,
                        source->size, &compiled, &program));
    if (!compiled.good)
        fine(err_make(ERR_INPUT, "it does not compile: %.100s", compiled.diagnostics));
    const struct runner_plan plan = {.slot = bench->slot,
                                     .spec = &bench->spec,
                                     .program = program,
                                     .cases = cases,
                                     .cases_count = 1,
                                     .calls = 2,
                                     .cpu = -1};
    fine(runner_new(&runner, &plan));
    fine(runner_ready(runner, NULL));
    const double took_ms = (double)(clock_ns() - started_ns) / 1e6;
    runner_free(runner);
    (void)close(program); /* a memfd */
    wire_compiled_release(&compiled);
    return took_ms;
}

static double driver(const struct bench *bench)
{
    char march[32], runner_path[4200], adapter_path[4200];
    const int64_t started_ns = clock_ns();

    compile_march(&bench->toolchain, march);
    (void)snprintf(runner_path, sizeof runner_path, "%s/runner.o", bench->toolchain.runtime);
    (void)snprintf(adapter_path, sizeof adapter_path, "%s/attention/adapter.o",
                   bench->toolchain.runtime);
    tool(bench, (const char *const[]){"/usr/bin/gcc", "-O3", march, "-std=gnu11", "-Wall",
                                      "-no-pie", "-static", "-Wl,-z,muldefs", "-o", "program",
                                      "attention.c", runner_path, adapter_path, "-lm", NULL});
    return (double)(clock_ns() - started_ns) / 1e6;
}

static void tool(const struct bench *bench, const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    pid_t pid = -1;
    int state = 0;

    (void)posix_spawn_file_actions_init(&actions);                       /* glibc's cannot fail */
    (void)posix_spawn_file_actions_addchdir_np(&actions, bench->folder); /* memory alone */
    const int status =
        posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
    if (status != 0 || waitpid(pid, &state, 0) != pid || state != 0)
        fine(err_make(ERR_INTERNAL, "%s ended with %d", argv[0], state));
}

static void file_write(const struct bench *bench, const char *name, const void *at, size_t size)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", bench->folder, name); /* fits */
    fine(fdio_write_file(path, at, size, 0600));
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}
