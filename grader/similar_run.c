/* Starts build/sandbox for each look: files in, one file out. */
#include "grader/similar_run.h"

#include "grader/home.h"
#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench;
static struct err bench_open(struct bench *bench);
static void bench_close(const struct bench *bench);
static struct err put(const struct bench *bench, const char *name, const char *text, size_t size);
static struct err look(const struct bench *bench, const char *const *names, const char *run_min,
                       struct buf *out);
static struct err look_closely(const struct bench *bench, const struct similar_source *sources,
                               struct similar_pair *pair);
static int by_share(const void *a, const void *b);

#define SIM "/usr/bin/sim_c"
#define OUTPUT_MAX ((size_t)64 << 20)
#define RUN_FIRST "40" /* tokens: shorter likenesses make no candidate */
#define RUN_CLOSE "24" /* sim_c's own preset */

/* A private folder for what goes in and out. */
struct bench {
    char program[4096];
    char folder[64];
};

struct err similar_run(struct similar_source *sources, size_t count, const char *given,
                       struct similar_pair **out, size_t *out_count)
{
    static const char *const all[] = {"all", NULL};
    struct bench bench;
    struct similar_pair *pairs = NULL;
    size_t pairs_count = 0;
    auto_buf struct buf whole = buf_of((size_t)256 << 20);
    auto_buf struct buf said = buf_of(OUTPUT_MAX);
    struct err err = bench_open(&bench);
    if (err_is(err))
        return err;
    similar_join(sources, count, &whole);
    if (whole.failed)
        err = err_make(ERR_LIMIT, "the sources of %zu submissions", count);
    if (!err_is(err))
        err = put(&bench, "all", whole.at, whole.size);
    if (!err_is(err))
        err = put(&bench, "given", given, strlen(given));
    if (!err_is(err))
        err = look(&bench, all, RUN_FIRST, &said);
    if (!err_is(err))
        err = similar_candidates(sources, count, said.at, SIMILAR_PAIRS_MAX, &pairs, &pairs_count);
    for (size_t i = 0; i < pairs_count && !err_is(err); i++)
        err = look_closely(&bench, sources, &pairs[i]);
    bench_close(&bench);
    if (err_is(err)) {
        free(pairs);
        return err;
    }
    if (pairs_count > 0)
        qsort(pairs, pairs_count, sizeof *pairs, by_share);
    *out = pairs;
    *out_count = pairs_count;
    return err_none();
}

static struct err bench_open(struct bench *bench)
{
    *bench = (struct bench){.folder = "/tmp/grader-similar-XXXXXX"};
    if (access(SIM, X_OK) < 0)
        return err_make(ERR_INPUT, "no " SIM " here: install Debian's similarity-tester");
    struct err err = home_program("sandbox", bench->program, sizeof bench->program);
    if (!err_is(err) && mkdtemp(bench->folder) == NULL)
        err = err_make(ERR_SYSTEM, "make a folder for sources");
    return err;
}

static void bench_close(const struct bench *bench)
{
    static const char *const names[] = {"all", "given", "one", "other", "out", "said"};
    char path[96];
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", bench->folder, names[i]); /* fits */
        (void)unlink(path); /* not each of them was made */
    }
    (void)rmdir(bench->folder); /* what stays is private */
}

static struct err put(const struct bench *bench, const char *name, const char *text, size_t size)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", bench->folder, name); /* fits */
    return fdio_write_file(path, text, size, 0600);
}

/* One run of sim_c over files of the folder; what it wrote is appended to out. */
static struct err look(const struct bench *bench, const char *const *names, const char *run_min,
                       struct buf *out)
{
    char paths[3][96];
    char result[96];
    char said[96];
    const char *words[48] = {bench->program, "run", "--profile", "compile", "--wall",   "60s",
                             "--cpu",        "60s", "--memory",  "1G",      "--output", "64M"};
    size_t used = 12;
    size_t files = 0;
    (void)snprintf(result, sizeof result, "%s/out", bench->folder); /* these fit */
    (void)snprintf(said, sizeof said, "%s/said", bench->folder);
    for (; names[files] != NULL; files++) {
        (void)snprintf(paths[files], sizeof paths[files], "%s/%s", bench->folder, names[files]);
        words[used++] = "--put";
        words[used++] = paths[files];
    }
    const char *const rest[] = {"--out", result, "--err", said, "--",
                                SIM,     "-n",   "-T",    "-r", run_min};
    for (size_t i = 0; i < COUNT(rest); i++)
        words[used++] = rest[i];
    if (files > 1)
        words[used++] = "-e";
    if (files > 1)
        words[used++] = "-s";
    for (size_t i = 0; i < files; i++)
        words[used++] = names[i];

    pid_t pid = -1;
    int status = 0;
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions); /* never fails in glibc */
    int code = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (code == 0)
        code = posix_spawn(&pid, bench->program, &actions, NULL, (char *const *)(uintptr_t)words,
                           environ);
    (void)posix_spawn_file_actions_destroy(&actions); /* never fails in glibc */
    errno = code;
    if (code != 0)
        return err_make(ERR_SYSTEM, "start '%.80s'", bench->program);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_make(ERR_SYSTEM, "wait for the sandbox");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_make(ERR_INTERNAL, "sim_c in the sandbox ended with %d",
                        WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    buf_clear(out);
    return fdio_read_file(result, out);
}

static struct err look_closely(const struct bench *bench, const struct similar_source *sources,
                               struct similar_pair *pair)
{
    static const char *const names[] = {"one", "other", "given", NULL};
    const struct similar_source *one = &sources[pair->one];
    const struct similar_source *other = &sources[pair->other];
    auto_buf struct buf said = buf_of(OUTPUT_MAX);
    struct err err = put(bench, "one", one->text, one->size);
    if (!err_is(err))
        err = put(bench, "other", other->text, other->size);
    if (!err_is(err))
        err = look(bench, names, RUN_CLOSE, &said);
    if (!err_is(err))
        similar_compare(one, other, said.at, pair);
    return err;
}

static int by_share(const void *a, const void *b)
{
    const struct similar_pair *one = a;
    const struct similar_pair *other = b;
    int more = (other->one_share > other->other_share ? other->one_share : other->other_share) -
               (one->one_share > one->other_share ? one->one_share : one->other_share);
    if (more != 0)
        return more;
    return other->one_share + other->other_share - one->one_share - one->other_share;
}
