/* The groups of a slot while runs go on: everything is a read or write of a descriptor that is kept
 * open; nothing is created, moved or removed. */
#include "sandbox/group.h"

#include "sandbox/base/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIRM_MAX_NS 2000000000 /* a freeze that takes this long is a fault of the host */
/* The kernel charges a run's namespace, tasks, page tables and its own batches to the group too.
 * With less, an overrun could strike before the exec, where init and slot share their memory. */
#define OVERHEAD_BYTES (1 << 20)
#define OWN_SLACK_BYTES (256 << 10) /* the kernel charges in batches: less than this is noise */
#define OOM_KEY "oom_kill "         /* the same in both versions */

static bool read_number(int fd, const char *key, uint64_t *out_value);
static struct err write_number(int fd, uint64_t value, const char *what);

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
        struct err err = group_freeze(group, false, false);
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
    if (!read_number(group->oom_fd, OOM_KEY, &group->oom_before))
        return err_make(ERR_SYSTEM, "read the OOM counter");
    return err_none();
}

void group_facts(struct group *group, struct group_facts *out_facts)
{
    *out_facts = (struct group_facts){.limit_bytes = group->limit_bytes};
    if (group->backend == SANDBOX_RLIMITS)
        return;
    uint64_t count = group->oom_before, peak = 0;
    (void)read_number(group->oom_fd, OOM_KEY, &count);
    out_facts->oom_count = count - group->oom_before;
    out_facts->oom = count > group->oom_before;
    if (group->peak_fd >= 0 && read_number(group->peak_fd, "", &peak) &&
        peak > group->peak_before && peak > group->own_bytes)
        out_facts->peak_bytes = peak - group->own_bytes;
}

struct err group_freeze(struct group *group, bool frozen, bool gives_way)
{
    const char *word = frozen ? "1" : "0";
    if (pwrite(group->freeze_fd, word, 1, 0) < 0)
        return err_make(ERR_SYSTEM, "write cgroup.freeze");
    group->frozen = frozen;
    /* Re-read, never poll: the notification takes 15 ms, the state 20 us. */
    int64_t until = clock_ns() + CONFIRM_MAX_NS;
    uint64_t state = frozen ? 0 : 1;
    do {
        if (gives_way)
            (void)sched_yield();
        if (!read_number(group->events_fd, "frozen ", &state))
            return err_make(ERR_SYSTEM, "read cgroup.events");
    } while (state != (frozen ? 1U : 0U) && clock_ns() < until);
    if (state == (frozen ? 1U : 0U))
        return err_none();
    errno = ETIMEDOUT;
    return err_make(ERR_SYSTEM, "%s was not confirmed", frozen ? "freeze" : "thaw");
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
