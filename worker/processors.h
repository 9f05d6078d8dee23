/* Which processors this worker may use, and which of them is for timings: the highest (interrupts
 * like the lowest). With three or more, whatever is no timing keeps off it for good, so that the
 * checks of one worker never disturb the timing of another; with two the grader runs nothing beside
 * a timing (grader/queue.h). */
#ifndef WORKER_PROCESSORS_H
#define WORKER_PROCESSORS_H

#include "sandbox/base/err.h"

#include <sched.h>
#include <stdbool.h>

struct processors {
    int count;        /* at least 1 */
    int timing;       /* its number */
    cpu_set_t all;    /* what this process was started with */
    cpu_set_t others; /* without `timing`; empty where there is no other */
    bool reserved;    /* nothing but timings runs on `timing` */
};

/* Of a given set, which has at least one; pure. */
void processors_split(struct processors *out, const cpu_set_t *all);

/* Of this process, which from then on keeps off `timing` if that is reserved, as do the children
 * that it starts. */
void processors_find(struct processors *out);

/* Off the processor of timings, while one runs here; onto it, for a call; and back to where it was
 * before all this. */
struct err processors_leave(const struct processors *processors);
struct err processors_join(const struct processors *processors);
void processors_return(const struct processors *processors);

#endif
