/* Where the compiler's parts are: the paths that the worker names as argv[0] in profile `compile`,
 * which are the same inside the view and on the host. */
#ifndef SANDBOX_TOOLCHAIN_H
#define SANDBOX_TOOLCHAIN_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define TOOLCHAIN_PATH_MAX 256
#define TOOLCHAIN_PARTS_MAX 48

struct toolchain {
    char cc1[TOOLCHAIN_PATH_MAX];           /* /usr/lib/gcc/x86_64-linux-gnu/12/cc1 */
    char as[TOOLCHAIN_PATH_MAX];            /* /usr/bin/x86_64-linux-gnu-as, links resolved */
    char ld[TOOLCHAIN_PATH_MAX];            /* /usr/bin/x86_64-linux-gnu-ld.bfd */
    char gcc_directory[TOOLCHAIN_PATH_MAX]; /* holds cc1, include, include-fixed */
    /* What cc1 needs besides its own options, since no driver tells it: "-imultiarch",
     * "x86_64-linux-gnu", NULL. */
    const char *cc1_arguments[3];
};

/* Finds gcc (the newest version that has a cc1), as and ld of this host. Cheap: a directory and
 * three links are read. ERR_SYSTEM says what is missing and which package brings it. */
struct err toolchain_find(struct toolchain *out);

/* One file or directory of the host that the view shows at the same path. */
struct toolchain_part {
    char path[TOOLCHAIN_PATH_MAX];
    char source[TOOLCHAIN_PATH_MAX]; /* the same with links resolved */
    bool directory;
    bool optional; /* left out where the host has none */
};

struct toolchain_parts {
    struct toolchain_part at[TOOLCHAIN_PARTS_MAX];
    size_t count;
};

/* Everything that cc1, as and ld open: themselves, their libraries as the dynamic linker resolves
 * them, headers. Starts the dynamic linker three times (some ms): once per compile slot. */
struct err toolchain_parts(const struct toolchain *toolchain, struct toolchain_parts *out);

#endif
