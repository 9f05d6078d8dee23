/* The slot's state, and how a request becomes the plan of a run: filters, limits, /work. */
#ifndef SANDBOX_SLOT_PLAN_H
#define SANDBOX_SLOT_PLAN_H

#include "sandbox/jail.h"
#include "sandbox/run.h"
#include "sandbox/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct slot {
    int socket;
    int epoll_fd;
    int self_fd;        /* pidfd of the slot, for init */
    int group_fd;       /* v2 group for runs, -1: none */
    int landlock_fd;    /* "nothing at all", -1: no Landlock here */
    cpu_set_t cpus;     /* that we might use before the library chose one for us */
    dev_t memfd_device; /* where memfds live: a program from there needs no Landlock rule */
    struct rlimit rlimits[RLIM_NLIMITS]; /* our own, which runs inherit */
    long own_resident_kib;               /* our own memory, in which every program starts */
    bool listen;                         /* the filter reports to us, else it kills by itself */
    enum slot_step fail_step;
    enum slot_view view; /* that jail.view_fd is the root of */
    struct jail jail;
    struct run run;

    /* of the run at hand */
    bool running;
    uint32_t serial;
    enum slot_stop stop;
    int call; /* of SLOT_STOP_CALL */
    char call_name[32];
    uint64_t call_argument; /* its second */
    int64_t start_ns;
    int64_t stop_ns;
    int64_t wall_until_us;
    int64_t cpu_limit_us;
    int64_t cpu_at_stop_us;
    int64_t threads;
    int work_fd;             /* root of /work, -1: none */
    int run_landlock_fd;     /* of this run alone, -1: none */
    struct slot_start start; /* the request: words and names stay in here */
};

/* Sets the limits that are the same for every run, and notes what runs inherit; once per slot. */
struct err slot_plan_init(struct slot *slot);

/* Makes the plan of slot->run. The packet's descriptors are 0 .. fds_count - 1 and stay the
 * caller's to close. On failure slot_plan_undo must follow. */
struct err slot_plan(struct slot *slot, const struct slot_start *start, const int *fds,
                     size_t fds_count);

/* Opens what the run left as files_out; gives the mask of those that are regular files. The
 * descriptors lie among the run's and are closed with them. */
uint32_t slot_files_out(struct slot *slot, int out_fds[SANDBOX_FILES_MAX], size_t *out_count);

/* Takes /work away and forgets the run's rule set. */
void slot_plan_undo(struct slot *slot);

/* CPU time of the program so far, 0 when it cannot be told. */
int64_t slot_cpu_us(const struct slot *slot);

/* Moves a descriptor out of the run's numbers; -1 stays -1. */
struct err slot_raise(int fd, int *out_fd);

#endif
