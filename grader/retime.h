/* The timing of a submission once more: INTERFACE 3.6. The check stays as it was measured; the new
 * timing comes to count by itself, and only if its interval is narrower than the old one's. */
#ifndef GRADER_RETIME_H
#define GRADER_RETIME_H

#include "grader/report.h"
#include "grader/store.h"

#define RETIMES_MAX 3 /* of one submission, asked for by its student */

/* Whether there is a reason: noisy, or not timed by our fault. */
bool retime_is_due(const struct report *report);

/* `events`: the measurements of the grading that counts; its check is taken over. ERR_INPUT where
 * nothing was checked. In a transaction. */
struct err retime_start(struct db *db, const struct submission_row *row, const struct buf *events,
                        const char *actor, int64_t now_at);

#endif
