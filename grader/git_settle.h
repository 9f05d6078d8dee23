/* Erasures that a crash cut off, at the start of the service. */
#ifndef GRADER_GIT_SETTLE_H
#define GRADER_GIT_SETTLE_H

#include "grader/db.h"

#include <stddef.h>

/* Before the first push. Of whoever was erased nothing is left; everybody else of this database has
 * back what was put away. What belongs to nobody here is left alone: another database may lie in
 * the same folder. *out_count: repositories that were still put away. */
struct err git_settle(struct db *db, const char *folder, size_t *out_count);

#endif
