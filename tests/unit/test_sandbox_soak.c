/* Many runs of every kind on one slot, and on each back end: descriptors, processes, groups, mounts
 * and memory must stay as they are after the first of them.
 *
 * SANDBOX_RUNS=10000 is the long form. */
#include "tests/unit/sandbox_case.h"

#include <sys/syscall.h>

#define RUNS 500
#define LOOKS 10 /* how often all is counted */
#define SETTLE_MS 5000
#define WARM_RUNS 64                   /* after so many, nothing grows any more */
#define MEMORY_SLACK_BYTES (512 << 10) /* the kernel charges in batches, per processor */

/* What must stay flat. */
struct levels {
    int our_fds, slot_fds, slot_maps, groups;
    size_t mounts;         /* of the slot's namespace */
    uint64_t our_bytes;    /* resident */
    uint64_t slot_bytes;   /* resident */
    uint64_t group_bytes;  /* 0 without groups */
    uint64_t kernel_bytes; /* the group's kernel memory, the same */
};

static unsigned runs(void)
{
    const char *text = getenv("SANDBOX_RUNS");
    int value = text == NULL ? 0 : (int)strtol(text, NULL, 10);
    return value > 0 ? (unsigned)value : RUNS;
}

static uint64_t number_in(const char *directory, const char *name)
{
    char path[GROUP_PATH_MAX + 64], text[64];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    return strtoull(text, NULL, 10);
}

static uint64_t resident_bytes(int pid)
{
    char path[64], text[128];
    (void)snprintf(path, sizeof path, "/proc/%d/statm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *resident = strchr(text, ' '); /* the second number, in pages */
    return resident == NULL ? 0 : strtoull(resident, NULL, 10) * 4096;
}

static size_t mounts_of(int pid)
{
    char path[64];
    size_t lines = 0;
    auto_buf struct buf text = buf_of(1 << 20);
    (void)snprintf(path, sizeof path, "/proc/%d/mountinfo", pid);
    assert_false(err_is(fdio_read_file(path, &text)));
    for (size_t i = 0; i < text.size; i++)
        lines += text.at[i] == '\n';
    return lines;
}

/* Groups beside the slot's own, below it, and itself. */
static int count_groups(const char *directory)
{
    int count = 0;
    DIR *entries = directory[0] == '\0' ? NULL : opendir(directory);
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
        count += entry->d_type == DT_DIR;
    if (entries != NULL)
        (void)closedir(entries);
    return count;
}

static void look(const struct sandbox *slot, int idle_fds, struct levels *out)
{
    const struct group *group = &slot->group;
    bool v1 = group->backend == SANDBOX_CGROUP_V1;
    *out = (struct levels){
        .slot_fds = count_settled((int)slot->pid, "fd", idle_fds),
        .our_fds = count_entries(getpid(), "fd"),
        .slot_maps = count_entries((int)slot->pid, "map_files"),
        .groups = count_groups(group->memory_dir) + count_groups(group->pids_dir) +
                  count_groups(group->tree_dir),
        .mounts = mounts_of((int)slot->pid),
        .our_bytes = resident_bytes(getpid()),
        .slot_bytes = resident_bytes((int)slot->pid),
        .group_bytes =
            number_in(group->memory_dir, v1 ? "memory.usage_in_bytes" : "memory.current"),
        .kernel_bytes = v1 ? number_in(group->memory_dir, "memory.kmem.usage_in_bytes") : 0,
    };
}

/* What grew, in words; false when all is flat. */
static bool grew(const struct levels *first, const struct levels *now, char *out, size_t out_size)
{
    const struct {
        const char *name;
        uint64_t first, now, slack;
    } rows[] = {
        {"our descriptors", (uint64_t)first->our_fds, (uint64_t)now->our_fds, 0},
        {"the slot's descriptors", (uint64_t)first->slot_fds, (uint64_t)now->slot_fds, 0},
        {"the slot's maps", (uint64_t)first->slot_maps, (uint64_t)now->slot_maps, 0},
        {"groups", (uint64_t)first->groups, (uint64_t)now->groups, 0},
        {"mounts", first->mounts, now->mounts, 0},
        {"our memory", first->our_bytes, now->our_bytes, MEMORY_SLACK_BYTES},
        {"the slot's memory", first->slot_bytes, now->slot_bytes, 64 << 10},
        {"the group's memory", first->group_bytes, now->group_bytes, MEMORY_SLACK_BYTES},
        {"the group's kernel memory", first->kernel_bytes, now->kernel_bytes, MEMORY_SLACK_BYTES},
    };
#ifdef __SANITIZE_ADDRESS__
    size_t counted = 5; /* freed memory is kept for a while there */
#else
    size_t counted = COUNT(rows);
#endif
    for (size_t i = 0; i < counted; i++) {
        if (rows[i].now > rows[i].first + rows[i].slack)
            return snprintf(out, out_size, "%s grew from %llu to %llu", rows[i].name,
                            (unsigned long long)rows[i].first, (unsigned long long)rows[i].now) > 0;
    }
    return false;
}

/* The kernel frees what belonged to dead processes a little later, so a look may be too early. */
static void check_flat(const struct sandbox *slot, int idle_fds, const struct levels *first,
                       struct levels *now)
{
    char text[128];
    int64_t until = clock_ms() + SETTLE_MS;
    look(slot, idle_fds, now);
    while (grew(first, now, text, sizeof text)) {
        if (clock_ms() > until)
            fail_msg("%s", text);
        (void)usleep(10000);
        look(slot, idle_fds, now);
    }
}

static void run_one(struct sandbox *slot, unsigned number)
{
    static const struct {
        const char *action;
        int number;
        enum sandbox_end end;
    } rows[] = {
        {"exit", 3, SANDBOX_EXITED},
        {"hello", 0, SANDBOX_EXITED},
        {"touch", 4, SANDBOX_EXITED},
        {"segv", 0, SANDBOX_SIGNALLED},
        {"abort", 0, SANDBOX_SIGNALLED},
        {"call", SYS_socket, SANDBOX_FORBIDDEN_CALL},
        {"flood", 1, SANDBOX_OUTPUT_LIMIT},
        {"wait", 0, SANDBOX_WALL_LIMIT},
        {"threads", 2, SANDBOX_FORBIDDEN_CALL},
        {"fds", 0, SANDBOX_EXITED},
    };
    size_t row = number % COUNT(rows);
    struct sandbox_limits limits = limits_default;
    limits.wall_ms = rows[row].end == SANDBOX_WALL_LIMIT ? 3 : 20000;
    struct outcome outcome =
        act_run(slot, SANDBOX_KERNEL, limits, rows[row].action, rows[row].number);
    if (err_is(outcome.err))
        fail_msg("run %u, %s: %s", number, rows[row].action, outcome.err.text);
    if (outcome.result.end != rows[row].end)
        fail_msg("run %u, %s: %s, %s", number, rows[row].action,
                 sandbox_end_word(outcome.result.end), outcome.result.evidence);
}

/* One of the toolchain, in a fresh /work. */
static void compile_one(struct sandbox *slot)
{
    const char *argv[] = {"/usr/bin/as", "-o", "a.o", "a.s", NULL};
    struct sandbox_file in = {.name = "a.s"}, out = {.name = "a.o"};
    struct sandbox_result result;
    assert_false(err_is(fdio_memfd_sealed("a.s", "nop\n", 4, &in.fd)));
    assert_false(err_is(fdio_memfd("a.o", 0, &out.fd)));
    struct sandbox_request request = {.profile = SANDBOX_COMPILE,
                                      .program_fd = -1,
                                      .argv = argv,
                                      .files_in = &in,
                                      .files_in_count = 1,
                                      .files_out = &out,
                                      .files_out_count = 1,
                                      .limits = limits_default,
                                      .cpu = -1};
    request.limits.wall_ms = 20000;
    struct err err = sandbox_run(slot, &request, &result);
    if (err_is(err))
        fail_msg("%s", err.text);
    assert_int_equal(result.end, SANDBOX_EXITED);
    assert_false(result.files_cut);
    (void)close(in.fd);
    (void)close(out.fd);
}

static void soak(enum sandbox_backend backend)
{
    struct sandbox *slot = NULL;
    struct err err = slot_open(&backend, &slot);
    if (err_is(err)) {
        print_message("skipped: %s is not available here: %s\n", sandbox_backend_word(backend),
                      err.text);
        skip();
    }
    unsigned count = runs();
    compile_one(slot); /* gives the slot its compile view, by a new process */
    pid_t pid = slot->pid;
    struct levels first, now = {0};
    look(slot, 0, &first);
    int idle_fds = first.slot_fds;
    for (unsigned run = 0; run < WARM_RUNS; run++)
        run_one(slot, run);
    look(slot, idle_fds, &first);
    for (unsigned run = 1; run <= count; run++) {
        if (run % 50 == 0)
            compile_one(slot);
        else
            run_one(slot, run);
        if (run % (count / LOOKS + 1) == 0 || run == count) {
            check_flat(slot, idle_fds, &first, &now);
            assert_true(slot_is_alone(slot));
            assert_int_equal(slot->pid, pid); /* never in doubt, never rebuilt */
        }
    }
    print_message(
        "# %s, %u runs: descriptors %d and %d, mounts %zu, memory of the slot %llu to "
        "%llu KiB, of its group %llu to %llu KiB\n",
        sandbox_backend_word(backend), count, now.our_fds, now.slot_fds, now.mounts,
        (unsigned long long)first.slot_bytes >> 10, (unsigned long long)now.slot_bytes >> 10,
        (unsigned long long)first.group_bytes >> 10, (unsigned long long)now.group_bytes >> 10);
    sandbox_close(slot);
}

static void all_stays_flat_on_cgroup_v2(void **state)
{
    (void)state;
    soak(SANDBOX_CGROUP_V2);
}

static void all_stays_flat_on_cgroup_v1(void **state)
{
    (void)state;
    soak(SANDBOX_CGROUP_V1);
}

static void all_stays_flat_on_rlimits(void **state)
{
    (void)state;
    soak(SANDBOX_RLIMITS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_stays_flat_on_cgroup_v2),
        cmocka_unit_test(all_stays_flat_on_cgroup_v1),
        cmocka_unit_test(all_stays_flat_on_rlimits),
    };
    return cmocka_run_group_tests_name("sandbox soak", tests, NULL, NULL);
}
