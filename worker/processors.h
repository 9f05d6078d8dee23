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
    int count;        /* of `others` and the one for timings: at least 1 */
    int timing;       /* its number */
    cpu_set_t all;    /* what this process was started with */
    cpu_set_t others; /* without `timing` and what shares its core; empty where there is none */
    bool reserved;    /* nothing but timings runs on `timing` */
};

/* Which of a set is for timings; the set has at least one. Pure. */
int processors_timing(const cpu_set_t *all);

/* Of a given set, and those that share the core of its processor for timings (itself, or not);
 * pure. */
void processors_split(struct processors *out, const cpu_set_t *all, const cpu_set_t *siblings);

/* A list of processors as the kernel writes it, "0-3,8"; false if it is none. Pure. */
bool processors_parse(const char *text, cpu_set_t *out);

/* Of this process, which from then on keeps off `timing` if that is reserved, as do the children
 * that it starts. */
void processors_find(struct processors *out);

/* Off the processor of timings, while one runs here; onto it, for a call; and back to where it was
 * before all this. */
struct err processors_leave(const struct processors *processors);
struct err processors_join(const struct processors *processors);
void processors_return(const struct processors *processors);

#endif
