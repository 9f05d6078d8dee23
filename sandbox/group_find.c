/* Reads two files of procfs: the mounts say where the trees are, the membership where we are. */
#include "sandbox/group_find.h"

#include "sandbox/base/fdio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 * 1024)

static bool find_mount(const char *mountinfo, const char *controller, char root[256],
                       char place[256]);
static bool find_membership(const char *membership, const char *controller, char path[256]);
static bool list_has(const char *list, const char *word);

struct err group_view_read(struct group_view *out)
{
    buf_init(&out->mountinfo, TEXT_MAX);
    buf_init(&out->membership, TEXT_MAX);
    struct err err = fdio_read_file("/proc/self/mountinfo", &out->mountinfo);
    if (!err_is(err))
        err = fdio_read_file("/proc/self/cgroup", &out->membership);
    return err;
}

void group_view_release(struct group_view *view)
{
    buf_release(&view->mountinfo);
    buf_release(&view->membership);
}

struct err group_find(const struct group_view *view, const char *controller, char *out,
                      size_t out_size)
{
    return group_find_in(view->mountinfo.at, view->membership.at, controller, out, out_size);
}

struct err group_find_in(const char *mountinfo, const char *membership, const char *controller,
                         char *out, size_t out_size)
{
    char root[256], place[256], path[256];
    const char *kind = controller[0] == '\0' ? "cgroup v2 tree" : controller;

    errno = ENOENT;
    if (!find_mount(mountinfo, controller, root, place))
        return err_make(ERR_SYSTEM, "no %s mounted", kind);
    if (!find_membership(membership, controller, path))
        return err_make(ERR_SYSTEM, "we are in no group of %s", kind);

    /* A container may see only a part of the tree: the mount's root is a prefix of our path. */
    const char *below = path;
    size_t length = strlen(root);
    if (strcmp(root, "/") != 0 && strncmp(path, root, length) == 0)
        below = path + length;
    if (strcmp(below, "/") == 0)
        below = "";
    int size = snprintf(out, out_size, "%s%s", place, below);
    if (size < 0 || (size_t)size >= out_size)
        return err_make(ERR_LIMIT, "group path too long: '%.80s'", below);
    return err_none();
}

/* "36 25 0:31 ROOT PLACE options [more] - TYPE source SUPEROPTIONS" */
static bool find_mount(const char *mountinfo, const char *controller, char root[256],
                       char place[256])
{
    for (const char *line = mountinfo; line != NULL && *line != '\0';
         line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
        char type[32], super[256];
        int seen = 0;
        if (sscanf(line, "%*s %*s %*s %255s %255s %n", root, place, &seen) != 2 || seen == 0)
            continue;
        const char *rest = strstr(line + seen, " - ");
        const char *end = strchr(line, '\n');
        if (rest == NULL || (end != NULL && rest > end) ||
            sscanf(rest, " - %31s %*s %255s", type, super) != 2)
            continue;
        if (controller[0] == '\0' ? strcmp(type, "cgroup2") == 0
                                  : strcmp(type, "cgroup") == 0 && list_has(super, controller))
            return true;
    }
    return false;
}

/* "4:memory:/path", and "0::/path" for v2. */
static bool find_membership(const char *membership, const char *controller, char path[256])
{
    for (const char *line = membership; line != NULL && *line != '\0';
         line = strchr(line, '\n'), line = line == NULL ? NULL : line + 1) {
        char list[128];
        if (controller[0] == '\0') {
            if (sscanf(line, "0::%255[^\n]", path) == 1)
                return true;
        } else if (sscanf(line, "%*d:%127[^:\n]:%255[^\n]", list, path) == 2 &&
                   list_has(list, controller)) {
            return true;
        }
    }
    return false;
}

static bool list_has(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ','), at = at == NULL ? NULL : at + 1) {
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}
