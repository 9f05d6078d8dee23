/* The queue and its workers in Prometheus' text format: what waits, how honest the words on waiting
 * were, and what went wrong on our side. Pure. */
#ifndef GRADER_METRICS_QUEUE_H
#define GRADER_METRICS_QUEUE_H

#include "grader/submissions.h"

/* Appends to what metrics_text wrote. */
void metrics_queue_text(struct buf *out, const struct submissions_stats *stats);

#endif
