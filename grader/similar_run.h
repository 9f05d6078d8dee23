/* Comparing the sources of an offering: sim_c in the sandbox, since it reads what students wrote.
 * Blocking; by command only. */
#ifndef GRADER_SIMILAR_RUN_H
#define GRADER_SIMILAR_RUN_H

#include "grader/similar.h"

/* `given`: what everybody started from. ERR_INPUT with the package's name where sim_c is not
 * installed. out: most alike first; the caller frees it. */
struct err similar_run(struct similar_source *sources, size_t count, const char *given,
                       struct similar_pair **out, size_t *out_count);

#endif
