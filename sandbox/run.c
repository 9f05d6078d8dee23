/* init, and the program up to its exec. Everything below run_clone_init runs outside libc: raw
 * calls only, no errno, no allocation. Order matters there; each step names itself in step.h. */
#include "sandbox/run.h"

#include "sandbox/policy.h"
#include "sandbox/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)64 * 1024)

static void init_enter(void *argument);
static bool init_tie(struct run *run);
static long program_clone(struct run *run, int *out_pidfd);
static bool step_went(struct run *run, enum slot_step step, long result);
static void program_enter(void *argument);
static bool program_number(struct run *run);
static bool program_confine(struct run *run);
static bool program_filter(struct run *run);
static void program_prefer_oom(const struct run_plan *plan);
static void init_release(const struct run *run);
static void init_listen(const struct run *run);
static void init_tell(const struct run *run, int program_fd);
static void init_reap(struct run *run);

struct err run_init(struct run *run)
{
    run->stacks = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (run->stacks == MAP_FAILED)
        return err_make(ERR_SYSTEM, "stacks for init");
    return err_none();
}

struct err run_clone_init(struct run *run)
{
    int pidfd = -1;
    struct clone_args how = {
        .flags = CLONE_VM | CLONE_FILES | CLONE_NEWPID | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)run->stacks,
        .stack_size = STACK_BYTES,
    };
    if (run->plan.fail_step == STEP_CLONE_INIT) {
        errno = EIO;
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_CLONE_INIT));
    }
    long pid = raw_clone(&how, init_enter, run);
    if (pid < 0) {
        errno = (int)-pid;
        return err_make(ERR_SYSTEM, "%s", step_words(STEP_CLONE_INIT));
    }
    run->state.init_fd = pidfd;
    run->state.init_pid = (int)pid;
    return err_none();
}

OUTSIDE_LIBC static void init_enter(void *argument)
{
    struct run *run = argument;
    int program_fd = -1;

    if (init_tie(run) && step_went(run, STEP_CLONE_PROGRAM, program_clone(run, &program_fd)) &&
        run->state.failed_step == STEP_NONE) {
        init_release(run);
        init_listen(run);
        init_tell(run, program_fd);
        (void)raw(SYS_close, program_fd);
        init_reap(run);
    }
    for (;;)
        (void)raw(SYS_exit_group, 0);
}

/* Dies with the slot, also when that died before we could ask for it. */
OUTSIDE_LIBC static bool init_tie(struct run *run)
{
    if (!step_went(run, STEP_INIT, raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL)))
        return false;
    struct pollfd slot = {.fd = run->plan.slot_fd, .events = POLLIN};
    return raw(SYS_poll, &slot, 1, 0) == 0;
}

/* Into the run's group, alone: a freeze is confirmed when all of a group stand still, and init may
 * have to wait for its processor. */
OUTSIDE_LIBC static long program_clone(struct run *run, int *out_pidfd)
{
    struct clone_args how = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)out_pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)(run->stacks + STACK_BYTES),
        .stack_size = STACK_BYTES,
    };
    if (run->plan.group_fd >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = (unsigned)run->plan.group_fd;
    }
    return raw_clone(&how, program_enter, run);
}

OUTSIDE_LIBC static void program_enter(void *argument)
{
    static const char *const nothing[] = {NULL}; /* the empty environment */
    struct run *run = argument;

    if (program_number(run) && program_confine(run) && program_filter(run)) {
        long result =
            run->plan.fail_step == STEP_EXEC
                ? -EIO
                : raw(SYS_execveat, POLICY_PROGRAM_FD, "", run->plan.argv, nothing, AT_EMPTY_PATH);
        (void)step_went(run, STEP_EXEC, result);
    }
    for (;;)
        (void)raw(SYS_exit_group, 0);
}

/* Our number as the library's procfs counts it: "self" is a link to it. */
OUTSIDE_LIBC static bool program_number(struct run *run)
{
    char text[16] = {0};
    int pid = 0;
    long size = run->plan.proc_fd < 0
                    ? -1
                    : raw(SYS_readlinkat, run->plan.proc_fd, "self", text, sizeof text);
    for (long i = 0; i < size; i++)
        pid = pid * 10 + (text[i] - '0');
    run->state.pid = pid;
    return true;
}

OUTSIDE_LIBC static bool program_confine(struct run *run)
{
    const struct run_plan *plan = &run->plan;

    program_prefer_oom(plan);
    if (plan->cpu >= 0) {
        unsigned long mask[1024 / (8 * sizeof(unsigned long))] = {0};
        unsigned cpu = (unsigned)plan->cpu;
        mask[cpu / (8 * sizeof mask[0])] = 1UL << (cpu % (8 * sizeof mask[0]));
        if (!step_went(run, STEP_CPU, raw(SYS_sched_setaffinity, 0, sizeof mask, mask)))
            return false;
    }
    if (!step_went(run, STEP_CHROOT, raw(SYS_fchdir, plan->root_fd)) ||
        !step_went(run, STEP_CHROOT, raw(SYS_chroot, ".")) ||
        (plan->directory != NULL && !step_went(run, STEP_CHROOT, raw(SYS_chdir, plan->directory))))
        return false;
    for (unsigned i = 0; i < plan->rlimits_count; i++) {
        const struct run_rlimit *row = &plan->rlimits[i];
        if (!step_went(run, STEP_RLIMIT, raw(SYS_prlimit64, 0, row->resource, &row->limit, 0)))
            return false;
    }
    if (plan->fixed_addresses &&
        !step_went(run, STEP_PERSONALITY, raw(SYS_personality, ADDR_NO_RANDOMIZE)))
        return false;

    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    return step_went(run, STEP_CAPABILITIES, raw(SYS_capset, &header, none)) &&
           step_went(run, STEP_LANDLOCK,
                     plan->landlock_fd < 0 ? 0
                                           : raw(SYS_landlock_restrict_self, plan->landlock_fd, 0));
}

/* The slot may live in the same memory group: the program shall be the one to go. Best effort: a
 * host without a reachable procfs picks by size, which is the program too. */
OUTSIDE_LIBC static void program_prefer_oom(const struct run_plan *plan)
{
    if (plan->proc_fd < 0)
        return;
    long fd = raw(SYS_openat, plan->proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)raw(SYS_write, fd, "1000", 4); /* close-on-exec; the slot closes it after the run */
}

/* The last step but one: from here on only the table's calls work. */
OUTSIDE_LIBC static bool program_filter(struct run *run)
{
    unsigned flags = run->plan.listen ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    long result = run->plan.fail_step == STEP_SECCOMP
                      ? -EIO
                      : raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &run->plan.filter);
    run->state.listener_fd = run->plan.listen && result >= 0 ? (int)result : -1;
    return step_went(run, STEP_SECCOMP, result);
}

/* Slot and init sit on the library's processor, see launch.c; the program may go where it likes. */
OUTSIDE_LIBC static void init_release(const struct run *run)
{
    if (run->plan.cpu < 0)
        (void)raw(SYS_sched_setaffinity, POLICY_PROGRAM_PID, sizeof run->plan.cpus,
                  &run->plan.cpus);
}

/* Hands the listener to the slot's loop; calls made meanwhile wait in it. */
OUTSIDE_LIBC static void init_listen(const struct run *run)
{
    int listener = run->state.listener_fd;
    if (listener < 0)
        return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    (void)raw(SYS_epoll_ctl, run->plan.epoll_fd, EPOLL_CTL_ADD, listener, &event);
}

/* Tells the library by itself that the program is on its way: the slot need not wake for it. */
OUTSIDE_LIBC static void init_tell(const struct run *run, int program_fd)
{
    struct slot_started started = {
        .head = {.version = SLOT_VERSION,
                 .size = sizeof started,
                 .kind = SLOT_STARTED,
                 .serial = run->plan.serial},
        .pid = run->state.pid,
    };
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec piece = {.iov_base = &started, .iov_len = sizeof started};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    *(int *)(void *)CMSG_DATA(&control.header) = program_fd;
    /* A library that is gone shows at the slot's end of the socket. */
    (void)raw(SYS_sendmsg, run->plan.socket, &message, MSG_NOSIGNAL);
}

/* Waits for the program; what else there is dies with us. */
OUTSIDE_LIBC static void init_reap(struct run *run)
{
    int status = 0;
    struct rusage usage;
    long pid;
    do
        pid = raw(SYS_wait4, -1, &status, __WALL, &usage);
    while (pid == -EINTR || (pid > 0 && pid != POLICY_PROGRAM_PID));
    if (pid != POLICY_PROGRAM_PID)
        return;

    struct timespec now = {0};
    (void)raw(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    run->state.end_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    run->state.status = status;
    run->state.usage = usage;
    run->state.reaped = true;
}

/* Notes the first failure; a step that a test wants to fail has failed. */
OUTSIDE_LIBC static bool step_went(struct run *run, enum slot_step step, long result)
{
    if (run->plan.fail_step == step && result >= 0)
        result = -EIO;
    if (result >= 0)
        return true;
    if (run->state.failed_step == STEP_NONE) {
        run->state.failed_errno = (int)-result;
        run->state.failed_step = step;
    }
    return false;
}
