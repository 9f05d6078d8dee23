/* Versions of assignments. A stored measurement names cases by their place in the file that it was
 * measured under; that file's text is kept in the database under its hash, so that an old report is
 * read with the old file, whatever has been edited since. */
#ifndef GRADER_VERSIONS_H
#define GRADER_VERSIONS_H

#include "assignments/spec.h"
#include "grader/db.h"
#include "sandbox/base/buf.h"

struct versions_entry;

/* What was looked up before; one thread's. All zero is empty. */
struct versions {
    struct versions_entry *first;
};

/* Frees what was looked up: no spec of versions_find may be used after it. */
void versions_release(struct versions *versions);

/* The version with this hash: among what is installed, else from the database. NULL: nobody kept it
 * (a database of before version 2), or it cannot be read any more (logged). Lives as long as
 * `versions` and `specs`. */
const struct spec *versions_find(struct versions *versions, struct db *db, const struct spec *specs,
                                 size_t specs_count, const char *hash);

/* Keeps the texts of everything installed, and moves offerings of open cohorts to the installed
 * version of their assignment: that is what workers have. `overlay` may be "". Each move is in the
 * audit table. In a transaction. */
struct err versions_record(struct db *db, const struct spec *specs, size_t specs_count,
                           const char *home, const char *overlay, int64_t now_at);

/* The text of an installed one, and a check that it still is the file that was loaded. */
struct err versions_text(const struct spec *spec, const char *home, const char *overlay,
                         struct buf *out);

#endif
