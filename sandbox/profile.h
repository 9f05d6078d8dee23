/* What the profiles are, one row each: read by the library, the slot and the command. The calls
 * are in policy.c. */
#ifndef SANDBOX_PROFILE_H
#define SANDBOX_PROFILE_H

#include "sandbox/sandbox.h"

#include <stdbool.h>

/* What a slot has besides the empty root; made once per slot. */
enum slot_view {
    SLOT_VIEW_NONE,
    SLOT_VIEW_TOOLCHAIN, /* cc1, as, ld and headers */
    SLOT_VIEW_GPU,       /* device nodes and the driver's libraries */
    SLOT_VIEW_COUNT,
};

struct profile {
    const char *word;      /* as in --profile */
    enum slot_view view;   /* root of its programs, NONE: the empty one */
    const char *directory; /* working directory in it, NULL: the root */
    bool one_thread;
    bool own_programs;    /* argv[0] may be a path of the view */
    bool dynamic;         /* the program may be dynamically linked: the view has its libraries */
    bool work;            /* a fresh /work, files_in and files_out */
    bool fixed_addresses; /* ADDR_NO_RANDOMIZE: timings repeat */
    bool vast_addresses;  /* reserves more address space than memory: none of RLIMIT_AS */
    unsigned descriptors; /* that it may have open */
    unsigned extra_bytes; /* of address space beside memory and stacks: image, libraries, vdso */
};

/* The row of a profile, NULL: there is none with this number. Lent for ever. */
const struct profile *profile_of(unsigned profile);

#endif
