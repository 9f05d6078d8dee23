/* Who is how fast, among measurements that are uncertain. Pure.
 *
 * Entries stand in the order of the lower end of their interval, so that a noisy measurement gains
 * nothing. The first one leads a group: those behind it share its rank as long as their interval
 * overlaps the leader's; the first that does not leads the next group, and its rank counts all
 * before it. Held entries (under review) have rank 0 and stand last. */
#ifndef ASSIGNMENTS_RANKING_H
#define ASSIGNMENTS_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ranking_entry {
    int64_t who;
    double low, high; /* 95 % interval of the speed-up */
    int64_t at;       /* of equals, the earlier one stands first */
    bool is_held;
    size_t index; /* the caller's own */
    /* filled by ranking_make */
    int64_t rank, shared; /* 1 = fastest; how many have this rank */
};

/* Sorts and ranks. Returns how many have a rank. */
size_t ranking_make(struct ranking_entry *entries, size_t count);

#endif
