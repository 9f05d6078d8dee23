/* Memory that a program in the sandbox maps as well. */
#ifndef WORKER_SHARED_MEMORY_H
#define WORKER_SHARED_MEMORY_H

#include "sandbox/base/err.h"

/* A memfd of `bytes` zeros, mapped here. Mapped and written before it is sealed: our mapping stays
 * writable, no other can become so; and every page is charged to us.
 *
 * seals    as of F_ADD_SEALS
 * out_fd   the caller closes it, also after an error when it is no longer -1
 * out      the caller unmaps it; NULL stays NULL after an error */
struct err shared_memory_make(const char *name, size_t bytes, int seals, int *out_fd, void **out);

#endif
