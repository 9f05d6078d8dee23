/* From request to plan. */
#include "sandbox/slot_plan.h"

#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define OWN_FD_FIRST 32 /* as RESERVED of slot.c: the run's descriptors are below */

#define OWN_KIB_MAX 2048   /* where procfs does not tell */
#define OWN_GROWTH_KIB 512 /* what a slot still grows by when it first meets a profile */

static struct err plan_check(const struct slot_start *start, const int *fds, size_t fds_count);
static struct err plan_words(struct slot *slot);
static struct err plan_filter(struct slot *slot);
static struct err plan_view(struct slot *slot);
static struct err plan_work(struct slot *slot, const int *files_in);
static struct err file_in(int work_fd, const char *name, int from);
static struct err plan_program(struct slot *slot);
static struct err plan_landlock(struct slot *slot);
static void plan_rlimits(struct slot *slot);
static struct err plan_fds(const struct slot_start *start);

/* Not by getrusage: its peak is that of the process which we were before our exec, the library's.
 */
static long resident_kib(const struct slot *slot)
{
    char text[64] = "";
    auto_close int fd = openat(slot->jail.proc_fd, "self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        return OWN_KIB_MAX;
    const char *second = text + strcspn(text, " ");
    long pages = strtol(second, NULL, 10);
    if (pages <= 0)
        return OWN_KIB_MAX;
    return pages * (sysconf(_SC_PAGESIZE) / 1024) + OWN_GROWTH_KIB;
}

static bool step_fails(const struct slot *slot, enum slot_step step)
{
    errno = EIO;
    return slot->fail_step == step;
}

struct err slot_plan_init(struct slot *slot)
{
    slot->own_resident_kib = resident_kib(slot);
    static const struct run_rlimit rows[] = {
        /* Cores would leave by a path of the host. Not 0: where the host pipes them to a handler
         * (systemd-coredump), only 1 keeps the kernel from starting that for every crash. */
        {RLIMIT_CORE, {1, 1}},
        {RLIMIT_MEMLOCK, {0, 0}},      /* nothing is locked past the accounting */
        {RLIMIT_MSGQUEUE, {0, 0}},     /* no queue outlives anything */
        {RLIMIT_SIGPENDING, {64, 64}}, /* bounds kernel memory */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rlimit *have = &slot->rlimits[rows[i].resource];
        if (kernel_prlimit(rows[i].resource, &rows[i].limit, NULL) < 0 &&
            (kernel_prlimit(rows[i].resource, NULL, have) < 0 ||
             have->rlim_max > rows[i].limit.rlim_max)) /* lower than ours is fine too */
            return err_make(ERR_SYSTEM, "resource limits of the slot");
    }
    static const int of_a_run[] = {RLIMIT_CPU, RLIMIT_STACK, RLIMIT_FSIZE, RLIMIT_DATA,
                                   RLIMIT_AS,  RLIMIT_NPROC, RLIMIT_NOFILE};
    for (size_t i = 0; i < COUNT(of_a_run); i++) {
        if (kernel_prlimit(of_a_run[i], NULL, &slot->rlimits[of_a_run[i]]) < 0)
            return err_make(ERR_SYSTEM, "read the resource limits of the slot");
    }
    return err_none();
}

struct err slot_plan(struct slot *slot, const struct slot_start *start, const int *fds,
                     size_t fds_count)
{
    const struct profile *profile = profile_of(start->profile);
    if (profile == NULL)
        profile = profile_of(SANDBOX_KERNEL); /* plan_check refuses it */

    slot->start = *start;
    slot->stop = SLOT_STOP_NONE;
    slot->stop_ns = 0;
    slot->call = -1;
    slot->call_name[0] = '\0';
    slot->call_argument = 0;
    slot->cpu_at_stop_us = 0;
    slot->cpu_limit_us = (int64_t)start->cpu_ms * 1000;
    slot->threads = start->threads;
    slot->work_fd = -1;
    slot->run_landlock_fd = -1;
    memset((void *)(uintptr_t)&slot->run.state, 0, sizeof slot->run.state);
    slot->run.state.listener_fd = -1;
    slot->run.plan = (struct run_plan){
        .listen = slot->listen,
        .fixed_addresses = profile->fixed_addresses,
        .cpu = start->cpu,
        .cpus = slot->cpus,
        .root_fd = profile->view != SLOT_VIEW_NONE ? slot->jail.view_fd : slot->jail.void_fd,
        .directory = profile->directory,
        .landlock_fd = slot->landlock_fd,
        .group_fd = slot->group_fd,
        .proc_fd = slot->jail.proc_fd,
        .slot_fd = slot->self_fd,
        .epoll_fd = slot->epoll_fd,
        .socket = slot->socket,
        .serial = slot->serial,
        .fail_step = slot->fail_step,
    };
    struct err err = plan_check(start, fds, fds_count);
    if (!err_is(err))
        err = plan_words(slot);
    if (!err_is(err))
        err = plan_filter(slot);
    if (!err_is(err) && profile->view != SLOT_VIEW_NONE)
        err = plan_view(slot);
    if (!err_is(err) && profile->work)
        err = plan_work(slot, fds + start->fds_count + start->has_program);
    if (!err_is(err))
        err = plan_program(slot);
    if (!err_is(err))
        err = plan_fds(start);
    if (!err_is(err))
        plan_rlimits(slot);
    return err;
}

uint32_t slot_files_out(struct slot *slot, int out_fds[SANDBOX_FILES_MAX], size_t *out_count)
{
    uint32_t mask = 0;
    *out_count = 0;
    for (unsigned i = 0; slot->work_fd >= 0 && i < slot->start.files_out_count; i++) {
        const char *name = slot->start.names[slot->start.files_in_count + i];
        struct stat info;
        int fd = openat(slot->work_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            continue;
        if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode)) {
            (void)close(fd); /* was never read */
            continue;
        }
        mask |= 1U << i;
        out_fds[(*out_count)++] = fd;
    }
    return mask;
}

void slot_plan_undo(struct slot *slot)
{
    if (slot->work_fd >= 0) {
        (void)jail_work_unmount(&slot->jail); /* else the next mount lies over it: harmless */
        (void)close(slot->work_fd);
        slot->work_fd = -1;
    }
    if (slot->run_landlock_fd >= 0) {
        (void)close(slot->run_landlock_fd);
        slot->run_landlock_fd = -1;
    }
}

int64_t slot_cpu_us(const struct slot *slot)
{
    clockid_t clock;
    struct timespec used;
    int pid = slot->run.state.pid;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
        return 0;
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

struct err slot_raise(int fd, int *out_fd)
{
    if (fd < 0 || fd >= OWN_FD_FIRST) {
        *out_fd = fd;
        return err_none();
    }
    *out_fd = fcntl(fd, F_DUPFD_CLOEXEC, OWN_FD_FIRST);
    if (*out_fd < 0)
        return err_make(ERR_SYSTEM, "descriptor of the slot");
    (void)close(fd); /* the copy is the one that we keep */
    return err_none();
}

/* The library has checked all this for its caller; here it is checked for ourselves. */
static struct err plan_check(const struct slot_start *start, const int *fds, size_t fds_count)
{
    if (profile_of(start->profile) == NULL || start->has_program > 1 ||
        start->fds_count > SANDBOX_FDS_MAX || start->files_in_count > SANDBOX_FILES_MAX ||
        start->files_out_count > SANDBOX_FILES_MAX || start->words_count > SANDBOX_ARGS_MAX ||
        start->words_count == 0 || start->threads == 0)
        return err_make(ERR_INPUT, "a count of the request is out of range");
    if (start->fds_count + start->has_program + start->files_in_count != fds_count)
        return err_make(ERR_INPUT, "%zu descriptors came, the request names %u", fds_count,
                        start->fds_count + start->has_program + start->files_in_count);
    for (size_t i = 0; i < fds_count; i++) {
        if (fds[i] != (int)i)
            return err_make(ERR_INTERNAL, "descriptor %zu of the request came as %d", i, fds[i]);
    }
    for (size_t i = 0; i < COUNT(start->names); i++) {
        const char *name = start->names[i];
        if (memchr(name, '\0', SLOT_NAME_MAX) == NULL || strchr(name, '/') != NULL)
            return err_make(ERR_INPUT, "file name %zu of the request", i);
    }
    return err_none();
}

static struct err plan_words(struct slot *slot)
{
    const char *at = slot->start.words;
    const char *end = at + sizeof slot->start.words;
    for (unsigned i = 0; i < slot->start.words_count; i++) {
        const char *stop = memchr(at, '\0', (size_t)(end - at));
        if (stop == NULL)
            return err_make(ERR_INPUT, "argv is longer than its field");
        slot->run.plan.argv[i] = at;
        at = stop + 1;
    }
    slot->run.plan.argv[slot->start.words_count] = NULL;
    return err_none();
}

static struct err plan_filter(struct slot *slot)
{
    if (step_fails(slot, STEP_FILTER))
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_FILTER));
    slot->run.plan.filter = policy_filter(slot->start.profile, slot->listen);
    return err_none();
}

static struct err plan_view(struct slot *slot)
{
    const struct profile *profile = profile_of(slot->start.profile);
    if (slot->view != profile->view)
        return err_make(ERR_INTERNAL, "this slot has no view for %s", profile->word);
    return err_none();
}

static struct err plan_work(struct slot *slot, const int *files_in)
{
    int fd = -1;
    if (step_fails(slot, STEP_WORK))
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_WORK));
    struct err err = jail_work_mount(&slot->jail, slot->start.work_bytes, &fd);
    if (!err_is(err))
        err = slot_raise(fd, &slot->work_fd);
    for (unsigned i = 0; i < slot->start.files_in_count && !err_is(err); i++)
        err = file_in(slot->work_fd, slot->start.names[i], files_in[i]);
    if (err_is(err))
        return err;

    if (step_fails(slot, STEP_LANDLOCK_RULES))
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_LANDLOCK_RULES));
    err = landlock_compile(slot->jail.view_fd, slot->work_fd, &fd);
    if (!err_is(err))
        err = slot_raise(fd, &slot->run_landlock_fd);
    slot->run.plan.landlock_fd = slot->run_landlock_fd;
    return err;
}

static struct err file_in(int work_fd, const char *name, int from)
{
    struct stat info;
    auto_close int to =
        openat(work_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0 || fstat(from, &info) < 0)
        return err_make(ERR_SYSTEM, "place '%s' in /work", name);
    off_t at = 0;
    while (at < info.st_size) {
        ssize_t sent = sendfile(to, from, &at, (size_t)(info.st_size - at));
        if (sent < 0)
            return err_make(errno == ENOSPC ? ERR_LIMIT : ERR_SYSTEM, "fill '%s' in /work", name);
        if (sent == 0)
            break; /* it shrank meanwhile: what is there is what it gets */
    }
    return err_none();
}

/* Puts the program at its one number. */
static struct err plan_program(struct slot *slot)
{
    const struct slot_start *start = &slot->start;
    if (step_fails(slot, STEP_PROGRAM))
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_PROGRAM));
    if (start->has_program != 0) {
        if (dup3((int)start->fds_count, POLICY_PROGRAM_FD, O_CLOEXEC) < 0)
            return err_make(ERR_SYSTEM, "%s", step_words(STEP_PROGRAM));
        return plan_landlock(slot);
    }
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    auto_close int fd =
        (int)syscall(SYS_openat2, slot->jail.view_fd, start->words, &how, sizeof how);
    if (fd < 0)
        return err_make(errno == ENOENT ? ERR_INPUT : ERR_SYSTEM, "no '%.80s' in the compile view",
                        start->words);
    if (dup3(fd, POLICY_PROGRAM_FD, O_CLOEXEC) < 0)
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_PROGRAM));
    return plan_landlock(slot);
}

/* A program on a disk needs a rule of its own, or Landlock refuses its exec; the devices of a view
 * are named in rules, too. Compilers have theirs already, made with /work. */
static struct err plan_landlock(struct slot *slot)
{
    struct stat info;
    int fd = -1;
    if (fstat(POLICY_PROGRAM_FD, &info) < 0)
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_LANDLOCK_RULES));
    enum slot_view view = profile_of(slot->start.profile)->view;
    int program_fd = info.st_dev == slot->memfd_device ? -1 : POLICY_PROGRAM_FD;
    if (slot->landlock_fd < 0 || view == SLOT_VIEW_TOOLCHAIN ||
        (view == SLOT_VIEW_NONE && program_fd < 0))
        return err_none();
    struct err err = view == SLOT_VIEW_GPU ? landlock_gpu(slot->jail.view_fd, program_fd, &fd)
                                           : landlock_program(program_fd, &fd);
    if (!err_is(err))
        err = slot_raise(fd, &slot->run_landlock_fd);
    slot->run.plan.landlock_fd = slot->run_landlock_fd;
    return err;
}

/* Hard limits equal soft ones but for CPU time, where the soft one tells SIGXCPU from a kill. The
 * slot looks at the exact CPU time; this is behind it. What the slot has already is inherited. */
static void plan_rlimits(struct slot *slot)
{
    const struct slot_start *start = &slot->start;
    struct run_plan *plan = &slot->run.plan;
    rlim_t cpu_seconds = (start->cpu_ms + 999) / 1000 + 1;
    rlim_t descriptors = profile_of(start->profile)->descriptors;
    const struct run_rlimit rows[] = {
        {RLIMIT_CPU, {cpu_seconds, cpu_seconds + 1}},
        {RLIMIT_STACK, {start->stack_bytes, start->stack_bytes}},
        {RLIMIT_FSIZE, {start->output_bytes, start->output_bytes}},
        {RLIMIT_DATA, {start->data_bytes, start->data_bytes}},
        {RLIMIT_AS, {start->address_space_bytes, start->address_space_bytes}},
        /* Counted in our own user namespace: the slot and init are in it too. */
        {RLIMIT_NPROC, {start->threads + 2, start->threads + 2}},
        {RLIMIT_NOFILE, {descriptors, descriptors}},
    };
    _Static_assert(COUNT(rows) <= RUN_RLIMITS_MAX, "rows fit the plan");
    plan->rlimits_count = 0;
    for (unsigned i = 0; i < COUNT(rows); i++) {
        struct run_rlimit row = rows[i];
        const struct rlimit *have = &slot->rlimits[row.resource];
        /* Never above what we have ourselves: raising a hard limit is root's. */
        if (row.limit.rlim_max > have->rlim_max)
            row.limit.rlim_max = have->rlim_max;
        if (row.limit.rlim_cur > row.limit.rlim_max)
            row.limit.rlim_cur = row.limit.rlim_max;
        if (row.limit.rlim_cur != have->rlim_cur || row.limit.rlim_max != have->rlim_max)
            plan->rlimits[plan->rlimits_count++] = row;
    }
}

/* 0 .. fds_count-1 are in place; they alone survive the exec. */
static struct err plan_fds(const struct slot_start *start)
{
    for (int fd = 0; fd < (int)start->fds_count; fd++) {
        if (fcntl(fd, F_SETFD, 0) < 0)
            return err_make(ERR_SYSTEM, "hand descriptor %d on", fd);
    }
    return err_none();
}
