/* Sets of processors. */
#include "worker/processors.h"

#define RESERVED_FROM 3

void processors_split(struct processors *out, const cpu_set_t *all)
{
    *out = (struct processors){.count = CPU_COUNT(all), .all = *all, .others = *all};
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, all))
            out->timing = cpu;
    CPU_CLR((size_t)out->timing, &out->others);
    out->reserved = out->count >= RESERVED_FROM;
}

void processors_find(struct processors *out)
{
    cpu_set_t all;

    CPU_ZERO(&all);
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        CPU_SET(0, &all); /* more processors than a set holds: one is certain */
    processors_split(out, &all);
    if (out->reserved && sched_setaffinity(0, sizeof out->others, &out->others) < 0)
        out->reserved = false;
}

struct err processors_leave(const struct processors *processors)
{
    if (processors->count < 2)
        return err_make(ERR_SYSTEM, "timing wants two processors");
    if (sched_setaffinity(0, sizeof processors->others, &processors->others) < 0)
        return err_make(ERR_SYSTEM, "move off the timing processor");
    return err_none();
}

struct err processors_join(const struct processors *processors)
{
    cpu_set_t timing;

    CPU_ZERO(&timing);
    CPU_SET((size_t)processors->timing, &timing);
    if (sched_setaffinity(0, sizeof timing, &timing) < 0)
        return err_make(ERR_SYSTEM, "move to the timing processor");
    return err_none();
}

void processors_return(const struct processors *processors)
{
    const cpu_set_t *before = processors->reserved ? &processors->others : &processors->all;

    (void)sched_setaffinity(0, sizeof *before, before); /* was ours before */
}
