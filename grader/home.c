/* Paths relative to /proc/self/exe. */
#include "grader/home.h"

#include "sandbox/base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct err own_folder(char *out, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    if (length < 0)
        return err_make(ERR_SYSTEM, "find this program");
    out[length] = 0;
    char *slash = strrchr(out, '/');
    if (slash == NULL)
        return err_make(ERR_INTERNAL, "this program's path '%s'", out);
    *slash = 0;
    return err_none();
}

struct err home_find(char *out, size_t size)
{
    char folder[PATH_MAX];
    struct err err = own_folder(folder, sizeof folder);
    while (!err_is(err)) {
        char probe[PATH_MAX + 16];
        (void)snprintf(probe, sizeof probe, "%s/assignments", folder); /* fits */
        if (access(probe, R_OK | X_OK) == 0)
            break;
        char *slash = strrchr(folder, '/');
        if (slash == NULL)
            err = err_make(ERR_INPUT, "no folder 'assignments' above this program");
        else
            *slash = 0;
    }
    if (!err_is(err) && !text_copy(out, size, folder))
        err = err_make(ERR_LIMIT, "path of the installation");
    return err;
}

struct err home_file(const char *name, char *out, size_t size)
{
    char folder[PATH_MAX];
    struct err err = own_folder(folder, sizeof folder);
    if (err_is(err))
        return err;
    int length = snprintf(out, size, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= size)
        return err_make(ERR_LIMIT, "path of '%s'", name);
    return err_none();
}

struct err home_program(const char *name, char *out, size_t size)
{
    struct err err = home_file(name, out, size);
    if (err_is(err))
        return err;
    if (access(out, X_OK) < 0)
        return err_make(ERR_SYSTEM, "find the program '%s' (make all builds it)", out);
    return err_none();
}
