/* Erasures that a crash cut off, at the start of the service. */
#ifndef GRADER_GIT_SETTLE_H
#define GRADER_GIT_SETTLE_H

#include "grader/db.h"

#include <stddef.h>

/* Whoever is erased, or is nobody of this database: what was put away of theirs is removed.
 * Everybody else gets it back, or may make a new one. In a transaction of its own, so that no
 * erasure is half way; before the first push. *out_count: repositories that were neither here nor
 * gone. */
struct err git_settle(struct db *db, const char *folder, size_t *out_count);

#endif
