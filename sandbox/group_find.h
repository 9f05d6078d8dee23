/* Where this process stands in the host's control group trees. */
#ifndef SANDBOX_GROUP_FIND_H
#define SANDBOX_GROUP_FIND_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stddef.h>

/* The kernel's word on where the trees are mounted and which groups we are in. */
struct group_view {
    struct buf mountinfo;  /* /proc/self/mountinfo */
    struct buf membership; /* /proc/self/cgroup */
};

/* Reads both anew; group_view_release frees, also after a failure. */
struct err group_view_read(struct group_view *out);
void group_view_release(struct group_view *view);
#define auto_group_view __attribute__((cleanup(group_view_release)))

/* Writes the directory of our own group in the tree of this v1 controller ("memory"), or of v2
 * (controller ""). ERR_SYSTEM: the host has no such tree. */
struct err group_find(const struct group_view *view, const char *controller, char *out,
                      size_t out_size);

/* The same from given texts of /proc/self/mountinfo and /proc/self/cgroup; pure. */
struct err group_find_in(const char *mountinfo, const char *membership, const char *controller,
                         char *out, size_t out_size);

#endif
