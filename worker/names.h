/* The names that the runtime offers, as the build wrote them: sorted, one per line. */
#ifndef WORKER_NAMES_H
#define WORKER_NAMES_H

#include "sandbox/base/err.h"

#include <stddef.h>

struct names {
    const char **at; /* sorted by strcmp; point into text */
    size_t count;
    char *text; /* private */
};

/* Reads one list, "names" or "names.extra" of the runtime's folder. ERR_INPUT if it is not sorted
 * (then a search would miss). */
struct err names_load(struct names *out, const char *runtime, const char *file);
void names_release(struct names *names);

#endif
