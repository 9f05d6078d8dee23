/* What a calibration holds for. */
#ifndef WORKER_SELFTEST_KEY_H
#define WORKER_SELFTEST_KEY_H

#include "worker/job.h"

/* A hash, as 64 hexadecimal digits, of all that moves a measurement: boot, processor, kernel, how
 * many processors we may use, compiler, flags, sandbox, and what is measured: assignments, their
 * baselines and experts. ERR_SYSTEM: this host does not tell. */
struct err selftest_key(const struct worker *worker, char out[65]);

#endif
