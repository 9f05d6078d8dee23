/* A cohort to play with: `demo`, with every assignment open, one TA (ta) and three students (alice,
 * bob, chen), a netrc file (mode 0600) for each. */
#ifndef GRADER_DEMO_H
#define GRADER_DEMO_H

#include "assignments/spec.h"
#include "grader/db.h"

/* Idempotent: people and offerings stay; a netrc file whose token still works stays as it is.
 * host: the machine of the netrc line. */
struct err demo_make(struct db *db, const struct spec *specs, size_t specs_count,
                     const char *folder, const char *host);

/* Lines to paste, on stdout. */
void demo_print(const char *folder, const char *base_url, const struct spec *specs,
                size_t specs_count, const char *home);

#endif
