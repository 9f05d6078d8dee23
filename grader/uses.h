/* When tokens were last used, for `grader token list`: kept in memory and written together once in
 * a while, so that a request costs no commit. Told to the minute; what was not yet written when the
 * process is killed is forgotten. All on the loop thread. */
#ifndef GRADER_USES_H
#define GRADER_USES_H

#include "grader/writer.h"

#include <uv.h>

struct uses;

/* The writer is borrowed. ERR_SYSTEM: no memory. */
struct err uses_start(struct uses **out, uv_loop_t *loop, struct writer *writer);

/* A token opened something now; used_at is what the database has of it. NULL is fine. */
void uses_note(struct uses *uses, int64_t token_id, int64_t used_at, int64_t now_at);

/* Before writer_stop: the last ones are pushed. Then, after the writer has closed, uses_free. */
void uses_stop(struct uses *uses);
void uses_free(struct uses *uses);

#endif
