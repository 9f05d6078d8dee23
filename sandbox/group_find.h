/* Where this process stands in the host's control group trees. */
#ifndef SANDBOX_GROUP_FIND_H
#define SANDBOX_GROUP_FIND_H

#include "sandbox/base/err.h"

#include <stddef.h>

/* The kernel's word on where the trees are mounted and which groups we are in. No heap: a slot is
 * opened with it, and memory that comes and goes costs more than the reading. */
struct group_view {
    char mountinfo[16384]; /* of /proc/self/mountinfo the lines of control groups */
    char membership[4096]; /* /proc/self/cgroup */
};

/* Reads both anew. */
struct err group_view_read(struct group_view *out);

/* Puts those lines of a file that hold the word into `out`, as a string. ERR_LIMIT: they and one
 * line more do not fit. */
struct err group_lines(const char *path, const char *word, char *out, size_t out_size);

/* Writes the directory of our own group in the tree of this v1 controller ("memory"), or of v2
 * (controller ""). ERR_SYSTEM: the host has no such tree. */
struct err group_find(const struct group_view *view, const char *controller, char *out,
                      size_t out_size);

/* The same from given texts of /proc/self/mountinfo and /proc/self/cgroup; pure. */
struct err group_find_in(const char *mountinfo, const char *membership, const char *controller,
                         char *out, size_t out_size);

#endif
