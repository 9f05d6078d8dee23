/* Starting and ending the slot process. */
#include "sandbox/launch.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/launch_net.h"
#include "sandbox/raw.h"
#include "sandbox/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 10000 /* set-up takes about 2 ms; a host this slow cannot grade */
#define BIRTH_STACK_BYTES 8192
#define END_MS 2000 /* a slot that has not gone by then is killed */
/* Above what distributions, systemd and container tools hand out, below the sign bit. */
#define ID_BASE 2130000000U

/* The slot's process before its exec: it shares our memory and touches nothing else of it. */
struct birth {
    const char *program;
    const char *const *arguments;
    int socket;
    int failed_errno; /* of the exec */
};

static struct err spawn_slot(struct sandbox *slot);
static struct err clone_slot(struct sandbox *slot, struct birth *birth);
static void birth_enter(void *argument);
static struct err send_setup(struct sandbox *slot, int net_fd);
static struct err await_ready(struct sandbox *slot);

struct err launch_slot(struct sandbox *slot)
{
    struct launch_net net;
    launch_net_start(&net);
    struct err err = spawn_slot(slot);
    if (!err_is(err))
        err = group_join(&slot->group);
    auto_close int net_fd = launch_net_end(&net);
    if (!err_is(err))
        err = send_setup(slot, net_fd);
    if (!err_is(err))
        err = group_complete(&slot->group);
    if (!err_is(err))
        err = await_ready(slot);
    if (err_is(err)) {
        launch_end(slot);
        return err;
    }
    group_settle(&slot->group);
    slot->cpu = -1;
    slot->doubt = false;
    return err_none();
}

void launch_gather(struct sandbox *slot)
{
    cpu_set_t here;
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu == slot->cpu)
        return;
    CPU_ZERO(&here);
    CPU_SET((unsigned)cpu, &here);
    if (sched_setaffinity(slot->pid, sizeof here, &here) == 0)
        slot->cpu = cpu; /* else it stays where it is, which is only slower */
}

void launch_end(struct sandbox *slot)
{
    if (slot->socket >= 0) {
        (void)close(slot->socket); /* the slot sees it, kills what runs, and exits */
        slot->socket = -1;
    }
    if (slot->pid > 0) {
        bool gone = false;
        if (slot->stopped && slot->run_fd >= 0)
            (void)syscall(SYS_pidfd_send_signal, slot->run_fd, SIGCONT, NULL, 0); /* may be dead */
        if (slot->pidfd < 0 || err_is(fdio_wait(slot->pidfd, END_MS, &gone)) || !gone)
            (void)kill(slot->pid, SIGKILL); /* it is still ours to wait for: no other has its pid */
        while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        /* Killed hard, its run dies a moment after it. */
        if (slot->run_fd >= 0)
            (void)fdio_wait(slot->run_fd, END_MS, &gone);
        slot->pid = -1;
    }
    int *const fds[] = {&slot->pidfd, &slot->run_fd};
    for (size_t i = 0; i < COUNT(fds); i++) {
        if (*fds[i] >= 0)
            (void)close(*fds[i]); /* was only a handle */
        *fds[i] = -1;
    }
    slot->running = false;
    slot->stopped = false;
    slot->view = SLOT_VIEW_NONE;
}

uint32_t launch_id(int tag)
{
    if (geteuid() != 0)
        return SLOT_SAME_ID;
    /* In a container only some ids exist: then we stay who we are. */
    char text[256];
    auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    char *rest = text;
    unsigned long count = 0;
    for (int i = 0; i < 3; i++) /* first inside, first outside, how many */
        count = strtoul(rest, &rest, 10);
    if (count != UINT32_MAX)
        return SLOT_SAME_ID;
    return ID_BASE + ((uint32_t)getpid() * 64 + (uint32_t)tag % 64) % 10000000;
}

static struct err spawn_slot(struct sandbox *slot)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return err_make(ERR_SYSTEM, "socket pair for the slot");
    slot->socket = ends[0];
    auto_close int theirs = ends[1];

    const char *const arguments[] = {slot->program, "slot", slot->name, NULL};
    struct birth birth = {.program = slot->program, .arguments = arguments, .socket = theirs};
    struct err err = clone_slot(slot, &birth);
    if (!err_is(err) && birth.failed_errno != 0) {
        errno = birth.failed_errno;
        err = err_make(ERR_SYSTEM, "start the slot '%.100s'", slot->program);
    }
    return err;
}

/* As posix_spawn, but into a control group. No signal may find the child before its exec: a handler
 * would run in our memory. The slot itself sets all of them back. */
static struct err clone_slot(struct sandbox *slot, struct birth *birth)
{
    char stack[BIRTH_STACK_BYTES] __attribute__((aligned(16)));
    sigset_t all, before;
    struct clone_args how = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&slot->pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    if (slot->group.tree_fd >= 0) {
        how.flags |= CLONE_INTO_CGROUP;
        how.cgroup = (unsigned)slot->group.tree_fd;
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = raw_clone(&how, birth_enter, birth);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        errno = (int)-pid;
        return err_make(ERR_SYSTEM, "clone the slot");
    }
    slot->pid = (pid_t)pid;
    return err_none();
}

OUTSIDE_LIBC static void birth_enter(void *argument)
{
    static const char *const nothing[] = {NULL}; /* the empty environment */
    struct birth *birth = argument;

    long result = birth->socket == SLOT_SOCKET_FD ? raw(SYS_fcntl, SLOT_SOCKET_FD, F_SETFD, 0)
                                                  : raw(SYS_dup3, birth->socket, SLOT_SOCKET_FD, 0);
    if (result >= 0)
        result = raw(SYS_execve, birth->program, birth->arguments, nothing);
    birth->failed_errno = (int)-result;
    for (;;)
        (void)raw(SYS_exit_group, 127);
}

static struct err send_setup(struct sandbox *slot, int net_fd)
{
    struct slot_setup setup = {
        .head = {.version = SLOT_VERSION, .size = sizeof setup, .kind = SLOT_SETUP},
        .id = slot->id,
        .view = slot->view,
        .fail_step = slot->fail_step,
        .has_run_group = slot->group.run_fd >= 0,
        .has_network = net_fd >= 0,
    };
    if (slot->view == SLOT_VIEW_GPU)
        setup.gpu = slot->gpu;
    const int all[] = {slot->group.run_fd, net_fd, slot->group.join_fds[0],
                       slot->group.join_fds[1]};
    int fds[COUNT(all)];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(all); i++) {
        if (all[i] >= 0)
            fds[count++] = all[i];
    }
    return fdio_send(slot->socket, &setup, sizeof setup, fds, count);
}

static struct err await_ready(struct sandbox *slot)
{
    bool ready = false;
    struct err err = fdio_wait(slot->socket, READY_MS, &ready);
    if (!err_is(err) && !ready) {
        errno = ETIMEDOUT;
        err = err_make(ERR_SYSTEM, "the slot is not ready after %d ms", READY_MS);
    }
    if (err_is(err))
        return err;

    union {
        struct slot_head head;
        struct slot_failed failed;
    } reply;
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;
    err = fdio_receive(slot->socket, &reply, sizeof reply, &size, fds, &fds_count);
    if (err_is(err))
        return err;
    if (size >= sizeof reply.head && reply.head.kind == SLOT_READY)
        return err_none();
    if (size == sizeof reply.failed && reply.head.kind == SLOT_FAILED) {
        struct err told = {.code = (enum err_code)reply.failed.code,
                           .sys_errno = reply.failed.sys_errno};
        (void)text_copy(told.text, sizeof told.text, reply.failed.text); /* same size */
        return told;
    }
    return err_make(ERR_INTERNAL, "'%.100s' ended without a word", slot->program);
}
