/* Every address of the service: one row each. */
#ifndef GRADER_ROUTES_H
#define GRADER_ROUTES_H

#include "grader/http.h"

extern const struct http_route routes_table[]; /* ends with a NULL method */

/* Those, and one for each operation on a course (grader/operation_table.c). Ends with a NULL
 * method. */
#define ROUTES_MAX 128
void routes_all(struct http_route out[ROUTES_MAX]);
/* True for the first word of an address, "submit" and the like, which no cohort is called. */
bool routes_has_first(const char *word);

#endif
