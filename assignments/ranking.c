/* Sorting by the lower end, and ranks that overlapping intervals share. */
#include "assignments/ranking.h"

#include <stdlib.h>

static int compare(const void *left, const void *right);

size_t ranking_make(struct ranking_entry *entries, size_t count)
{
    size_t ranked = 0;

    if (count > 0)
        qsort(entries, count, sizeof *entries, compare);
    for (size_t i = 0; i < count; i++)
        ranked += !entries[i].is_held;
    for (size_t leader = 0; leader < ranked;) {
        size_t end = leader + 1;
        while (end < ranked && entries[end].high >= entries[leader].low)
            end++;
        for (size_t i = leader; i < end; i++) {
            entries[i].rank = (int64_t)leader + 1;
            entries[i].shared = (int64_t)(end - leader);
        }
        leader = end;
    }
    for (size_t i = ranked; i < count; i++)
        entries[i].rank = entries[i].shared = 0;
    return ranked;
}

static int compare(const void *left, const void *right)
{
    const struct ranking_entry *one = left;
    const struct ranking_entry *two = right;

    if (one->is_held != two->is_held)
        return one->is_held ? 1 : -1;
    if (one->low != two->low)
        return one->low > two->low ? -1 : 1;
    if (one->at != two->at)
        return one->at < two->at ? -1 : 1;
    return one->who < two->who ? -1 : one->who > two->who;
}
