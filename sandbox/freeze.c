/* Watching and stopping the program that runs: its clock, freeze and thaw. The slot is not asked:
 * everything goes by handles that the library holds. */
#include "sandbox/base/clock.h"
#include "sandbox/base/fdio.h"
#include "sandbox/kernel.h"
#include "sandbox/launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CONFIRM_MAX_NS 2000000000 /* as in group.c: longer is a fault of the host */

static struct err hold(struct sandbox *slot, bool frozen, bool gives_way);
static struct err hold_by_signal(struct sandbox *slot, bool frozen, bool gives_way);
static struct err threads_hold(int pid, bool frozen, bool *out_all);
static bool thread_holds(int tasks_fd, const char *tid, bool *out_holds);
static bool has_ended(const struct sandbox *slot);

struct err sandbox_cpu_us(struct sandbox *slot, uint64_t *out_cpu_us)
{
    clockid_t clock;
    struct timespec used;
    if (!slot->running)
        return err_make(ERR_INTERNAL, "this slot runs nothing");
    if (slot->ended_early) {
        *out_cpu_us = slot->ended.cpu_us;
        return err_none();
    }
    int status = slot->run_pid > 0 ? clock_getcpuclockid(slot->run_pid, &clock) : ESRCH;
    if (status == 0 && clock_gettime(clock, &used) < 0)
        status = errno;
    if (status == 0 && has_ended(slot))
        status = ESRCH; /* what was read may be another process's, of the same number */
    if (status != 0) {
        errno = status;
        return err_make(ERR_SYSTEM, "CPU clock of the program");
    }
    *out_cpu_us = (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
    return err_none();
}

uint64_t sandbox_delay_ns(const struct sandbox *slot)
{
    unsigned long long ran = 0, waited = 0;
    char path[64], text[96];
    (void)snprintf(path, sizeof path, "/proc/%d/schedstat", slot->run_pid);
    auto_close int fd = slot->running ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return 0;
    text[got] = '\0';
    return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0; // NOLINT(cert-err34-c)
}

bool sandbox_hurry(struct sandbox *slot)
{
    /* Without its number (no procfs) 0 would be ourselves. */
    return slot->running && !slot->ended_early && slot->run_pid > 0 && !has_ended(slot) &&
           kernel_go_first(slot->run_pid, KERNEL_PROGRAM) == 0;
}

bool sandbox_is_over(const struct sandbox *slot)
{
    struct pollfd program = {.fd = slot->run_fd, .events = POLLIN};
    return !slot->running || slot->ended_early || poll(&program, 1, 0) == 1;
}

struct err sandbox_freeze(struct sandbox *slot)
{
    return hold(slot, true, false);
}

struct err sandbox_freeze_beside(struct sandbox *slot)
{
    return hold(slot, true, true);
}

struct err sandbox_thaw(struct sandbox *slot)
{
    return hold(slot, false, false);
}

static struct err hold(struct sandbox *slot, bool frozen, bool gives_way)
{
    if (!slot->running)
        return err_make(ERR_INTERNAL, "this slot runs nothing");
    if (slot->ended_early)
        return err_none(); /* it is over: as still as can be */
    if (slot->group.freeze_fd >= 0)
        return group_freeze(&slot->group, frozen, gives_way);
    return hold_by_signal(slot, frozen, gives_way);
}

static struct err hold_by_signal(struct sandbox *slot, bool frozen, bool gives_way)
{
    int number = frozen ? SIGSTOP : SIGCONT;
    if (syscall(SYS_pidfd_send_signal, slot->run_fd, number, NULL, 0) < 0)
        return errno == ESRCH ? err_none() /* it has ended, and sandbox_wait will say so */
                              : err_make(ERR_SYSTEM, "send SIG%s", frozen ? "STOP" : "CONT");
    slot->stopped = frozen;
    if (!frozen)
        return err_none(); /* a thread is runnable once SIGCONT is sent */
    if (slot->run_pid <= 0)
        return err_make(ERR_INTERNAL, "the program's number is not known: no procfs?");

    int64_t until = clock_ns() + CONFIRM_MAX_NS;
    bool all = false;
    while (!all) {
        if (gives_way)
            (void)sched_yield();
        struct err err = threads_hold(slot->run_pid, frozen, &all);
        if (err_is(err))
            return err;
        if (!all && has_ended(slot))
            return err_none(); /* the number may be another process's by now */
        if (!all && clock_ns() > until) {
            errno = ETIMEDOUT;
            return err_make(ERR_SYSTEM, "SIGSTOP was not confirmed");
        }
    }
    return err_none();
}

/* Every thread's state: T is stopped; Z and X run no more. */
static struct err threads_hold(int pid, bool frozen, bool *out_all)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    *out_all = true;
    if (tasks == NULL)
        return errno == ENOENT ? err_none() : err_make(ERR_SYSTEM, "open '%s'", path);
    for (const struct dirent *entry; *out_all && (entry = readdir(tasks)) != NULL;) {
        bool holds = false;
        if (entry->d_name[0] != '.' && thread_holds(dirfd(tasks), entry->d_name, &holds))
            *out_all = holds == frozen;
    }
    (void)closedir(tasks); /* was only read */
    return err_none();
}

/* False if the thread is gone. */
static bool thread_holds(int tasks_fd, const char *tid, bool *out_holds)
{
    char path[64], text[256];
    (void)snprintf(path, sizeof path, "%.16s/stat", tid);
    auto_close int fd = openat(tasks_fd, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (got <= 0)
        return false;
    text[got] = '\0';
    const char *state = strrchr(text, ')'); /* the name before it may hold anything */
    *out_holds = state != NULL && strchr("TtZX", state[2]) != NULL;
    return true;
}

/* As long as this is false, the program's number is its own. */
static bool has_ended(const struct sandbox *slot)
{
    bool ended = false;
    struct err err = fdio_wait(slot->run_fd, 0, &ended);
    return !err_is(err) && ended;
}
