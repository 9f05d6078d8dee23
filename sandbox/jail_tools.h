/* Where the compiler's parts are: the paths that the worker names as argv[0] in profile `compile`,
 * which are the same inside the view and on the host. */
#ifndef SANDBOX_JAIL_TOOLS_H
#define SANDBOX_JAIL_TOOLS_H

#include "sandbox/base/err.h"
#include "sandbox/jail_parts.h"

/* Where the view shows the CUDA compiler, whatever its version and place. */
#define JAIL_NVRTC_PROGRAM "/usr/lib/nvrtc/nvrtc"
#define JAIL_NVRTC_LIBRARY "/usr/lib/nvrtc/libnvrtc.so"
#define JAIL_NVRTC_BUILTINS "/usr/lib/nvrtc/libnvrtc-builtins.so"

struct jail_tools {
    char cc1[JAIL_PATH_MAX];           /* /usr/lib/gcc/x86_64-linux-gnu/12/cc1 */
    char as[JAIL_PATH_MAX];            /* /usr/bin/x86_64-linux-gnu-as, links resolved */
    char ld[JAIL_PATH_MAX];            /* /usr/bin/x86_64-linux-gnu-ld.bfd */
    char addr2line[JAIL_PATH_MAX];     /* the same of addr2line, "" if there is none */
    char sim[JAIL_PATH_MAX];           /* /usr/bin/sim_c, "" if there is none */
    char gcc_directory[JAIL_PATH_MAX]; /* holds cc1, include, include-fixed */
    /* CUDA's run-time compiler, "" if this host has none, and the program that loads it, which lies
     * beside build/sandbox. The view shows all three under names of its own, below. */
    char nvrtc[JAIL_PATH_MAX];
    char nvrtc_builtins[JAIL_PATH_MAX];
    char nvrtc_program[JAIL_PATH_MAX];
    /* What cc1 needs besides its own options, since no driver tells it: "-imultiarch",
     * "x86_64-linux-gnu", NULL. */
    const char *cc1_arguments[3];
};

/* Finds gcc (the newest version that has a cc1), as and ld of this host. Cheap: a directory and
 * three links are read. ERR_SYSTEM says what is missing and which package brings it. */
struct err jail_tools_find(struct jail_tools *out);

/* Fills in the CUDA compiler, if all of it is there; and adds it to the view. */
void jail_nvrtc_find(struct jail_tools *out);
struct err jail_nvrtc_parts(const struct jail_tools *tools, struct jail_parts *out);

/* Everything that cc1, as, ld and addr2line open: themselves, their libraries as the dynamic linker
 * resolves them, headers. Starts the dynamic linker four times (some ms): once per compile slot. */
struct err jail_parts_find(const struct jail_tools *tools, struct jail_parts *out);

#endif
