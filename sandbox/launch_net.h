/* A network namespace for a slot that starts at the same time: making one is half of a slot's
 * set-up (0.25 ms of 0.5), and the only part that needs nothing of the slot. Root's alone: an
 * ordinary user's slot makes its own, inside its user namespace. Private to launch.c. */
#ifndef SANDBOX_LAUNCH_NET_H
#define SANDBOX_LAUNCH_NET_H

#include <sys/types.h>

struct launch_net {
    pid_t pid; /* of the helper, -1: none */
    /* private */
    volatile int fd;
    char stack[4096] __attribute__((aligned(16)));
};

/* Starts making it. launch_net_end must follow before `net` goes out of scope. */
void launch_net_start(struct launch_net *net);

/* Waits for it. Gives its descriptor, the caller's to close, or -1: the slot shall make one. */
int launch_net_end(struct launch_net *net);

#endif
