/* /openapi.json: the table of addresses as OpenAPI 3.0, and of each operation on a course the
 * arguments with their bounds, so that they never differ. Pure. */
#ifndef GRADER_OPENAPI_H
#define GRADER_OPENAPI_H

#include "grader/http.h"
#include "sandbox/base/buf.h"

/* What every route may answer: badly framed, too slow, our own mistake, not now. One that wants a
 * token also: none, or one of the wrong role. */
#define OPENAPI_CODES_ANY "400 408 413 431 500 503"
#define OPENAPI_CODES_TOKEN "401 403"

/* One object and a line feed. `routes` ends with a NULL method. */
void openapi_json(struct buf *out, const struct http_route *routes, const char *base_url);

#endif
