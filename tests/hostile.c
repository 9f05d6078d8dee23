/* The hostile corpus on one back end, two programs at a time; speaks TAP.
 *
 *   build/tests/hostile list                  the back ends to be tried, one per line
 *   build/tests/hostile cgroup-v1 [WORD ...]  those cases whose name holds a word; none: all
 *
 * SLOW=4 in the environment multiplies the time limits, for an emulated machine.
 * Two processes take cases from one counter; each owns a slot and tells by a pipe which case it
 * has done. rlimits-user is rlimits after root became an ordinary user. */
#include "sandbox/base/fdio.h"
#include "sandbox/launch.h"
#include "tests/hostile_run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDS 2 /* slots at work */
#define ORDINARY_ID 65534
#define CASES_MAX 512

enum { HAND_FINE, HAND_NO_BACKEND = 10, HAND_BROKEN, HAND_LEFTOVER };

struct variant {
    const char *name;
    enum sandbox_backend backend;
    bool ordinary; /* only for root: become an ordinary user first */
};

static const struct variant variants[] = {
    {"cgroup-v2", SANDBOX_CGROUP_V2, false},
    {"cgroup-v1", SANDBOX_CGROUP_V1, false},
    {"rlimits", SANDBOX_RLIMITS, false},
    {"rlimits-user", SANDBOX_RLIMITS, true},
};

/* What the hands share with us. */
struct table {
    atomic_size_t next;
    char trouble[HANDS][200]; /* why a hand gave up */
    struct hostile_result results[CASES_MAX];
};

struct corpus {
    const struct variant *variant;
    const char *build;
    struct hostile_case *cases;
    size_t count;
    struct table *table;
};

static void stand_apart(void);
static int list(void);
static const struct variant *variant_find(const char *name);
static void keep_named(struct corpus *corpus, int count, char **words);
static int corpus_run(struct corpus *corpus);
static pid_t hand_start(const struct corpus *corpus, int index, int told);
static int hand_work(const struct corpus *corpus, int index, int told);
static bool become_ordinary(void);
static struct err bench_load(const struct corpus *corpus, struct hostile_bench *bench);
static struct err bench_open(const struct corpus *corpus, struct hostile_bench *bench);
static bool bench_close(struct hostile_bench *bench, int fds_before, char *trouble, size_t size);
static void tell(const struct corpus *corpus, size_t index, unsigned number);
static unsigned tell_hands(const struct corpus *corpus, const pid_t *hands, unsigned *number);
static void tell_counts(const struct corpus *corpus);

int main(int argc, char **argv)
{
    const char *build = getenv("BUILD");
    struct corpus corpus = {.build = build == NULL ? "build" : build};
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    corpus.variant = argc < 2 ? NULL : variant_find(argv[1]);
    if (corpus.variant == NULL) {
        fprintf(stderr, "usage: hostile list | hostile BACKEND [WORD ...]\n");
        return 64;
    }
    /* No program may learn it: neither from an environment nor from our memory. */
    (void)setenv(HOSTILE_SECRET, "a-secret-of-the-runner-c41c95", 1); /* memory is all it takes */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    stand_apart();

    corpus.cases = calloc(CASES_MAX, sizeof *corpus.cases);
    if (corpus.cases == NULL)
        return 1;
    struct err err = hostile_cases_read("tests/hostile", corpus.cases, CASES_MAX, &corpus.count);
    corpus.table =
        mmap(NULL, sizeof *corpus.table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (err_is(err) || corpus.table == MAP_FAILED) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    keep_named(&corpus, argc - 2, argv + 2);
    int status = corpus_run(&corpus);
    free(corpus.cases);
    return status;
}

/* Mounts that somebody else makes on this host meanwhile are not counted, those that a slot would
 * let out are. Without the right to it, all are counted. */
static void stand_apart(void)
{
    if (unshare(CLONE_NEWNS) < 0)
        return;
    (void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL); /* else as without the right */
    (void)mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

static int list(void)
{
    for (size_t i = 0; i < COUNT(variants); i++) {
        if (!variants[i].ordinary || geteuid() == 0)
            puts(variants[i].name);
    }
    return 0;
}

static const struct variant *variant_find(const char *name)
{
    for (size_t i = 0; i < COUNT(variants); i++) {
        if (strcmp(variants[i].name, name) == 0)
            return &variants[i];
    }
    return NULL;
}

static void keep_named(struct corpus *corpus, int count, char **words)
{
    size_t kept = 0;
    for (size_t i = 0; i < corpus->count; i++) {
        bool wanted = count <= 0;
        for (int w = 0; w < count; w++)
            wanted = wanted || strstr(corpus->cases[i].name, words[w]) != NULL;
        if (wanted)
            corpus->cases[kept++] = corpus->cases[i];
    }
    corpus->count = kept;
}

static int corpus_run(struct corpus *corpus)
{
    int ends[2];
    pid_t hands[HANDS];
    unsigned number = 0, bad = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return 1;
    for (int i = 0; i < HANDS; i++)
        hands[i] = hand_start(corpus, i, ends[1]);
    (void)close(ends[1]); /* the hands have it */
    for (size_t index; read(ends[0], &index, sizeof index) == (ssize_t)sizeof index;) {
        tell(corpus, index, ++number);
        bad += !corpus->table->results[index].passed;
    }
    (void)close(ends[0]); /* read to its end */
    bad += tell_hands(corpus, hands, &number);
    printf("1..%u\n", number);
    tell_counts(corpus);
    return bad == 0 ? 0 : 1;
}

static pid_t hand_start(const struct corpus *corpus, int index, int told)
{
    (void)fflush(stdout); /* else the child would say it again */
    pid_t child = fork();
    if (child != 0)
        return child;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* best effort: a killed runner takes us along */
    _exit(hand_work(corpus, index, told));
}

static int hand_work(const struct corpus *corpus, int index, int told)
{
    char *trouble = corpus->table->trouble[index];
    const size_t size = sizeof corpus->table->trouble[index];
    const char *slower = getenv("SLOW");
    struct hostile_bench bench = {.build = corpus->build,
                                  .canary = -1,
                                  .slower =
                                      slower == NULL ? 1 : (unsigned)strtoul(slower, NULL, 10)};

    if (corpus->variant->ordinary && !become_ordinary()) {
        (void)snprintf(trouble, size, "cannot become user %d", ORDINARY_ID);
        return HAND_NO_BACKEND;
    }
    char path[512];
    (void)snprintf(path, sizeof path, "%s/sandbox", corpus->build);
    if (corpus->variant->ordinary && access(path, X_OK) < 0) {
        (void)snprintf(trouble, size, "user %d cannot reach the build folder", ORDINARY_ID);
        return HAND_NO_BACKEND;
    }
    int fds_before = watch_fds(getpid());
    struct err err = bench_load(corpus, &bench);
    if (err_is(err)) {
        (void)snprintf(trouble, size, "%s", err.text);
        return HAND_BROKEN;
    }
    err = bench_open(corpus, &bench);
    if (err_is(err)) {
        (void)snprintf(trouble, size, "%s", err.text);
        return HAND_NO_BACKEND;
    }
    if (!hostile_compile(&bench, trouble, size) || !hostile_canary(&bench, trouble, size))
        return HAND_BROKEN;
    if (!watch_init(&bench.watch, bench.slot)) {
        (void)snprintf(trouble, size, "cannot count what is there");
        return HAND_BROKEN;
    }
    size_t next;
    while ((next = atomic_fetch_add(&corpus->table->next, 1)) < corpus->count) {
        hostile_run(&bench, &corpus->cases[next], &corpus->table->results[next]);
        if (write(told, &next, sizeof next) != (ssize_t)sizeof next)
            return HAND_BROKEN;
        if (!corpus->table->results[next].passed)
            (void)watch_init(&bench.watch, bench.slot); /* one fault is told once */
    }
    return bench_close(&bench, fds_before, trouble, size) ? HAND_FINE : HAND_LEFTOVER;
}

static bool become_ordinary(void)
{
    return syscall(SYS_setgroups, 0, NULL) == 0 &&
           setresgid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) == 0 &&
           setresuid(ORDINARY_ID, ORDINARY_ID, ORDINARY_ID) == 0 &&
           prctl(PR_SET_DUMPABLE, 1) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static struct err bench_load(const struct corpus *corpus, struct hostile_bench *bench)
{
    char path[512];
    auto_buf struct buf bytes = buf_of((size_t)16 << 20);
    (void)snprintf(path, sizeof path, "%s/tests/hostile.d/canary", corpus->build);
    struct err err = fdio_read_file(path, &bytes);
    if (!err_is(err))
        err = fdio_memfd_sealed("canary", bytes.at, bytes.size, &bench->canary);
    return err_is(err) ? err : jail_tools_find(&bench->tools);
}

static struct err bench_open(const struct corpus *corpus, struct hostile_bench *bench)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/sandbox", corpus->build);
    const struct sandbox_options options = {
        .program = path, .name = "hostile", .only = &corpus->variant->backend};
    return sandbox_open(&options, &bench->slot);
}

/* After the end: no child, no group, no descriptor. */
static bool bench_close(struct hostile_bench *bench, int fds_before, char *trouble, size_t size)
{
    struct sandbox gone = *bench->slot; /* its names */
    sandbox_close(bench->slot);
    (void)close(bench->canary); /* a memfd: nothing is pending in it */
    int groups = watch_groups(&gone), fds = watch_fds(getpid());
    bool childless = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
    bool dead = kill(gone.pid, 0) < 0 && errno == ESRCH;
    if (groups == 0 && fds == fds_before && childless && dead)
        return true;
    (void)snprintf(trouble, size, "left: %d groups, %d descriptors (%d before), %s, slot %s",
                   groups, fds, fds_before, childless ? "no child" : "a child",
                   dead ? "dead" : "alive");
    return false;
}

static void tell(const struct corpus *corpus, size_t index, unsigned number)
{
    const struct hostile_result *result = &corpus->table->results[index];
    printf("%s %u - %s [%s] %s, %lld ms\n", result->passed ? "ok" : "not ok", number,
           corpus->cases[index].name, corpus->variant->name, result->end,
           (long long)result->took_ms);
    if (!result->passed)
        printf("#   %s\n", result->fault);
}

static unsigned tell_hands(const struct corpus *corpus, const pid_t *hands, unsigned *number)
{
    /* rlimits work everywhere, if not always as an ordinary user. */
    bool optional = corpus->variant->backend != SANDBOX_RLIMITS || corpus->variant->ordinary;
    bool idle = atomic_load(&corpus->table->next) == 0;
    unsigned bad = 0, absent = 0;
    for (int i = 0; i < HANDS; i++) {
        int status = 0;
        if (hands[i] < 0 || waitpid(hands[i], &status, 0) != hands[i])
            status = -1;
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (code == HAND_NO_BACKEND && optional && idle) {
            absent++;
            continue;
        }
        printf("%s %u - slot %d ends and leaves nothing [%s]\n",
               code == HAND_FINE ? "ok" : "not ok", ++*number, i, corpus->variant->name);
        if (code != HAND_FINE)
            printf("#   ended with %d: %s\n", code, corpus->table->trouble[i]);
        bad += code != HAND_FINE;
    }
    if (absent > 0) {
        printf("ok %u - %s # skip not available here\n", ++*number, corpus->variant->name);
        fprintf(stderr, "skipped: %s: %s\n", corpus->variant->name, corpus->table->trouble[0]);
    }
    return bad;
}

/* Cases that no hand did (it died) count as failed by the hand's own line. */
static void tell_counts(const struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count;) {
        const char *family = corpus->cases[i].family;
        unsigned passed = 0, total = 0;
        for (; i < corpus->count && strcmp(corpus->cases[i].family, family) == 0; i++) {
            passed += corpus->table->results[i].passed;
            total++;
        }
        if (corpus->table->results[0].done) /* else the back end is not there */
            printf("# %s %s %u/%u\n", family, corpus->variant->name, passed, total);
    }
}
