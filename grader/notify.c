/* Datagrams to the service manager. */
#include "grader/notify.h"

#include "sandbox/base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int dial(const char *path);
static void say(const struct notify *notify, const char *words);
static void on_watchdog(uv_timer_t *timer);

#define EXTRA_MS 10000 /* for writes and HTTP after the jobs */

void notify_start(struct notify *notify, uv_loop_t *loop)
{
    const char *watchdog_us = getenv("WATCHDOG_USEC");
    const char *watchdog_pid = getenv("WATCHDOG_PID");
    bool is_ours = watchdog_pid == NULL || strtol(watchdog_pid, NULL, 10) == (long)getpid();
    int64_t every_ms = watchdog_us != NULL && is_ours ? strtoll(watchdog_us, NULL, 10) / 3000 : 0;

    notify->fd = dial(getenv("NOTIFY_SOCKET"));
    (void)unsetenv("NOTIFY_SOCKET"); /* these names are fine, so they cannot fail */
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    notify->watched = notify->fd >= 0 && every_ms > 0;
    if (!notify->watched)
        return;
    (void)uv_timer_init(loop, &notify->watchdog); /* cannot fail */
    notify->watchdog.data = notify;
    (void)uv_timer_start(&notify->watchdog, on_watchdog, 0, (uint64_t)every_ms);
}

void notify_release(struct notify *notify)
{
    if (notify->fd >= 0)
        (void)close(notify->fd); /* a datagram was sent or was not */
    notify->fd = -1;
}

void notify_ready(const struct notify *notify, const char *url)
{
    char words[400];
    (void)snprintf(words, sizeof words, "READY=1\nSTATUS=accepting at %s", url); /* fits */
    say(notify, words);
}

void notify_stopping(const struct notify *notify, int64_t drain_ms)
{
    char words[160];
    (void)snprintf(words, sizeof words,
                   "STOPPING=1\nSTATUS=running jobs finish\nEXTEND_TIMEOUT_USEC=%" PRId64,
                   (drain_ms + EXTRA_MS) * 1000); /* fits */
    say(notify, words);
}

/* A path, or '@' and a name of the abstract kind. */
static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = path != NULL ? strlen(path) : 0;

    if (size < 2 || size >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(address.sun_path, path, size);
    if (path[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, length) == 0)
        return fd;
    log_line(LOG_WARN, "service.notify", "text=\"NOTIFY_SOCKET cannot be reached\"");
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* Lost words cost a restart at worst; the loop must not wait for the service manager. */
static void say(const struct notify *notify, const char *words)
{
    if (notify->fd >= 0)
        (void)send(notify->fd, words, strlen(words), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_watchdog(uv_timer_t *timer)
{
    say(timer->data, "WATCHDOG=1");
}
