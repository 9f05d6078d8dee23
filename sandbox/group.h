/* The control groups of one slot, seen from the library.
 *
 *   v2      OWN/sandbox-PID-N         memory, pids; the slot lives here
 *           OWN/sandbox-PID-N/run     kill, freeze, CPU time; runs are born here
 *   v1      the first level in the memory and in the pids tree, both levels in the hybrid v2 tree
 *   rlimits nothing
 *
 * The slot is inside its own memory group, so that a run needs no move (dear on v1); its few pages
 * are subtracted. It never is moved from outside: on v2 it is born into its group, on v1 it joins
 * by itself, for which the kernel takes no lock over all processes (moving another process waits
 * for one, 8 ms and more on a busy host).
 *
 * Groups are made at open and removed at close; what a killed library left is removed by the next
 * group_complete of anybody who may.
 *
 * Life: 1. group_open  2. the slot is cloned into tree_fd  3. group_join, while it starts
 * 4. group_complete, while it joins by join_fds and sets itself up  5. group_settle  6. for each
 * run group_prepare, group_facts  7. group_close. */
#ifndef SANDBOX_GROUP_H
#define SANDBOX_GROUP_H

#include "sandbox/base/err.h"
#include "sandbox/group_find.h"
#include "sandbox/sandbox.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define GROUP_PATH_MAX 512

struct group {
    enum sandbox_backend backend;
    int tree_fd;     /* directory that the slot is born into, -1: no v2 tree at all */
    int run_fd;      /* directory that runs are born into, -1: the same */
    int join_fds[2]; /* what the slot writes "0" into to join memory and pids; -1: none. v1 */
    /* private */
    char name[64];
    uint32_t id;                     /* user of the slot */
    char memory_dir[GROUP_PATH_MAX]; /* "" where there is none; v2: all three are one */
    char pids_dir[GROUP_PATH_MAX];
    char tree_dir[GROUP_PATH_MAX];
    int freeze_fd, events_fd, kill_fd, cpu_fd;
    int limit_fd, peak_fd, usage_fd, oom_fd, pids_fd;
    bool complete;        /* group_complete has been */
    bool frozen;          /* as last asked for */
    uint64_t own_bytes;   /* of the slot itself */
    uint64_t limit_bytes; /* as last written */
    unsigned pids;        /* as last written */
    uint64_t oom_before, peak_before, cpu_before_us;
};

/* What the groups say about a run that has ended. */
struct group_facts {
    bool oom;             /* the kernel's counter moved */
    uint64_t oom_count;   /* by how much */
    uint64_t peak_bytes;  /* 0: cannot tell */
    uint64_t limit_bytes; /* that was in force */
};

/* Makes what the slot is born into. ERR_SYSTEM says what this back end lacks here.
 *
 * view  of this process; not looked at for rlimits
 * tag   tells the slots of one process apart
 * id    the user that the slot becomes, SLOT_SAME_ID: ours */
struct err group_open(enum sandbox_backend backend, const struct group_view *view, int tag,
                      uint32_t id, struct group *out_group);

/* Makes what the slot joins by itself: join_fds. Nothing when it was done before. */
struct err group_join(struct group *group);

/* Opens all files, and sweeps. Nothing when it was done before. */
struct err group_complete(struct group *group);

/* The slot is ready: what is used now is its own. */
void group_settle(struct group *group);

/* Sets limits for the next run and remembers the counters. */
struct err group_prepare(struct group *group, const struct sandbox_limits *limits);

/* Reads the counters of the run that ended. */
void group_facts(struct group *group, struct group_facts *out_facts);

/* Freezes or thaws everything in the run's group, and returns when the kernel confirms it.
 * Only with run_fd >= 0. gives_way: the group shares the caller's processor. */
struct err group_freeze(struct group *group, bool frozen, bool gives_way);

/* Kills what is left and removes the groups. Fine on a half-made or released group. */
void group_close(struct group *group);

#endif
