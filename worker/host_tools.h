/* Where cc1, as and ld are, as the compile view of the sandbox shows them. A file of its own
 * because the sandbox's header and worker/compile.h both speak of a struct toolchain. */
#ifndef WORKER_HOST_TOOLS_H
#define WORKER_HOST_TOOLS_H

#include "sandbox/base/err.h"

#define HOST_TOOL_PATH_MAX 256

struct host_tools {
    char cc1[HOST_TOOL_PATH_MAX], as[HOST_TOOL_PATH_MAX], ld[HOST_TOOL_PATH_MAX];
};

/* ERR_SYSTEM names the package that is missing. */
struct err host_tools_find(struct host_tools *out);

#endif
