/* The helper shares our memory and descriptors, makes the namespace, opens it, and is gone. */
#include "sandbox/launch_net.h"

#include "sandbox/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void helper_enter(void *argument);

void launch_net_start(struct launch_net *net)
{
    sigset_t all, before;
    struct clone_args how = {
        .flags = CLONE_VM | CLONE_FILES, /* no signal tells of its end: nobody else waits for it */
        .stack = (uint64_t)(uintptr_t)net->stack,
        .stack_size = sizeof net->stack,
    };
    net->fd = -1;
    net->pid = -1;
    if (geteuid() != 0)
        return;
    (void)sigfillset(&all); /* a handler of ours would run there, too */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    net->pid = (pid_t)raw_clone(&how, helper_enter, net);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int launch_net_end(struct launch_net *net)
{
    while (net->pid > 0 && waitpid(net->pid, NULL, __WALL) < 0 && errno == EINTR)
        continue;
    net->pid = -1;
    return net->fd;
}

OUTSIDE_LIBC static void helper_enter(void *argument)
{
    struct launch_net *net = argument;
    if (raw(SYS_unshare, CLONE_NEWNET) == 0) {
        long fd = raw(SYS_openat, AT_FDCWD, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
        net->fd = fd < 0 ? -1 : (int)fd;
    }
    for (;;)
        (void)raw(SYS_exit, 0);
}
