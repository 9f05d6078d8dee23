/* One run, from clone to exec: the tiny init of a fresh pid namespace, and the program before it
 * becomes itself. Both share the slot's memory and descriptors (vfork style): nothing is copied,
 * and what they note here the slot reads when they are gone.
 *
 * Life: 1. the slot fills `plan` and clears `state`  2. run_clone_init  3. init starts the program,
 * tells the library, waits, notes the end, exits; the kernel then kills whatever is left in the
 * namespace  4. the slot reaps init and reads `state`. */
#ifndef SANDBOX_RUN_H
#define SANDBOX_RUN_H

#include "sandbox/base/err.h"
#include "sandbox/step.h"
#include "sandbox/wire.h"

#include <linux/filter.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define RUN_RLIMITS_MAX 16

struct run_rlimit {
    int resource;
    struct rlimit limit;
};

struct run_plan {
    const char *argv[SANDBOX_ARGS_MAX + 1];
    struct run_rlimit rlimits[RUN_RLIMITS_MAX];
    unsigned rlimits_count;
    struct sock_fprog filter;
    bool listen;           /* ask for a listener, else the filter kills by itself */
    bool fixed_addresses;  /* ADDR_NO_RANDOMIZE */
    int cpu;               /* -1: anywhere */
    cpu_set_t cpus;        /* "anywhere": what the slot may use */
    int root_fd;           /* of the program, and its working directory */
    const char *directory; /* in it; NULL: the root itself */
    int landlock_fd;
    int group_fd; /* v2 group that the run is born into, -1: none */
    int proc_fd;  /* the host's procfs, -1: none */
    int slot_fd;  /* pidfd of the slot itself */
    int epoll_fd; /* takes the listener */
    int socket;   /* to the library */
    uint32_t serial;
    enum slot_step fail_step; /* tests: this one fails */
};

/* Written by init and by the program before its exec, read by the slot. */
struct run_state {
    enum slot_step failed_step; /* STEP_NONE: all went well */
    int failed_errno;
    int listener_fd; /* -1: none */
    int pid;         /* of the program as procfs counts, 0 unknown */
    bool reaped;     /* status and usage hold */
    int status;
    struct rusage usage;
    int64_t end_ns;
    int init_fd; /* pidfd of init */
    int init_pid;
};

struct run {
    struct run_plan plan;
    volatile struct run_state state;
    char *stacks; /* of init and of the program, one above the other */
};

/* Allocates the stacks; once per slot. */
struct err run_init(struct run *run);

/* Clones init, which goes on by itself. Returns at once. */
struct err run_clone_init(struct run *run);

#endif
