/* From facts to the cause of death. Pure. */
#ifndef SANDBOX_VERDICT_H
#define SANDBOX_VERDICT_H

#include "sandbox/group.h"
#include "sandbox/wire.h"

struct verdict_input {
    enum sandbox_backend backend;
    struct sandbox_limits limits;
    uint64_t shared_bytes; /* of the files and memfds that the program was given */
    const struct slot_ended *ended;
    const struct group_facts *group;
};

/* Fills out_result but for files_cut. ERR_SYSTEM: the run was ended by somebody who is neither the
 * program nor the slot nor a limit; that says nothing about the program. */
struct err verdict_make(const struct verdict_input *input, struct sandbox_result *out_result);

#endif
