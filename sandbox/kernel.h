/* Calls of the kernel that not every C library wraps: build/sandbox is linked with musl where that
 * is installed (Makefile), the library with the host's own. As their wrappers: -1 and errno. */
#ifndef SANDBOX_KERNEL_H
#define SANDBOX_KERNEL_H

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __GLIBC__
#include <linux/mount.h>
#endif

static inline int kernel_close_range(unsigned first, unsigned last)
{
    return (int)syscall(SYS_close_range, first, last, 0);
}

/* Sets the limit if `limit` is there, gives the one before if `out_had` is. */
static inline int kernel_prlimit(int resource, const struct rlimit *limit, struct rlimit *out_had)
{
    return (int)syscall(SYS_prlimit64, 0, resource, limit, out_had);
}

/* Real-time priorities: a timed program goes before everything that has none, and whoever waits for
 * it on its own processor goes before the program. */
enum kernel_level { KERNEL_PROGRAM = 1, KERNEL_WATCHER = 2 };

/* 0 is the calling thread. */
static inline int kernel_go_first(pid_t pid, enum kernel_level level)
{
    const struct sched_param param = {.sched_priority = (int)level};
    return (int)syscall(SYS_sched_setscheduler, pid, SCHED_FIFO, &param);
}

/* Down is always allowed. */
static inline void kernel_take_turns(void)
{
    const struct sched_param none = {.sched_priority = 0};
    (void)syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
}

/* The highest level that this thread may have, 0 for none. Tried, and given back. */
static inline int kernel_may_go_first(void)
{
    int level = KERNEL_WATCHER;
    while (level > 0 && kernel_go_first(0, (enum kernel_level)level) < 0)
        level--;
    if (level > 0)
        kernel_take_turns();
    return level;
}

/* What kernel_getdents fills a buffer with, one after the other: struct linux_dirent64. */
struct kernel_dirent {
    uint64_t inode;
    int64_t offset;
    unsigned short size; /* of this entry */
    unsigned char type;
    char name[];
};

static inline long kernel_getdents(int fd, void *out, size_t size)
{
    return syscall(SYS_getdents64, fd, out, size);
}

static inline int kernel_open_tree(int fd, const char *path, unsigned flags)
{
    return (int)syscall(SYS_open_tree, fd, path, flags);
}

static inline int kernel_move_mount(int from_fd, int to_fd, const char *to)
{
    return (int)syscall(SYS_move_mount, from_fd, "", to_fd, to, MOVE_MOUNT_F_EMPTY_PATH);
}

static inline int kernel_mount_setattr(int fd, const char *path, unsigned flags,
                                       const struct mount_attr *attributes)
{
    return (int)syscall(SYS_mount_setattr, fd, path, flags, attributes, sizeof *attributes);
}

static inline int kernel_fsopen(const char *type)
{
    return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int kernel_fsconfig(int fd, unsigned command, const char *key, const char *value)
{
    return (int)syscall(SYS_fsconfig, fd, command, key, value, 0);
}

static inline int kernel_fsmount(int fd, unsigned attributes)
{
    return (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes);
}

#endif
