/* Starting and ending the slot process. */
#include "sandbox/launch.h"

#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MS 10000 /* set-up takes about 2 ms; a host this slow cannot grade */
#define END_MS 2000    /* a slot that has not gone by then is killed */
/* Above what distributions, systemd and container tools hand out, below the sign bit. */
#define ID_BASE 2130000000U

static struct err spawn_slot(struct sandbox *slot);
static struct err handshake(struct sandbox *slot);

struct err launch_slot(struct sandbox *slot)
{
    struct err err = spawn_slot(slot);
    if (!err_is(err))
        err = group_enter(&slot->group, slot->pid);
    if (!err_is(err))
        err = handshake(slot);
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
    slot->view = false;
}

uint32_t launch_id(int tag)
{
    if (geteuid() != 0)
        return SLOT_SAME_ID;
    /* In a container only some ids exist: then we stay who we are. */
    char text[256];
    unsigned inside = 0, outside = 0, count = 0;
    auto_close int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    if (sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 || count != UINT32_MAX)
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

    char word[] = "slot";
    char *arguments[] = {slot->program, word, slot->name, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions); /* never fails in glibc */
    int status = posix_spawn_file_actions_adddup2(&actions, theirs, SLOT_SOCKET_FD);
    if (status == 0)
        status = posix_spawn(&slot->pid, slot->program, &actions, NULL, arguments, environment);
    (void)posix_spawn_file_actions_destroy(&actions); /* never fails in glibc */
    if (status != 0) {
        slot->pid = -1;
        errno = status;
        return err_make(ERR_SYSTEM, "start the slot '%.100s'", slot->program);
    }
    slot->pidfd = (int)syscall(SYS_pidfd_open, slot->pid, 0);
    return slot->pidfd < 0 ? err_make(ERR_SYSTEM, "pidfd of the slot") : err_none();
}

static struct err handshake(struct sandbox *slot)
{
    struct slot_setup setup = {
        .head = {.version = SLOT_VERSION, .size = sizeof setup, .kind = SLOT_SETUP},
        .id = slot->id,
        .with_view = slot->view,
        .fail_step = slot->fail_step,
    };
    struct err err = fdio_send(slot->socket, &setup, sizeof setup, &slot->group.run_fd,
                               slot->group.run_fd >= 0 ? 1 : 0);
    bool ready = false;
    if (!err_is(err))
        err = fdio_wait(slot->socket, READY_MS, &ready);
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
