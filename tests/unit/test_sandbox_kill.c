/* kill -9 at any moment: a library process opens slots, runs programs in them and closes them, over
 * and over, while its slot, the init of its run, or itself is killed. Nothing may survive, no
 * verdict may be wrong, and the next run must work.
 *
 * SANDBOX_ROUNDS=200 is the long form; SEED repeats its moments. This process is a subreaper, so
 * every process that anybody leaves behind comes here: waiting until there is no child left proves
 * that all are dead. */
#include "tests/unit/sandbox_case.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS 40
#define LIFE_RUNS 12       /* runs of one slot before the library opens another */
#define MOMENT_MAX_US 4000 /* about three runs */
#define DEATH_MS 5000
#define AGAIN_MS 10000

enum victim { LIBRARY, SLOT, INIT, VICTIMS };
static const char *const victim_words[] = {"library", "slot", "init"};

/* What the library process tells; shared with it. */
struct told {
    _Atomic int slot_pid;
    _Atomic unsigned good;   /* runs that ended as they should */
    _Atomic unsigned failed; /* errors: allowed right after a kill */
    _Atomic unsigned wrong;  /* verdicts that blame the program, or are of another run */
    char wrong_text[160];
};

struct fixture {
    struct told *told;
    pid_t library;
    unsigned seed;
    enum sandbox_backend backend;
};

static void library_run(struct told *told, struct sandbox *slot, unsigned number)
{
    static const struct {
        const char *action;
        enum sandbox_end end;
        int exit_code;
    } rows[] = {
        {"exit", SANDBOX_EXITED, 3}, {"wait", SANDBOX_WALL_LIMIT, 0}, {"touch", SANDBOX_EXITED, 0}};
    size_t row = number % COUNT(rows);
    struct sandbox_limits limits = limits_default;
    if (rows[row].end == SANDBOX_WALL_LIMIT)
        limits.wall_ms = 3;
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits, rows[row].action, 3);
    told->slot_pid = (int)slot->pid;
    if (err_is(outcome.err)) {
        told->failed++;
        return;
    }
    if (outcome.result.end == rows[row].end && outcome.result.exit_code == rows[row].exit_code) {
        told->good++;
        return;
    }
    (void)snprintf(told->wrong_text, sizeof told->wrong_text, "%s: %s, %s", rows[row].action,
                   sandbox_end_word(outcome.result.end), outcome.result.evidence);
    told->wrong++;
}

/* Never returns. Errors of its own are told as failed runs and tried again. */
static void library_loop(struct told *told, enum sandbox_backend backend)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned number = 0;;) {
        struct sandbox *slot = NULL;
        if (err_is(slot_open(&backend, &slot))) {
            told->failed++;
            continue;
        }
        told->slot_pid = (int)slot->pid;
        for (int i = 0; i < LIFE_RUNS; i++)
            library_run(told, slot, number++);
        sandbox_close(slot);
    }
}

static void library_start(struct fixture *fixture)
{
    fixture->told->slot_pid = 0;
    fixture->library = fork();
    assert_true(fixture->library >= 0);
    if (fixture->library == 0)
        library_loop(fixture->told, fixture->backend);
}

/* Until `more` further runs have ended well. */
static void await_good(const struct fixture *fixture, unsigned more)
{
    unsigned from = fixture->told->good;
    int64_t until = clock_ms() + AGAIN_MS;
    while (fixture->told->good - from < more && clock_ms() < until)
        (void)usleep(300);
    if (fixture->told->good - from < more)
        fail_msg("no good run within %d ms, %u failed", AGAIN_MS, fixture->told->failed);
}

/* The only child of a process, 0: none. */
static int child_of(int pid)
{
    char path[64], text[32];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    return (int)strtol(text, NULL, 10);
}

/* Kills it at this very moment. False when it was not there. Numbers are looked up as children of
 * each other, so a number that has been given away hits nobody else. */
static bool kill_now(const struct fixture *fixture, enum victim victim)
{
    int slot = child_of((int)fixture->library);
    int pid = victim == LIBRARY ? (int)fixture->library
              : slot == 0       ? 0
              : victim == SLOT  ? slot
                                : child_of(slot);
    return pid > 0 && kill(pid, SIGKILL) == 0;
}

/* Everything that comes to us is reaped; with `all`, until nobody is left. */
static void reap(bool all)
{
    int64_t until = clock_ms() + DEATH_MS;
    for (;;) {
        pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);
        if (pid > 0)
            continue;
        if (!all || (pid < 0 && errno == ECHILD))
            return;
        if (clock_ms() > until)
            fail_msg("process %d survived for %d ms", child_of(getpid()), DEATH_MS);
        (void)usleep(300);
    }
}

/* Groups of processes that are dead, beside those of `slot`. */
static int groups_left(const struct sandbox *slot)
{
    char base[GROUP_PATH_MAX];
    static const char prefix[] = "sandbox-";
    int left = 0;
    (void)snprintf(base, sizeof base, "%s", slot->group.memory_dir);
    char *slash = strrchr(base, '/');
    if (slash == NULL)
        return 0;
    *slash = '\0';
    DIR *directory = opendir(base);
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        left += strncmp(entry->d_name, prefix, sizeof prefix - 1) == 0 &&
                kill((pid_t)strtol(entry->d_name + sizeof prefix - 1, NULL, 10), 0) != 0;
    if (directory != NULL)
        (void)closedir(directory);
    return left;
}

static size_t mounts_here(void)
{
    auto_buf struct buf text = buf_of(1 << 20);
    size_t lines = 0;
    assert_false(err_is(fdio_read_file("/proc/self/mountinfo", &text)));
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    return lines;
}

static unsigned environment(const char *name, unsigned preset)
{
    const char *text = getenv(name);
    int value = text == NULL ? 0 : (int)strtol(text, NULL, 10);
    return value > 0 ? (unsigned)value : preset;
}

static void kill_rounds(struct fixture *fixture)
{
    unsigned rounds = environment("SANDBOX_ROUNDS", ROUNDS), killed[VICTIMS] = {0};
    for (unsigned round = 0; round < rounds; round++) {
        enum victim victim = (enum victim)(rand_r(&fixture->seed) % VICTIMS);
        await_good(fixture, 1);
        (void)usleep((unsigned)rand_r(&fixture->seed) % MOMENT_MAX_US);
        int64_t until = clock_ms() + DEATH_MS;
        while (!kill_now(fixture, victim) && clock_ms() < until)
            continue; /* between two runs there is no init, between two slots no slot */
        killed[victim]++;
        if (victim == LIBRARY) {
            reap(true);
            library_start(fixture);
        }
        await_good(fixture, 3);
        reap(false);
        if (fixture->told->wrong > 0)
            fail_msg("after the kill of the %s: %s", victim_words[victim],
                     fixture->told->wrong_text);
    }
    print_message("# killed on %s: library %u, slot %u, init %u; %u good runs, %u failed\n",
                  sandbox_backend_word(fixture->backend), killed[LIBRARY], killed[SLOT],
                  killed[INIT], fixture->told->good, fixture->told->failed);
}

static void kills_at_any_moment(enum sandbox_backend backend)
{
    struct sandbox *slot = NULL;
    struct fixture fixture = {.backend = backend, .seed = environment("SEED", (unsigned)getpid())};
    struct err err = slot_open(&backend, &slot);
    if (err_is(err)) {
        print_message("skipped: %s is not available here: %s\n", sandbox_backend_word(backend),
                      err.text);
        skip();
    }
    sandbox_close(slot);
    print_message("# SEED=%u\n", fixture.seed);

    int fds = count_entries(getpid(), "fd");
    size_t mounts = mounts_here();
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    fixture.told =
        mmap(NULL, sizeof *fixture.told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(fixture.told != MAP_FAILED);
    library_start(&fixture);
    kill_rounds(&fixture);
    assert_int_equal(kill(fixture.library, SIGKILL), 0);
    reap(true);
    (void)munmap(fixture.told, sizeof *fixture.told);

    /* What the killed ones left, the next one to open a slot has removed. */
    assert_false(err_is(slot_open(&backend, &slot)));
    assert_int_equal(groups_left(slot), 0);
    struct outcome outcome = act_run(slot, SANDBOX_KERNEL, limits_default, "exit", 3);
    assert_false(err_is(outcome.err));
    assert_int_equal(outcome.result.exit_code, 3);
    sandbox_close(slot);
    reap(true);
    assert_int_equal(count_entries(getpid(), "fd"), fds);
    assert_int_equal(mounts_here(), mounts);
}

static void nothing_survives_a_kill_on_cgroup_v2(void **state)
{
    (void)state;
    kills_at_any_moment(SANDBOX_CGROUP_V2);
}

static void nothing_survives_a_kill_on_cgroup_v1(void **state)
{
    (void)state;
    kills_at_any_moment(SANDBOX_CGROUP_V1);
}

static void nothing_survives_a_kill_on_rlimits(void **state)
{
    (void)state;
    kills_at_any_moment(SANDBOX_RLIMITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_survives_a_kill_on_cgroup_v2),
        cmocka_unit_test(nothing_survives_a_kill_on_cgroup_v1),
        cmocka_unit_test(nothing_survives_a_kill_on_rlimits),
    };
    return cmocka_run_group_tests_name("sandbox kill", tests, NULL, NULL);
}
