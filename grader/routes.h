/* Every address of the service: one row each. */
#ifndef GRADER_ROUTES_H
#define GRADER_ROUTES_H

#include "grader/http.h"

extern const struct http_route routes_table[]; /* ends with a NULL method */

#endif
