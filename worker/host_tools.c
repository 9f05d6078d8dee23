/* Asks the sandbox: what its view shows is what can be run in it. */
#include "worker/host_tools.h"

#include "sandbox/base/text.h"
#include "sandbox/toolchain.h"

struct err host_tools_find(struct host_tools *out)
{
    struct toolchain found;
    struct err err = toolchain_find(&found);

    if (err_is(err))
        return err;
    if (!text_copy(out->cc1, sizeof out->cc1, found.cc1) ||
        !text_copy(out->as, sizeof out->as, found.as) ||
        !text_copy(out->ld, sizeof out->ld, found.ld))
        return err_make(ERR_LIMIT, "the compiler's path is over %d bytes", HOST_TOOL_PATH_MAX);
    return err_none();
}
