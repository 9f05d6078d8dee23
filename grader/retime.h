/* The timing of a submission once more: INTERFACE 3.6. The check stays as it was measured; the new
 * timing comes to count by itself, and only if its interval is narrower than the old one's. */
#ifndef GRADER_RETIME_H
#define GRADER_RETIME_H

#include "grader/report.h"
#include "grader/store.h"

#define RETIMES_MAX 3 /* of one submission, asked for by its student */

/* Whether there is a reason: noisy, not timed by our fault, or right and checked on a machine that
 * did not trust its clock. */
bool retime_is_due(const struct report *report);

struct retime_wish {
    int64_t submission_id;
    const char *spec_hash; /* of the version that workers have; "": of none */
    int64_t most;          /* timings of it that may be asked for */
    const char *actor;
    int64_t now_at;
};

/* The rules and the start in one: *out_code is the code of a refusal (words.h), NULL if it waits
 * now. In a transaction, whose state it reads: nothing that was known before is believed. */
struct err retime_ask(struct db *db, const struct retime_wish *wish, const char **out_code);

/* `events`: the measurements of the grading that counts; its check is taken over. ERR_INPUT where
 * nothing was checked. In a transaction. */
struct err retime_start(struct db *db, const struct submission_row *row, const struct buf *events,
                        const char *actor, int64_t now_at);

#endif
