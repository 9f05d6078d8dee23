/* The roll call of local workers: what the database knows of them is at most a second old, so that
 * `grader worker` and `grader queue` tell what is; and who was drained there gets no further job.
 * It is written only when something has changed, or to say that they are still here. All on the
 * loop thread. */
#ifndef GRADER_ROLL_H
#define GRADER_ROLL_H

#include "grader/grader.h"

struct roll;

/* Of nobody yet. ERR_SYSTEM: no memory. */
struct err roll_new(struct roll **out, struct grader *grader);
/* Once a second. `pool` may be NULL: nobody is here any more. */
void roll_call(struct roll *roll, struct pool *pool);
/* After the writer has closed, or when nothing was called. */
void roll_free(struct roll *roll);

#endif
