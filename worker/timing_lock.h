/* One timing at a time on this host, whoever its workers belong to: a file that all of them lock.
 * What would disturb a timing holds the same lock shared. The lock goes with the descriptor. */
#ifndef WORKER_TIMING_LOCK_H
#define WORKER_TIMING_LOCK_H

#include "sandbox/base/err.h"

enum timing_lock {
    TIMING_LOCK_TRY,    /* exclusive, or ERR_BUSY */
    TIMING_LOCK_SHARED, /* beside others that time nothing, or ERR_BUSY */
};

/* The file is made where there is none. out_fd: the caller closes it, which gives the lock back; -1
 * after an error. ERR_SYSTEM: the file cannot be opened. */
struct err timing_lock_take(const char *path, enum timing_lock how, int *out_fd);

#endif
