/* Sets of processors. */
#include "worker/processors.h"

#include "sandbox/base/fdio.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RESERVED_FROM 3

static void siblings_find(int cpu, cpu_set_t *out);

int processors_timing(const cpu_set_t *all)
{
    int timing = 0;

    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, all))
            timing = cpu;
    return timing;
}

void processors_split(struct processors *out, const cpu_set_t *all, const cpu_set_t *siblings)
{
    cpu_set_t kept_off;

    *out = (struct processors){.timing = processors_timing(all), .all = *all};
    CPU_AND(&kept_off, all, siblings);
    CPU_SET((size_t)out->timing, &kept_off);
    CPU_XOR(&out->others, all, &kept_off);
    out->count = CPU_COUNT(&out->others) + 1;
    out->reserved = out->count >= RESERVED_FROM;
}

bool processors_parse(const char *text, cpu_set_t *out)
{
    CPU_ZERO(out);
    do {
        char *end = NULL;
        const unsigned long first = strtoul(text, &end, 10);
        unsigned long last = first;
        if (end == text)
            return false;
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
            if (end == text)
                return false;
        }
        for (unsigned long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++)
            CPU_SET(cpu, out);
        text = end + 1;
        if (*end != ',')
            return *end == '\n' || *end == '\0';
    } while (true);
}

void processors_find(struct processors *out)
{
    cpu_set_t all, siblings;

    CPU_ZERO(&all);
    if (sched_getaffinity(0, sizeof all, &all) < 0)
        CPU_SET(0, &all); /* more processors than a set holds: one is certain */
    siblings_find(processors_timing(&all), &siblings);
    processors_split(out, &all, &siblings);
    if (out->reserved && sched_setaffinity(0, sizeof out->others, &out->others) < 0)
        out->reserved = false;
}

/* Hyperthreads of the same core. A host that does not tell has none. */
static void siblings_find(int cpu, cpu_set_t *out)
{
    char path[96], text[256] = "";

    (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
                   cpu); /* fits */
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || !processors_parse(text, out))
        CPU_ZERO(out);
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
