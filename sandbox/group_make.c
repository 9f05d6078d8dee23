/* Making and removing the groups of a slot: once in its life, never between runs. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/group.h"
#include "sandbox/group_find.h"
#include "sandbox/kernel.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP "sandbox-keep" /* v2: where the processes of a delegated group move to */
#define REMOVE_MAX_MS 500   /* the last process may still be on its way out */

static struct err open_v2(struct group *group, const struct group_view *view);
static struct err open_v1(struct group *group, const struct group_view *view);
static struct err delegate(const char *base);
static struct err move_away(const char *base);
static struct err name_dir(const char *base, const char *name, char out[GROUP_PATH_MAX]);
static struct err make_tree(struct group *group);
static struct err make_dir(const char *path);
static struct err open_tree_files(struct group *group);
static struct err open_limit_files(struct group *group);
static struct err open_file(const char *directory, const char *name, int flags, int *out_fd);
static struct err write_file(const char *directory, const char *name, const char *text);
static void sweep(const char *path);
static void sweep_one(const char *base, const char *name);
static pid_t maker_of(const char *name);
static void remove_dir(const char *path);

/* The names of the same things in the two versions. */
static const struct names {
    const char *limit, *peak, *usage, *oom;
} names_of[] = {
    [SANDBOX_CGROUP_V2] = {"memory.max", "memory.peak", "memory.current", "memory.events"},
    [SANDBOX_CGROUP_V1] = {"memory.limit_in_bytes", "memory.max_usage_in_bytes",
                           "memory.usage_in_bytes", "memory.oom_control"},
};

struct err group_open(enum sandbox_backend backend, const struct group_view *view, int tag,
                      uint32_t id, struct group *out_group)
{
    struct group *group = out_group;
    *group = (struct group){.backend = backend, .id = id};
    int *const fds[] = {&group->tree_fd,     &group->run_fd,    &group->join_fds[0],
                        &group->join_fds[1], &group->freeze_fd, &group->events_fd,
                        &group->kill_fd,     &group->cpu_fd,    &group->limit_fd,
                        &group->peak_fd,     &group->usage_fd,  &group->oom_fd,
                        &group->pids_fd};
    for (size_t i = 0; i < COUNT(fds); i++)
        *fds[i] = -1;
    if (backend == SANDBOX_RLIMITS)
        return err_none();

    (void)snprintf(group->name, sizeof group->name, "sandbox-%d-%d", (int)getpid(), tag);
    struct err err = backend == SANDBOX_CGROUP_V2 ? open_v2(group, view) : open_v1(group, view);
    if (err_is(err))
        group_close(group);
    return err;
}

struct err group_join(struct group *group)
{
    if (group->backend != SANDBOX_CGROUP_V1 || group->complete)
        return err_none();
    struct err err = make_dir(group->memory_dir);
    if (!err_is(err))
        err = make_dir(group->pids_dir);
    if (!err_is(err))
        err = open_file(group->memory_dir, "tasks", O_WRONLY, &group->join_fds[0]);
    if (!err_is(err))
        err = open_file(group->pids_dir, "tasks", O_WRONLY, &group->join_fds[1]);
    return err;
}

struct err group_complete(struct group *group)
{
    if (group->backend == SANDBOX_RLIMITS || group->complete)
        return err_none();
    struct err err = err_none();
    if (group->backend == SANDBOX_CGROUP_V1)
        (void)write_file(group->memory_dir, "memory.swappiness", "0"); /* a hint */
    if (group->tree_fd >= 0)
        err = open_tree_files(group);
    if (!err_is(err))
        err = open_limit_files(group);
    sweep(group->memory_dir);
    if (group->backend == SANDBOX_CGROUP_V1) {
        sweep(group->pids_dir);
        sweep(group->tree_dir);
    }
    group->complete = !err_is(err);
    return err;
}

void group_close(struct group *group)
{
    int *const fds[] = {&group->tree_fd,     &group->run_fd,    &group->join_fds[0],
                        &group->join_fds[1], &group->freeze_fd, &group->events_fd,
                        &group->kill_fd,     &group->cpu_fd,    &group->limit_fd,
                        &group->peak_fd,     &group->usage_fd,  &group->oom_fd,
                        &group->pids_fd};
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

static struct err open_v2(struct group *group, const struct group_view *view)
{
    char base[GROUP_PATH_MAX];
    struct err err = group_find(view, "", base, sizeof base);
    if (err_is(err))
        return err;
    char *last = strrchr(base, '/');
    if (last != NULL && strcmp(last + 1, KEEP) == 0)
        *last = '\0'; /* moved there before, by us or by a sister process */
    err = delegate(base);
    if (!err_is(err))
        err = name_dir(base, group->name, group->tree_dir);
    if (!err_is(err))
        err = make_tree(group);
    if (err_is(err))
        return err;
    (void)text_copy(group->memory_dir, sizeof group->memory_dir, group->tree_dir); /* same size */
    (void)text_copy(group->pids_dir, sizeof group->pids_dir, group->tree_dir);     /* same size */
    (void)write_file(group->tree_dir, "memory.swap.max", "0"); /* absent without swap accounting */
    return err_none();
}

/* Looks whether the limits can be made, and makes what the slot is born into. */
static struct err open_v1(struct group *group, const struct group_view *view)
{
    static const char *const controllers[] = {"memory", "pids"};
    char *const dirs[] = {group->memory_dir, group->pids_dir};
    char base[GROUP_PATH_MAX];
    for (size_t i = 0; i < COUNT(controllers); i++) {
        struct err err = group_find(view, controllers[i], base, sizeof base);
        if (!err_is(err) && access(base, W_OK) < 0)
            err = err_make(ERR_SYSTEM, "make a group in '%.100s'", base);
        if (!err_is(err))
            err = name_dir(base, group->name, dirs[i]);
        if (err_is(err))
            return err;
    }
    /* Without a hybrid tree: killing is init's namespace, freezing is SIGSTOP. */
    if (err_is(group_find(view, "", base, sizeof base)) || access(base, W_OK) < 0)
        return err_none();
    struct err err = name_dir(base, group->name, group->tree_dir);
    return err_is(err) ? err : make_tree(group);
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

    auto_buf struct buf text = buf_of(65536);
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

static struct err name_dir(const char *base, const char *name, char out[GROUP_PATH_MAX])
{
    int length = snprintf(out, GROUP_PATH_MAX, "%s/%s", base, name);
    if (length < 0 || (size_t)length >= GROUP_PATH_MAX)
        return err_make(ERR_LIMIT, "group path too long: '%.80s'", base);
    return err_none();
}

/* Both levels of the v2 tree. */
static struct err make_tree(struct group *group)
{
    char run[GROUP_PATH_MAX + 8];
    (void)snprintf(run, sizeof run, "%s/run", group->tree_dir);
    struct err err = make_dir(group->tree_dir);
    if (!err_is(err))
        err = make_dir(run);
    if (!err_is(err))
        err = open_file(group->tree_dir, "", O_RDONLY | O_DIRECTORY, &group->tree_fd);
    if (!err_is(err))
        err = open_file(group->tree_dir, "run", O_RDONLY | O_DIRECTORY, &group->run_fd);
    return err;
}

static struct err make_dir(const char *path)
{
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return err_make(ERR_SYSTEM, "make group '%.100s'", path);
    return err_none();
}

static struct err open_tree_files(struct group *group)
{
    const struct {
        const char *name;
        int flags;
        int *fd;
    } rows[] = {
        {"run/cgroup.freeze", O_RDWR, &group->freeze_fd},
        {"run/cgroup.events", O_RDONLY, &group->events_fd},
        {"run/cgroup.kill", O_WRONLY, &group->kill_fd},
        {"run/cpu.stat", O_RDONLY, &group->cpu_fd},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err err = open_file(group->tree_dir, rows[i].name, rows[i].flags, rows[i].fd);
        if (err_is(err))
            return err;
    }
    /* The slot bears runs into `run`: it must be able to write both membership files. */
    if (group->id != SLOT_SAME_ID &&
        (fchownat(group->tree_fd, "cgroup.procs", group->id, (gid_t)-1, 0) < 0 ||
         fchownat(group->run_fd, "cgroup.procs", group->id, (gid_t)-1, 0) < 0))
        return err_make(ERR_SYSTEM, "hand the run group to the slot");
    return err_none();
}

static struct err open_limit_files(struct group *group)
{
    const struct names *names = &names_of[group->backend];
    struct err err = open_file(group->memory_dir, names->limit, O_RDWR, &group->limit_fd);
    if (!err_is(err))
        err = open_file(group->memory_dir, names->usage, O_RDONLY, &group->usage_fd);
    if (!err_is(err))
        err = open_file(group->memory_dir, names->oom, O_RDONLY, &group->oom_fd);
    if (!err_is(err))
        err = open_file(group->pids_dir, "pids.max", O_RDWR, &group->pids_fd);
    if (!err_is(err) && err_is(open_file(group->memory_dir, names->peak, O_RDWR, &group->peak_fd)))
        (void)open_file(group->memory_dir, names->peak, O_RDONLY, &group->peak_fd); /* or none */
    return err;
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

static struct err write_file(const char *directory, const char *name, const char *text)
{
    auto_close int fd = -1;
    struct err err = open_file(directory, name, O_WRONLY, &fd);
    if (!err_is(err) && write(fd, text, strlen(text)) < 0)
        err = err_make(ERR_SYSTEM, "write '%s' to %s of '%.80s'", text, name, directory);
    return err;
}

/* Removes the empty groups beside ours, of libraries that were killed. A group in use refuses by
 * itself. */
static void sweep(const char *path)
{
    char base[GROUP_PATH_MAX];
    (void)text_copy(base, sizeof base, path); /* same size */
    char *slash = strrchr(base, '/');
    if (slash == NULL)
        return; /* there is no such group */
    *slash = '\0';
    auto_close int directory = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char entries[4096] __attribute__((aligned(8)));
    for (long got; (got = kernel_getdents(directory, entries, sizeof entries)) > 0;) {
        const struct kernel_dirent *entry;
        for (long at = 0; at < got; at += entry->size) {
            entry = (const struct kernel_dirent *)(const void *)(entries + at);
            sweep_one(base, entry->name);
        }
    }
}

static void sweep_one(const char *base, const char *name)
{
    char other[GROUP_PATH_MAX + 300];
    pid_t pid = maker_of(name);
    if (pid == 0 || kill(pid, 0) == 0 || errno != ESRCH)
        return;
    (void)snprintf(other, sizeof other, "%s/%s/run", base, name);
    (void)rmdir(other);
    *strrchr(other, '/') = '\0';
    (void)rmdir(other);
}

/* The process that made the group "sandbox-PID-TAG"; 0 for any other name. */
static pid_t maker_of(const char *name)
{
    static const char stem[] = "sandbox-";
    char *end = NULL;
    if (strncmp(name, stem, sizeof stem - 1) != 0)
        return 0;
    long pid = strtol(name + sizeof stem - 1, &end, 10);
    return *end == '-' && pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

static void remove_dir(const char *path)
{
    int64_t until = clock_ms() + REMOVE_MAX_MS;
    while (rmdir(path) < 0 && errno == EBUSY && clock_ms() < until)
        (void)usleep(200); /* a dying process leaves its group a little after its end is told */
}
