/* What the files of the store share among themselves. */
#ifndef GRADER_STORE_PARTS_H
#define GRADER_STORE_PARTS_H

#include "grader/db.h"

/* Runs an INSERT … RETURNING id. */
struct err store_insert_id(struct db *db, sqlite3_stmt *statement, const char *doing,
                           int64_t *out_id);

#endif
