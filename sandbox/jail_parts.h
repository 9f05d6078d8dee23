/* What of the host a view shows: a list of files, directories and device nodes, made before the
 * slot leaves the host's mounts behind, and mounted by jail.c. */
#ifndef SANDBOX_JAIL_PARTS_H
#define SANDBOX_JAIL_PARTS_H

#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define JAIL_PATH_MAX 256
#define JAIL_PARTS_MAX 48

enum jail_part_kind {
    PART_FILE,
    PART_DIRECTORY,
    PART_DEVICE, /* a character device, which can be opened for reading and writing */
    PART_TEXT,   /* a copy of what text_fd holds: a file of procfs, say, as it was */
};

struct jail_part {
    char path[JAIL_PATH_MAX];   /* inside the view */
    char source[JAIL_PATH_MAX]; /* on the host, links resolved */
    enum jail_part_kind kind;
    int text_fd; /* of PART_TEXT, owned by whoever mounts the view; else -1 */
};

struct jail_parts {
    struct jail_part at[JAIL_PARTS_MAX];
    size_t count;
};

/* Adds a path that the view shows under the same name; twice is once.
 *
 * optional   left out where the host has none, else that is ERR_SYSTEM */
struct err jail_parts_add(struct jail_parts *parts, const char *path, bool optional);

/* Adds a file of the host, which must be there, under another name. */
struct err jail_parts_add_as(struct jail_parts *parts, const char *path, const char *host);

/* Adds whatever the dynamic linker would load for this program or library, the linker included.
 * Starts it once (about a millisecond). */
struct err jail_parts_libraries(struct jail_parts *parts, const char *program);

/* The path with links resolved. */
struct err jail_parts_resolve(const char *path, char out[JAIL_PATH_MAX]);

#endif
