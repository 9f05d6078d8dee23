/* Finds the toolchain's files. Nothing here is untrusted: it reads the host before any program. */
#include "sandbox/jail_tools.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GCC_BASE "/usr/lib/gcc/x86_64-linux-gnu"

static struct err resolve(const char *path, const char *package, char out[JAIL_PATH_MAX]);

struct err jail_tools_find(struct jail_tools *out)
{
    DIR *versions = opendir(GCC_BASE);
    if (versions == NULL)
        return err_make(ERR_SYSTEM, "no gcc in " GCC_BASE " (Debian package gcc)");
    long newest = -1;
    for (const struct dirent *entry; (entry = readdir(versions)) != NULL;) {
        char path[JAIL_PATH_MAX];
        int length = snprintf(path, sizeof path, GCC_BASE "/%.32s/cc1", entry->d_name);
        long version = strtol(entry->d_name, NULL, 10);
        if (length > 0 && version > newest && access(path, X_OK) == 0)
            newest = version;
    }
    (void)closedir(versions); /* was only read */
    if (newest < 0) {
        errno = ENOENT;
        return err_make(ERR_SYSTEM, "no cc1 below " GCC_BASE " (Debian package gcc)");
    }

    struct jail_tools found = {.cc1_arguments = {"-imultiarch", "x86_64-linux-gnu", NULL}};
    (void)snprintf(found.gcc_directory, sizeof found.gcc_directory, GCC_BASE "/%ld", newest);
    (void)snprintf(found.cc1, sizeof found.cc1, GCC_BASE "/%ld/cc1", newest);
    struct err err = resolve("/usr/bin/as", "binutils", found.as);
    if (!err_is(err))
        err = resolve("/usr/bin/ld", "binutils", found.ld);
    if (err_is(resolve("/usr/bin/addr2line", "binutils", found.addr2line)))
        found.addr2line[0] = '\0'; /* a diagnosis then names no line */
    if (err_is(resolve("/usr/bin/sim_c", "similarity-tester", found.sim)))
        found.sim[0] = '\0'; /* sources are then not compared */
    jail_nvrtc_find(&found);
    if (!err_is(err))
        *out = found;
    return err;
}

struct err jail_parts_find(const struct jail_tools *tools, struct jail_parts *out)
{
    const char *const programs[] = {tools->cc1, tools->as, tools->ld, tools->addr2line, tools->sim};
    static const char *const directories[] = {"include", "include-fixed"};
    struct err err = err_none();

    out->count = 0;
    for (size_t i = 0; i < COUNT(programs) && !err_is(err); i++) {
        if (programs[i][0] == '\0')
            continue;
        err = jail_parts_add(out, programs[i], false);
        if (!err_is(err))
            err = jail_parts_libraries(out, programs[i]);
    }
    for (size_t i = 0; i < COUNT(directories) && !err_is(err); i++) {
        char path[JAIL_PATH_MAX];
        (void)snprintf(path, sizeof path, "%.200s/%s", tools->gcc_directory, directories[i]);
        err = jail_parts_add(out, path, i > 0);
    }
    if (!err_is(err))
        err = jail_parts_add(out, "/usr/include", false);
    if (!err_is(err))
        err = jail_parts_add(out, "/usr/bin/as", true);
    if (!err_is(err))
        err = jail_parts_add(out, "/usr/bin/ld", true);
    if (!err_is(err) && tools->nvrtc[0] != '\0')
        err = jail_nvrtc_parts(tools, out);
    return err;
}

/* Names the package where the tool is missing. */
static struct err resolve(const char *path, const char *package, char out[JAIL_PATH_MAX])
{
    struct err err = jail_parts_resolve(path, out);
    if (err.code == ERR_SYSTEM)
        return err_make(ERR_SYSTEM, "'%s' (Debian package %s)", path, package);
    return err;
}
