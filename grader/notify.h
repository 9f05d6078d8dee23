/* Telling systemd (Type=notify, WatchdogSec=) that the service is ready, alive, or on its way out:
 * sd_notify(3)'s datagrams. Does nothing when no NOTIFY_SOCKET is set. All on the loop thread: a
 * loop that hangs sends no watchdog. */
#ifndef GRADER_NOTIFY_H
#define GRADER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct notify {
    int fd; /* connected; -1: nobody listens */
    uv_timer_t watchdog;
    bool watched;
};

/* Looks at NOTIFY_SOCKET and WATCHDOG_USEC and takes them out of the environment, for workers are
 * not to speak in our name. The watchdog is fed at a third of its time. */
void notify_start(struct notify *notify, uv_loop_t *loop);
void notify_release(struct notify *notify); /* its timer is closed with the loop's other handles */

/* Accepts from now on. */
void notify_ready(const struct notify *notify, const char *url);

/* Stops, and asks for so long to finish what runs. */
void notify_stopping(const struct notify *notify, int64_t drain_ms);

#endif
