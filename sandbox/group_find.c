/* Reads two files of procfs: the mounts say where the trees are, the membership where we are. */
#include "sandbox/group_find.h"

#include "sandbox/base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool find_mount(const char *mountinfo, const char *controller, char root[256],
                       char place[256]);
static bool find_membership(const char *membership, const char *controller, char path[256]);
static bool list_has(const char *list, const char *word);

struct err group_view_read(struct group_view *out)
{
    struct err err =
        group_lines("/proc/self/mountinfo", " - cgroup", out->mountinfo, sizeof out->mountinfo);
    if (!err_is(err))
        err = group_lines("/proc/self/cgroup", ":", out->membership, sizeof out->membership);
    return err;
}

struct err group_lines(const char *path, const char *word, char *out, size_t out_size)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "open '%s'", path);
    size_t kept = 0, filled = 0; /* whole lines with the word; and the beginning of one more */
    for (;;) {
        ssize_t got = read(fd, out + filled, out_size - 1 - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_make(ERR_SYSTEM, "read '%s'", path);
        if (got == 0 && filled == out_size - 1)
            return err_make(ERR_LIMIT, "'%s' has more lines of '%s' than we hold", path, word);
        if (got == 0)
            break;
        filled += (size_t)got;
        size_t line = kept;
        for (const char *end; (end = memchr(out + line, '\n', filled - line)) != NULL;) {
            size_t size = (size_t)(end + 1 - (out + line));
            bool wanted = memmem(out + line, size, word, strlen(word)) != NULL;
            if (wanted)
                memmove(out + kept, out + line, size);
            kept += wanted ? size : 0;
            line += size;
        }
        memmove(out + kept, out + line, filled - line);
        filled = kept + (filled - line);
    }
    out[kept] = '\0';
    return err_none();
}

struct err group_find(const struct group_view *view, const char *controller, char *out,
                      size_t out_size)
{
    return group_find_in(view->mountinfo, view->membership, controller, out, out_size);
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
