/* Control groups by their files. Everything per run is a read or write of a descriptor that is
 * kept open; nothing is created, moved or removed while runs go on. */
#include "sandbox/group.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/group_find.h"
#include "sandbox/wire.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP "sandbox-keep"       /* v2: where the processes of a delegated group move to */
#define CONFIRM_MAX_NS 2000000000 /* a freeze that takes this long is a fault of the host */
/* The kernel charges a run's namespace, tasks, page tables and its own batches to the group too.
 * With less, an overrun could strike before the exec, where init and slot share their memory. */
#define OVERHEAD_BYTES (1 << 20)
#define OWN_SLACK_BYTES (256 << 10) /* the kernel charges in batches: less than this is noise */
#define REMOVE_MAX_MS 500           /* the last process may still be on its way out */

static struct err open_v2(struct group *group, const char *name, uint32_t id);
static struct err open_v1(struct group *group, const char *name, uint32_t id);
static struct err delegate(const char *base);
static struct err move_away(const char *base);
static struct err make_dir(const char *base, const char *name, char out[GROUP_PATH_MAX]);
static void sweep(const char *base);
static struct err open_tree_files(struct group *group, uint32_t id);
static struct err open_file(const char *directory, const char *name, int flags, int *out_fd);
static bool read_number(int fd, const char *key, uint64_t *out_value);
static struct err write_number(int fd, uint64_t value, const char *what);
static struct err write_file(const char *directory, const char *name, const char *text);
static void remove_dir(const char *path);

/* The names of the same things in the two versions. */
static const struct names {
    const char *limit, *peak, *usage, *oom, *oom_key;
} names_of[] = {
    [SANDBOX_CGROUP_V2] = {"memory.max", "memory.peak", "memory.current", "memory.events",
                           "oom_kill "},
    [SANDBOX_CGROUP_V1] = {"memory.limit_in_bytes", "memory.max_usage_in_bytes",
                           "memory.usage_in_bytes", "memory.oom_control", "oom_kill "},
};

struct err group_open(enum sandbox_backend backend, int tag, uint32_t id, struct group *out_group)
{
    struct group *group = out_group;
    *group = (struct group){.backend = backend, .run_fd = -1};
    int *const fds[] = {&group->freeze_fd, &group->events_fd, &group->kill_fd,
                        &group->cpu_fd,    &group->limit_fd,  &group->peak_fd,
                        &group->usage_fd,  &group->oom_fd,    &group->pids_fd};
    for (size_t i = 0; i < COUNT(fds); i++)
        *fds[i] = -1;
    if (backend == SANDBOX_RLIMITS)
        return err_none();

    char name[64];
    (void)snprintf(name, sizeof name, "sandbox-%d-%d", (int)getpid(), tag);
    struct err err =
        backend == SANDBOX_CGROUP_V2 ? open_v2(group, name, id) : open_v1(group, name, id);
    const struct names *names = &names_of[backend];
    if (!err_is(err))
        err = open_file(group->memory_dir, names->limit, O_RDWR, &group->limit_fd);
    if (!err_is(err))
        err = open_file(group->memory_dir, names->usage, O_RDONLY, &group->usage_fd);
    if (!err_is(err))
        err = open_file(group->memory_dir, names->oom, O_RDONLY, &group->oom_fd);
    if (!err_is(err))
        err = open_file(group->pids_dir, "pids.max", O_RDWR, &group->pids_fd);
    if (!err_is(err) && err_is(open_file(group->memory_dir, names->peak, O_RDWR, &group->peak_fd)))
        (void)open_file(group->memory_dir, names->peak, O_RDONLY, &group->peak_fd); /* or none */
    if (err_is(err))
        group_close(group);
    return err;
}

struct err group_enter(struct group *group, pid_t slot)
{
    const char *const dirs[] = {group->memory_dir, group->pids_dir, group->tree_dir};
    char text[16];
    (void)snprintf(text, sizeof text, "%d", (int)slot);
    for (size_t i = 0; i < COUNT(dirs); i++) {
        struct err err = dirs[i][0] == '\0' || (i > 0 && strcmp(dirs[i], dirs[i - 1]) == 0)
                             ? err_none()
                             : write_file(dirs[i], "cgroup.procs", text);
        if (err_is(err))
            return err;
    }
    return err_none();
}

void group_settle(struct group *group)
{
    if (group->usage_fd >= 0 && !read_number(group->usage_fd, "", &group->own_bytes))
        group->own_bytes = 0;
}

struct err group_prepare(struct group *group, const struct sandbox_limits *limits)
{
    if (group->backend == SANDBOX_RLIMITS)
        return err_none();

    if (group->frozen) { /* the run before was killed in its sleep */
        struct err err = group_freeze(group, false);
        if (err_is(err))
            return err;
    }
    /* The slot grows a little when it first meets a profile; nothing runs now, so all is its own.
     */
    uint64_t now = 0;
    if (read_number(group->usage_fd, "", &now) && now > group->own_bytes + OWN_SLACK_BYTES)
        group->own_bytes = now;
    uint64_t bytes = limits->memory_bytes + group->own_bytes + OVERHEAD_BYTES;
    if (bytes != group->limit_bytes) {
        struct err err = write_number(group->limit_fd, bytes, "memory limit");
        if (err_is(err))
            return err;
        group->limit_bytes = bytes;
    }
    unsigned pids = limits->threads + 2; /* the slot and init */
    if (pids != group->pids) {
        struct err err = write_number(group->pids_fd, pids, "pids limit");
        if (err_is(err))
            return err;
        group->pids = pids;
    }
    /* v2 before Linux 6.12 cannot reset its peak: then only a new record tells something. */
    group->peak_before = 0;
    if (group->peak_fd >= 0 && pwrite(group->peak_fd, "0", 1, 0) < 0)
        (void)read_number(group->peak_fd, "", &group->peak_before);
    if (!read_number(group->oom_fd, names_of[group->backend].oom_key, &group->oom_before))
        return err_make(ERR_SYSTEM, "read the OOM counter");
    return err_none();
}

void group_facts(struct group *group, struct group_facts *out_facts)
{
    *out_facts = (struct group_facts){.limit_bytes = group->limit_bytes};
    if (group->backend == SANDBOX_RLIMITS)
        return;
    uint64_t count = group->oom_before, peak = 0;
    (void)read_number(group->oom_fd, names_of[group->backend].oom_key, &count);
    out_facts->oom_count = count - group->oom_before;
    out_facts->oom = count > group->oom_before;
    if (group->peak_fd >= 0 && read_number(group->peak_fd, "", &peak) &&
        peak > group->peak_before && peak > group->own_bytes)
        out_facts->peak_bytes = peak - group->own_bytes;
}

struct err group_freeze(struct group *group, bool frozen)
{
    const char *word = frozen ? "1" : "0";
    if (pwrite(group->freeze_fd, word, 1, 0) < 0)
        return err_make(ERR_SYSTEM, "write cgroup.freeze");
    group->frozen = frozen;
    /* Re-read, never poll: the notification takes 15 ms, the state 20 us. */
    int64_t until = clock_ns() + CONFIRM_MAX_NS;
    uint64_t state = frozen ? 0 : 1;
    do {
        if (!read_number(group->events_fd, "frozen ", &state))
            return err_make(ERR_SYSTEM, "read cgroup.events");
    } while (state != (frozen ? 1U : 0U) && clock_ns() < until);
    if (state == (frozen ? 1U : 0U))
        return err_none();
    errno = ETIMEDOUT;
    return err_make(ERR_SYSTEM, "%s was not confirmed", frozen ? "freeze" : "thaw");
}

void group_close(struct group *group)
{
    int *const fds[] = {&group->run_fd,   &group->freeze_fd, &group->events_fd, &group->cpu_fd,
                        &group->limit_fd, &group->peak_fd,   &group->usage_fd,  &group->oom_fd,
                        &group->pids_fd,  &group->kill_fd};
    /* Only here, never between runs: on Linux 6.18 a process that is born into a group by
     * CLONE_INTO_CGROUP was seen to be killed by a cgroup.kill long before its birth. */
    if (group->kill_fd >= 0 && pwrite(group->kill_fd, "1", 1, 0) < 0)
        (void)errno; /* normally nobody is left, and the removal shows who is */
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (*fds[i] >= 0)
            (void)close(*fds[i]); /* were only control files */
        *fds[i] = -1;
    }
    if (group->tree_dir[0] != '\0') {
        char run[GROUP_PATH_MAX + 8];
        (void)snprintf(run, sizeof run, "%s/run", group->tree_dir);
        remove_dir(run);
    }
    char *const dirs[] = {group->tree_dir, group->memory_dir, group->pids_dir};
    for (size_t i = 0; i < COUNT(dirs); i++) {
        if (dirs[i][0] != '\0')
            remove_dir(dirs[i]);
        dirs[i][0] = '\0';
    }
}

static struct err open_v2(struct group *group, const char *name, uint32_t id)
{
    char base[GROUP_PATH_MAX];
    struct err err = group_find("", base, sizeof base);
    if (err_is(err))
        return err;
    char *last = strrchr(base, '/');
    if (last != NULL && strcmp(last + 1, KEEP) == 0)
        *last = '\0'; /* moved there before, by us or by a sister process */
    err = delegate(base);
    if (!err_is(err))
        err = make_dir(base, name, group->tree_dir);
    if (err_is(err))
        return err;
    (void)text_copy(group->memory_dir, sizeof group->memory_dir, group->tree_dir); /* same size */
    (void)text_copy(group->pids_dir, sizeof group->pids_dir, group->tree_dir);     /* same size */
    (void)write_file(group->tree_dir, "memory.swap.max", "0"); /* absent without swap accounting */
    return open_tree_files(group, id);
}

static struct err open_v1(struct group *group, const char *name, uint32_t id)
{
    char base[GROUP_PATH_MAX];
    struct err err = group_find("memory", base, sizeof base);
    if (!err_is(err))
        err = make_dir(base, name, group->memory_dir);
    if (!err_is(err))
        err = group_find("pids", base, sizeof base);
    if (!err_is(err))
        err = make_dir(base, name, group->pids_dir);
    if (err_is(err))
        return err;
    (void)write_file(group->memory_dir, "memory.swappiness", "0"); /* a hint */

    /* Without a hybrid tree: killing is init's namespace, freezing is SIGSTOP. */
    if (err_is(group_find("", base, sizeof base)) ||
        err_is(make_dir(base, name, group->tree_dir))) {
        group->tree_dir[0] = '\0';
        return err_none();
    }
    return open_tree_files(group, id);
}

/* Lets groups below `base` have memory and pids. v2 allows that only where no process sits. */
static struct err delegate(const char *base)
{
    const char *wanted = "+memory +pids";
    struct err err = write_file(base, "cgroup.subtree_control", wanted);
    if (err_is(err) && err.sys_errno == EBUSY) {
        err = move_away(base);
        if (!err_is(err))
            err = write_file(base, "cgroup.subtree_control", wanted);
    }
    if (err_is(err)) {
        errno = err.sys_errno;
        return err_make(ERR_SYSTEM, "no memory and pids controllers for us in v2 (systemd: "
                                    "Delegate=yes)");
    }
    return err_none();
}

static struct err move_away(const char *base)
{
    char keep[GROUP_PATH_MAX + 16], path[GROUP_PATH_MAX + 32];
    (void)snprintf(keep, sizeof keep, "%s/" KEEP, base);
    if (mkdir(keep, 0755) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make '%.100s'", keep);

    auto_buf struct buf text;
    buf_init(&text, 65536);
    (void)snprintf(path, sizeof path, "%s/cgroup.procs", base);
    struct err err = fdio_read_file(path, &text);
    char *rest = NULL;
    for (char *pid = strtok_r(text.at, "\n", &rest); pid != NULL && !err_is(err);
         pid = strtok_r(NULL, "\n", &rest)) {
        err = write_file(keep, "cgroup.procs", pid);
        if (err.sys_errno == ESRCH)
            err = err_none(); /* it ended meanwhile */
    }
    return err;
}

static struct err make_dir(const char *base, const char *name, char out[GROUP_PATH_MAX])
{
    char path[GROUP_PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", base, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_make(ERR_LIMIT, "group path too long: '%.80s'", base);
    sweep(base);
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make group '%s'", path);
    (void)text_copy(out, GROUP_PATH_MAX, path); /* same size */
    return err_none();
}

/* Removes the empty groups of libraries that were killed. A group in use refuses by itself. */
static void sweep(const char *base)
{
    DIR *directory = opendir(base);
    if (directory == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int pid, tag;
        char path[GROUP_PATH_MAX + 300];
        if (sscanf(entry->d_name, "sandbox-%d-%d", &pid, &tag) != 2 || kill(pid, 0) == 0 ||
            errno != ESRCH)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s/run", base, entry->d_name);
        (void)rmdir(path);
        *strrchr(path, '/') = '\0';
        (void)rmdir(path);
    }
    (void)closedir(directory); /* was only read */
}

static struct err open_tree_files(struct group *group, uint32_t id)
{
    char run[GROUP_PATH_MAX + 8];
    (void)snprintf(run, sizeof run, "%s/run", group->tree_dir);
    if (mkdir(run, 0755) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make group '%.100s'", run);
    group->run_fd = open(run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group->run_fd < 0)
        return err_make(ERR_SYSTEM, "open group '%.100s'", run);

    const struct {
        const char *name;
        int flags;
        int *fd;
    } rows[] = {
        {"cgroup.freeze", O_RDWR, &group->freeze_fd},
        {"cgroup.events", O_RDONLY, &group->events_fd},
        {"cgroup.kill", O_WRONLY, &group->kill_fd},
        {"cpu.stat", O_RDONLY, &group->cpu_fd},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err err = open_file(run, rows[i].name, rows[i].flags, rows[i].fd);
        if (err_is(err))
            return err;
    }
    /* The slot bears runs into `run`: it must be able to write both membership files. */
    if (id != SLOT_SAME_ID) {
        char path[GROUP_PATH_MAX + 32];
        (void)snprintf(path, sizeof path, "%s/cgroup.procs", group->tree_dir);
        if (chown(path, id, (gid_t)-1) < 0 ||
            fchownat(group->run_fd, "cgroup.procs", id, (gid_t)-1, 0) < 0)
            return err_make(ERR_SYSTEM, "hand the run group to the slot");
    }
    return err_none();
}

static struct err open_file(const char *directory, const char *name, int flags, int *out_fd)
{
    char path[GROUP_PATH_MAX + 64];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    *out_fd = open(path, flags | O_CLOEXEC);
    if (*out_fd < 0)
        return err_make(ERR_SYSTEM, "open '%.100s'", path);
    return err_none();
}

/* The number after `key` ("" for a file that is one number). */
static bool read_number(int fd, const char *key, uint64_t *out_value)
{
    char text[1024];
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    if (got <= 0)
        return false;
    text[got] = '\0';
    for (const char *at = text; (at = strstr(at, key)) != NULL; at++) {
        if (at == text || at[-1] == '\n') {
            *out_value = strtoull(at + strlen(key), NULL, 10);
            return true;
        }
    }
    return false;
}

static struct err write_number(int fd, uint64_t value, const char *what)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    if (pwrite(fd, text, (size_t)length, 0) < 0)
        return err_make(ERR_SYSTEM, "set the %s to %s", what, text);
    return err_none();
}

static struct err write_file(const char *directory, const char *name, const char *text)
{
    auto_close int fd = -1;
    struct err err = open_file(directory, name, O_WRONLY, &fd);
    if (!err_is(err) && write(fd, text, strlen(text)) < 0)
        err = err_make(ERR_SYSTEM, "write '%s' to %s of '%.80s'", text, name, directory);
    return err;
}

static void remove_dir(const char *path)
{
    int64_t until = clock_ms() + REMOVE_MAX_MS;
    while (rmdir(path) < 0 && errno == EBUSY && clock_ms() < until)
        (void)usleep(200); /* a dying process leaves its group a little after its end is told */
}
