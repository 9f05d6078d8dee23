/* Where this process stands in the host's control group trees. */
#ifndef SANDBOX_GROUP_FIND_H
#define SANDBOX_GROUP_FIND_H

#include "sandbox/base/err.h"

#include <stddef.h>

/* Writes the directory of our own group in the tree of this v1 controller ("memory"), or of v2
 * (controller ""). ERR_SYSTEM: the host has no such tree. */
struct err group_find(const char *controller, char *out, size_t out_size);

/* The same from given texts of /proc/self/mountinfo and /proc/self/cgroup; pure. */
struct err group_find_in(const char *mountinfo, const char *membership, const char *controller,
                         char *out, size_t out_size);

#endif
