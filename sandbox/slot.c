/* The resident slot: sets its house up once, then one run after the other. It reads requests from
 * the library and nothing from a program; a program's only ways to be noticed are to end, to use
 * CPU time, and to make a call outside the table, which the kernel reports here.
 *
 * Descriptors: 0 .. RESERVED-1 belong to the run. A packet's descriptors arrive at the lowest free
 * numbers, which are then the right ones without copying; everything of our own lies above. */
#include "sandbox/slot.h"

#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/jail.h"
#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/policy.h"
#include "sandbox/run.h"
#include "sandbox/slot_plan.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIGNALS_WITH_A_MEANING                                                                     \
    32              /* above are the real-time ones: nobody but the program sends them */
#define RESERVED 32 /* > POLICY_PROGRAM_FD and > all descriptors of one packet */

static struct err slot_take_over(struct slot *slot);
static struct err slot_setup(struct slot *slot);
static struct err slot_join(const struct slot *slot, const int *fds, size_t fds_count);
static struct err slot_resources(struct slot *slot);
static void slot_say(const struct slot *slot, enum slot_kind kind);
static void slot_say_failed(const struct slot *slot, struct err err);
static int64_t slot_patience_ms(struct slot *slot);
static bool slot_turn(struct slot *slot, int64_t patience_ms);
static bool on_packet(struct slot *slot);
static void on_start(struct slot *slot, const struct slot_start *start, const int *fds,
                     size_t fds_count);
static void on_call(struct slot *slot);
static void slot_stop(struct slot *slot, enum slot_stop why);
static void slot_finish(struct slot *slot);
static void slot_tell_end(struct slot *slot, const struct rusage *usage);
static uint64_t resident_peak(const struct slot *slot, long maxrss_kib);

int slot_main(void)
{
    struct slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return 1;
    struct err err = slot_take_over(slot);
    if (!err_is(err))
        err = slot_setup(slot);
    if (err_is(err)) {
        slot_say_failed(slot, err);
        free(slot);
        return 1;
    }
    slot_say(slot, SLOT_READY);

    while (slot_turn(slot, slot_patience_ms(slot)))
        continue;
    slot_stop(slot, SLOT_STOP_ASKED);
    slot_finish(slot);
    free(slot);
    return 0;
}

/* Our socket up, everything that we inherited besides away, signals as in the beginning. */
static struct err slot_take_over(struct slot *slot)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    /* An exec forgets handlers, but not what our parent ignored. Two refuse, rightly. */
    for (int number = 1; number < SIGNALS_WITH_A_MEANING; number++)
        (void)signal(number, SIG_DFL);
    (void)setsid(); /* a terminal's Ctrl-C is the library's business */

    slot->socket = fcntl(SLOT_SOCKET_FD, F_DUPFD_CLOEXEC, RESERVED);
    if (slot->socket < 0)
        return err_make(ERR_SYSTEM, "the slot's socket");
    (void)kernel_close_range(0, (unsigned)slot->socket - 1);
    (void)kernel_close_range((unsigned)slot->socket + 1, ~0U);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return err_make(ERR_SYSTEM, "tie the slot to its parent");
    return err_none();
}

static struct err slot_setup(struct slot *slot)
{
    struct slot_setup setup;
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;
    struct err err = fdio_receive(slot->socket, &setup, sizeof setup, &size, fds, &fds_count);
    if (err_is(err))
        return err;
    if (size != sizeof setup || setup.head.version != SLOT_VERSION ||
        setup.head.size != sizeof setup || setup.head.kind != SLOT_SETUP ||
        setup.has_run_group > 1 || setup.has_network > 1 || setup.view >= SLOT_VIEW_COUNT ||
        fds_count < setup.has_run_group + setup.has_network)
        return err_make(ERR_INPUT, "set-up packet of another version: is build/sandbox current?");

    slot->fail_step = setup.fail_step;
    slot->view = setup.view;
    slot->group_fd = -1;
    size_t next = 0;
    if (setup.has_run_group != 0)
        err = slot_raise(fds[next++], &slot->group_fd);
    auto_close int network_fd = setup.has_network != 0 ? fds[next++] : -1;
    if (!err_is(err))
        err = slot_join(slot, fds + next, fds_count - next);
    struct jail_options options = {.id = setup.id,
                                   .network_fd = network_fd,
                                   .view = setup.view,
                                   .gpu = &setup.gpu,
                                   .fail_step = slot->fail_step};
    if (!err_is(err))
        err = jail_enter(&options, &slot->jail);
    if (!err_is(err))
        err = slot_resources(slot);
    if (!err_is(err) && slot->fail_step == STEP_RESOURCES) {
        errno = EIO;
        err = err_make(ERR_SYSTEM, "%s", step_words(STEP_RESOURCES));
    }
    return err;
}

/* A process that moves itself, and is alone in doing so, waits for nobody. */
static struct err slot_join(const struct slot *slot, const int *fds, size_t fds_count)
{
    struct err err = err_none();
    for (size_t i = 0; i < fds_count; i++) {
        if (write(fds[i], "0", 1) < 0 && !err_is(err))
            err = err_make(ERR_SYSTEM, "%s", step_words(STEP_GROUPS));
        (void)close(fds[i]); /* a write there is done at once */
    }
    if (!err_is(err) && slot->fail_step == STEP_GROUPS) {
        errno = EIO;
        err = err_make(ERR_SYSTEM, "%s", step_words(STEP_GROUPS));
    }
    return err;
}

/* Everything at numbers of our own. */
static struct err slot_resources(struct slot *slot)
{
    struct {
        int *at;
        int fd;
    } rows[] = {
        {&slot->jail.void_fd, slot->jail.void_fd},
        {&slot->jail.view_fd, slot->jail.view_fd},
        {&slot->jail.proc_fd, slot->jail.proc_fd},
        {&slot->epoll_fd, epoll_create1(EPOLL_CLOEXEC)},
        {&slot->self_fd, (int)syscall(SYS_pidfd_open, getpid(), 0)},
        {&slot->landlock_fd, -1},
    };
    struct err err = landlock_nothing(&rows[5].fd);
    for (size_t i = 0; i < COUNT(rows) && !err_is(err); i++)
        err = slot_raise(rows[i].fd, rows[i].at);
    if (err_is(err))
        return err;
    if (slot->epoll_fd < 0 || slot->self_fd < 0)
        return err_make(ERR_SYSTEM, "descriptors of the slot");

    struct epoll_event event = {.events = EPOLLIN, .data.fd = slot->socket};
    if (epoll_ctl(slot->epoll_fd, EPOLL_CTL_ADD, slot->socket, &event) < 0)
        return err_make(ERR_SYSTEM, "watch the socket");
    slot->listen = true;
    auto_close int memfd = memfd_create("device", MFD_CLOEXEC);
    struct stat info;
    if (memfd < 0 || fstat(memfd, &info) < 0)
        return err_make(ERR_SYSTEM, "memfd");
    slot->memfd_device = info.st_dev;
    if (sched_getaffinity(0, sizeof slot->cpus, &slot->cpus) < 0)
        return err_make(ERR_SYSTEM, "processors of the slot");
    err = slot_plan_init(slot);
    return err_is(err) ? err : run_init(&slot->run);
}

static void slot_say(const struct slot *slot, enum slot_kind kind)
{
    struct slot_head head = {
        .version = SLOT_VERSION, .size = sizeof head, .kind = kind, .serial = slot->serial};
    /* A library that is gone shows at the next turn. */
    (void)fdio_send(slot->socket, &head, sizeof head, NULL, 0);
}

static void slot_say_failed(const struct slot *slot, struct err err)
{
    struct slot_failed failed = {
        .head = {.version = SLOT_VERSION,
                 .size = sizeof failed,
                 .kind = SLOT_FAILED,
                 .serial = slot->serial},
        .code = err.code,
        .sys_errno = err.sys_errno,
    };
    (void)text_copy(failed.text, sizeof failed.text, err.text);     /* cut is fine: for people */
    (void)fdio_send(slot->socket, &failed, sizeof failed, NULL, 0); /* as above */
}

/* How long nothing can be due; kills what is over its limit. CPU time passes at most `threads`
 * times as fast as the wall clock, so the next look is never too late and rarely needed. */
static int64_t slot_patience_ms(struct slot *slot)
{
    if (!slot->running || slot->stop != SLOT_STOP_NONE)
        return -1;
    int64_t wall_left_us = slot->wall_until_us - clock_us();
    if (wall_left_us <= 0) {
        slot_stop(slot, SLOT_STOP_WALL);
        return -1;
    }
    int64_t cpu_left_us = slot->cpu_limit_us - slot_cpu_us(slot);
    if (cpu_left_us <= 0) {
        slot_stop(slot, SLOT_STOP_CPU);
        return -1;
    }
    int64_t cpu_wait_us = cpu_left_us / slot->threads;
    return (wall_left_us < cpu_wait_us ? wall_left_us : cpu_wait_us) / 1000 + 1;
}

/* Waits for one thing and handles it. False when the library is gone. */
static bool slot_turn(struct slot *slot, int64_t patience_ms)
{
    struct epoll_event event;
    int timeout = patience_ms > INT32_MAX ? INT32_MAX : (int)patience_ms;
    int count = epoll_wait(slot->epoll_fd, &event, 1, timeout);
    if (count <= 0)
        return count == 0 || errno == EINTR;
    if (event.data.fd == slot->socket)
        return on_packet(slot);
    if (event.data.fd == slot->run.state.init_fd)
        slot_finish(slot);
    else if ((event.events & EPOLLIN) != 0)
        on_call(slot);
    else /* Nobody is left to call. Reading now would, before Linux 6.11, wait for ever. */
        (void)epoll_ctl(slot->epoll_fd, EPOLL_CTL_DEL, event.data.fd, NULL); /* it is ours */
    return true;
}

static bool on_packet(struct slot *slot)
{
    union {
        struct slot_head head;
        struct slot_start start;
    } packet;
    int fds[FDIO_PASSED_MAX];
    size_t size = 0, fds_count = 0;
    struct err err = fdio_receive(slot->socket, &packet, sizeof packet, &size, fds, &fds_count);
    if (err_is(err) && err.code != ERR_INPUT)
        return false;
    if (!err_is(err) && size == 0)
        return false; /* the library closed its end */
    if (err_is(err) || size < sizeof packet.head || packet.head.size != size ||
        packet.head.version != SLOT_VERSION)
        err = err_make(ERR_INPUT, "packet of another version or size");
    else if (packet.head.kind == SLOT_KILL && packet.head.serial == slot->serial)
        slot_stop(slot, SLOT_STOP_ASKED);
    else if (packet.head.kind == SLOT_START && size == sizeof packet.start && !slot->running)
        on_start(slot, &packet.start, fds, fds_count);
    else if (packet.head.kind != SLOT_KILL)
        err = err_make(ERR_INPUT, "packet of kind %u out of turn", packet.head.kind);

    if (!slot->running)
        (void)kernel_close_range(0, RESERVED - 1);
    if (err_is(err))
        slot_say_failed(slot, err);
    return true;
}

static void on_start(struct slot *slot, const struct slot_start *start, const int *fds,
                     size_t fds_count)
{
    slot->serial = start->head.serial;
    struct err err = slot_plan(slot, start, fds, fds_count);
    if (!err_is(err)) {
        slot->start_ns = clock_ns();
        slot->wall_until_us = slot->start_ns / 1000 + (int64_t)start->wall_ms * 1000;
        err = run_clone_init(&slot->run);
    }
    if (err_is(err)) {
        slot_plan_undo(slot);
        slot_say_failed(slot, err);
        return;
    }
    slot->running = true;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = slot->run.state.init_fd};
    if (epoll_ctl(slot->epoll_fd, EPOLL_CTL_ADD, slot->run.state.init_fd, &event) < 0)
        slot_stop(slot, SLOT_STOP_ASKED); /* cannot happen; the run must not go unwatched */
}

/* The kernel reports a call outside the table; its thread waits in it, and will not return. */
static void on_call(struct slot *slot)
{
    struct seccomp_notif call = {0};
    if (syscall(SYS_ioctl, slot->run.state.listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
        return; /* its thread died meanwhile, and the end is on its way */
    slot->call = call.data.nr;
    slot->call_argument = call.data.args[1];
    policy_call_name(call.data.arch, call.data.nr, slot->call_name, sizeof slot->call_name);
    slot_stop(slot, SLOT_STOP_CALL);
}

static void slot_stop(struct slot *slot, enum slot_stop why)
{
    if (!slot->running || slot->stop != SLOT_STOP_NONE)
        return;
    slot->stop = why;
    slot->cpu_at_stop_us = slot_cpu_us(slot);
    slot->stop_ns = clock_ns();
    /* Killing init kills the namespace; it may be gone already, which is as good. */
    (void)syscall(SYS_pidfd_send_signal, slot->run.state.init_fd, SIGKILL, NULL, 0);
}

/* init is dead, and with it, by the kernel's order, everything in its namespace. */
static void slot_finish(struct slot *slot)
{
    struct rusage usage;
    if (!slot->running)
        return;
    while (wait4(slot->run.state.init_pid, NULL, __WALL, &usage) < 0 && errno == EINTR)
        continue;
    slot->running = false;

    enum slot_step failed = slot->run.state.failed_step;
    if (failed == STEP_SECCOMP && slot->run.state.failed_errno == EBUSY && slot->listen)
        slot->listen = false; /* the host listens already: the filter shall kill by itself */
    if (failed != STEP_NONE) {
        errno = slot->run.state.failed_errno;
        slot_say_failed(
            slot, err_make(errno == ENOEXEC ? ERR_INPUT : ERR_SYSTEM, "%s", step_words(failed)));
        slot_plan_undo(slot);
    } else {
        slot_tell_end(slot, &usage);
    }
    (void)kernel_close_range(0, RESERVED - 1);
}

static void slot_tell_end(struct slot *slot, const struct rusage *usage)
{
    const volatile struct run_state *state = &slot->run.state;
    int64_t end_ns = state->reaped        ? state->end_ns
                     : slot->stop_ns != 0 ? slot->stop_ns
                                          : clock_ns();
    struct timeval user = state->reaped ? state->usage.ru_utime : usage->ru_utime;
    struct timeval system = state->reaped ? state->usage.ru_stime : usage->ru_stime;
    uint64_t used_us = (uint64_t)(user.tv_sec + system.tv_sec) * 1000000 +
                       (uint64_t)(user.tv_usec + system.tv_usec);
    struct slot_ended ended = {
        .head = {.version = SLOT_VERSION,
                 .size = sizeof ended,
                 .kind = SLOT_ENDED,
                 .serial = slot->serial},
        .stop = slot->stop,
        .reaped = state->reaped,
        .status = state->status,
        .syscall = slot->stop == SLOT_STOP_CALL ? slot->call : -1,
        .syscall_argument = slot->call_argument,
        .wall_us = (uint64_t)(end_ns - slot->start_ns) / 1000,
        .cpu_us =
            used_us > (uint64_t)slot->cpu_at_stop_us ? used_us : (uint64_t)slot->cpu_at_stop_us,
        .peak_resident_bytes =
            resident_peak(slot, state->reaped ? state->usage.ru_maxrss : usage->ru_maxrss),
    };
    int files[SANDBOX_FILES_MAX];
    size_t files_count = 0;

    (void)text_copy(ended.syscall_name, sizeof ended.syscall_name, slot->call_name);
    (void)kernel_close_range(0, RESERVED - 1); /* the run's: gone before its end is told */
    ended.files_mask = slot_files_out(slot, files, &files_count);
    slot_plan_undo(slot);
    (void)fdio_send(slot->socket, &ended, sizeof ended, files, files_count); /* as in slot_say */
}

/* A program starts as a clone in our memory, and the kernel counts that as its peak too: only what
 * goes beyond ours is its own. 0: cannot tell. */
static uint64_t resident_peak(const struct slot *slot, long maxrss_kib)
{
    return maxrss_kib <= slot->own_resident_kib ? 0 : (uint64_t)maxrss_kib * 1024;
}
