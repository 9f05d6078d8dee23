/* Counting what a run may have left behind. */
#include "tests/hostile_watch.h"

#include "sandbox/base/buf.h"
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/launch.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)
#define SETTLE_MS 300
#define RUN_FDS 32 /* of the slot: those below belong to the run, see slot.c */

static int fds_below(pid_t pid, int below);
static bool is_quiet(const struct watch *watch, char *out, size_t out_size);
static int count_lines(const char *path);
static int count_groups(const char *directory);
static int count_members(const struct group *group);
static int count_relatives(pid_t slot);

struct count {
    const char *what;
    int before, now;
};

bool watch_init(struct watch *watch, const struct sandbox *slot)
{
    char path[64];
    int64_t until_ms = clock_ms() + SETTLE_MS;
    (void)snprintf(path, sizeof path, "/proc/%d/mountinfo", (int)slot->pid);
    while (fds_below(slot->pid, RUN_FDS) > 0 && clock_ms() < until_ms)
        (void)sched_yield(); /* of the run before, on their way out */
    *watch = (struct watch){
        .slot = slot,
        .pid = slot->pid,
        .own_fds = watch_fds(getpid()),
        .slot_fds = watch_fds(slot->pid),
        .own_mounts = count_lines("/proc/self/mountinfo"),
        .slot_mounts = count_lines(path),
        .groups = watch_groups(slot),
    };
    return watch->own_fds > 0 && watch->slot_fds > 0 && watch->own_mounts > 0 &&
           watch->slot_mounts > 0 && count_relatives(watch->pid) == 1;
}

/* The slot tells the end of a run before it closes the run's descriptors: a difference counts if it
 * stays. */
bool watch_check(const struct watch *watch, char *out, size_t out_size)
{
    int64_t until_ms = clock_ms() + SETTLE_MS;
    while (!is_quiet(watch, out, out_size)) {
        if (clock_ms() > until_ms)
            return false;
        (void)sched_yield();
    }
    out[0] = '\0';
    return true;
}

int watch_fds(pid_t pid)
{
    return fds_below(pid, INT_MAX);
}

int watch_groups(const struct sandbox *slot)
{
    const char *const directories[] = {slot->group.memory_dir, slot->group.pids_dir,
                                       slot->group.tree_dir};
    int count = 0;
    for (size_t i = 0; i < COUNT(directories); i++) {
        char parent[GROUP_PATH_MAX];
        char mine[32];
        (void)snprintf(parent, sizeof parent, "%s", directories[i]);
        char *slash = strrchr(parent, '/');
        if (slash == NULL)
            continue;
        *slash = '\0';
        (void)snprintf(mine, sizeof mine, "sandbox-%d-", (int)getpid());
        DIR *directory = opendir(parent);
        for (const struct dirent *entry;
             directory != NULL && (entry = readdir(directory)) != NULL;) {
            if (strncmp(entry->d_name, mine, strlen(mine)) != 0)
                continue;
            count += 1 + count_groups(directories[i]);
        }
        if (directory != NULL)
            (void)closedir(directory); /* was only read */
    }
    return count;
}

/* -1: cannot be read. */
static int fds_below(pid_t pid, int below)
{
    char path[64];
    int count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return -1;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += isdigit((unsigned char)entry->d_name[0]) != 0 &&
                 strtol(entry->d_name, NULL, 10) < below;
    (void)closedir(directory); /* was only read */
    return count;
}

static bool is_quiet(const struct watch *watch, char *out, size_t out_size)
{
    char children[64], mounts[64];
    (void)snprintf(children, sizeof children, "/proc/%d/task/%d/children", (int)watch->pid,
                   (int)watch->pid);
    (void)snprintf(mounts, sizeof mounts, "/proc/%d/mountinfo", (int)watch->pid);
    const struct count counts[] = {
        {"the slot was rebuilt: its number", watch->pid, watch->slot->pid},
        {"children of the slot", 0, count_lines(children)},
        {"processes in the slot's user namespace", 1, count_relatives(watch->pid)},
        {"processes in the run's group", 0, count_members(&watch->slot->group)},
        {"descriptors of the slot", watch->slot_fds, watch_fds(watch->pid)},
        {"descriptors of the runner", watch->own_fds, watch_fds(getpid())},
        {"mounts of the slot", watch->slot_mounts, count_lines(mounts)},
        {"mounts of the runner", watch->own_mounts, count_lines("/proc/self/mountinfo")},
        {"control groups", watch->groups, watch_groups(watch->slot)},
    };
    for (size_t i = 0; i < COUNT(counts); i++) {
        if (counts[i].before == counts[i].now)
            continue;
        (void)snprintf(out, out_size, "%s: %d, was %d", counts[i].what, counts[i].now,
                       counts[i].before);
        return false;
    }
    return true;
}

/* -1 if there is no such file. */
static int count_lines(const char *path)
{
    int count = 0;
    auto_buf struct buf text = buf_of(TEXT_MAX);
    if (err_is(fdio_read_file(path, &text)))
        return -1;
    for (size_t i = 0; i < text.size; i++)
        count += text.at[i] == '\n' || (i + 1 == text.size);
    return count;
}

static int count_groups(const char *directory)
{
    int count = 0;
    DIR *opened = opendir(directory);
    for (const struct dirent *entry; opened != NULL && (entry = readdir(opened)) != NULL;)
        count += entry->d_type == DT_DIR && entry->d_name[0] != '.';
    if (opened != NULL)
        (void)closedir(opened); /* was only read */
    return count;
}

static int count_members(const struct group *group)
{
    char path[GROUP_PATH_MAX + 32];
    if (group->tree_dir[0] == '\0')
        return 0;
    (void)snprintf(path, sizeof path, "%s/run/cgroup.procs", group->tree_dir);
    return count_lines(path);
}

/* Processes that live in the slot's user namespace, itself included: a run's processes do,
 * wherever they moved and whoever their parent became. */
static int count_relatives(pid_t slot)
{
    char path[300], mine[64], theirs[64];
    int count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)slot);
    ssize_t mine_size = readlink(path, mine, sizeof mine);
    DIR *directory = opendir("/proc");
    for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%s/ns/user", entry->d_name);
        ssize_t size = readlink(path, theirs, sizeof theirs);
        count += size > 0 && size == mine_size && memcmp(mine, theirs, (size_t)size) == 0;
    }
    if (directory != NULL)
        (void)closedir(directory); /* was only read */
    return count;
}
