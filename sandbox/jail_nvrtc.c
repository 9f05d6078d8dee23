/* Finds the CUDA compiler of this host, and shows it to the compile view under names of its own. */
#include "sandbox/base/fdio.h"
#include "sandbox/base/text.h"
#include "sandbox/jail_tools.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool newest_of(const char *folder, const char *prefix, char out[JAIL_PATH_MAX]);

/* CUDA's packages put the library where a link /usr/local/cuda or /opt/cuda leads, Debian's own
 * where libraries are. All three parts are there, or none counts. */
void jail_nvrtc_find(struct jail_tools *out)
{
    static const char *const folders[] = {"/usr/local/cuda/lib64", "/opt/cuda/lib64",
                                          "/usr/lib/x86_64-linux-gnu"};
    char program[JAIL_PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - sizeof "/nvrtc");
    bool found = false;

    out->nvrtc[0] = '\0';
    program[size < 0 ? 0 : size] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return;
    memcpy(slash, "/nvrtc", sizeof "/nvrtc");
    for (size_t i = 0; i < COUNT(folders) && !found; i++)
        found = newest_of(folders[i], "libnvrtc.so.", out->nvrtc) &&
                newest_of(folders[i], "libnvrtc-builtins.so.", out->nvrtc_builtins);
    if (!found || access(program, X_OK) < 0)
        out->nvrtc[0] = '\0';
    else
        (void)text_copy(out->nvrtc_program, sizeof out->nvrtc_program, program); /* the same size */
}

struct err jail_nvrtc_parts(const struct jail_tools *tools, struct jail_parts *out)
{
    const struct {
        const char *path, *host;
    } rows[] = {
        {JAIL_NVRTC_PROGRAM, tools->nvrtc_program},
        {JAIL_NVRTC_LIBRARY, tools->nvrtc},
        {JAIL_NVRTC_BUILTINS, tools->nvrtc_builtins},
    };
    struct err err = err_none();

    for (size_t i = 0; i < COUNT(rows) && !err_is(err); i++) {
        err = jail_parts_add_as(out, rows[i].path, rows[i].host);
        if (!err_is(err))
            err = jail_parts_libraries(out, rows[i].host);
    }
    return err;
}

/* The file of the highest version whose name is the prefix and digits. */
static bool newest_of(const char *folder, const char *prefix, char out[JAIL_PATH_MAX])
{
    DIR *directory = opendir(folder);
    double newest = -1.0;

    if (directory == NULL)
        return false;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        double version = strtod(entry->d_name + strlen(prefix), NULL);
        if (version > newest &&
            snprintf(out, JAIL_PATH_MAX, "%s/%s", folder, entry->d_name) < JAIL_PATH_MAX)
            newest = version;
    }
    (void)closedir(directory); /* was only read */
    return newest > 0.0;
}
