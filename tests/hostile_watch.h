/* What a run must leave as it was: processes, descriptors, mounts, groups of the slot and of
 * ourselves. Life: 1. watch_init when all is quiet  2. watch_check after each run. */
#ifndef TESTS_HOSTILE_WATCH_H
#define TESTS_HOSTILE_WATCH_H

#include "sandbox/sandbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct watch {
    const struct sandbox *slot; /* borrowed */
    pid_t pid;                  /* of the slot: another one means that it was rebuilt */
    int own_fds, slot_fds;
    int own_mounts, slot_mounts;
    int groups;
};

/* Counts. False if something cannot be counted here. */
bool watch_init(struct watch *watch, const struct sandbox *slot);

/* Counts again. On a difference writes what is left over and returns false. */
bool watch_check(const struct watch *watch, char *out, size_t out_size);

/* Entries of /proc/PID/fd; -1: cannot be read. */
int watch_fds(pid_t pid);

/* Groups of this process's slots that are there. */
int watch_groups(const struct sandbox *slot);

#endif
