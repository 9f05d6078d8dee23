/* Namespaces and mounts of a slot. As root we become a user that nobody else is, and from there on
 * do exactly what an ordinary user does. */
#include "sandbox/jail.h"

#include "sandbox/base/fdio.h"
#include "sandbox/gpu.h"
#include "sandbox/jail_tools.h"
#include "sandbox/kernel.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSIDE_ID 65534 /* not 0: an exec then gives no capability back */
#define BASE "/proc"    /* exists everywhere; our root is mounted over it, then takes its place */

static struct err find_parts(const struct jail_options *options, struct jail_parts **out);
static void release_parts(struct jail_parts *parts);
static struct err enter(const struct jail_options *options, const struct jail_parts *parts,
                        struct jail *out_jail);
static struct err become_nobody(uint32_t id);
static struct err enter_namespaces(bool has_network, enum slot_step fail_step);
static struct err user_namespace_error(void);
static struct err write_maps(uid_t uid, gid_t gid);
static struct err write_text(const char *path, const char *text);
static struct err make_root(void);
static struct err make_view(const struct jail_parts *parts);
static struct err show_part(const struct jail_part *part);
static struct err copy_text(const struct jail_part *part, const char *target);
static struct err make_parents(char *path);
static struct err pivot(void);
static struct err give_up_privileges(void);
static struct err open_roots(bool with_view, struct jail *out_jail);

/* A step that a test wants to fail has failed. */
static struct err step_end(struct err err, enum slot_step step, enum slot_step fail_step)
{
    if (err_is(err) || step != fail_step)
        return err;
    errno = EIO;
    return err_make(ERR_SYSTEM, "%s", step_words(step));
}

struct err jail_enter(const struct jail_options *options, struct jail *out_jail)
{
    struct jail_parts *parts = NULL;
    out_jail->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC); /* -1 is borne later */
    struct err err = step_end(find_parts(options, &parts), STEP_TOOLCHAIN, options->fail_step);
    if (!err_is(err))
        err = enter(options, parts, out_jail);
    release_parts(parts);
    return err;
}

struct err jail_work_mount(const struct jail *jail, uint64_t bytes, int *out_fd)
{
    char size[32];
    (void)snprintf(size, sizeof size, "%llu", (unsigned long long)bytes);

    auto_close int context = kernel_fsopen("tmpfs");
    if (context < 0)
        return err_make(ERR_SYSTEM, "open a tmpfs for /work");
    if (kernel_fsconfig(context, FSCONFIG_SET_STRING, "size", size) < 0 ||
        kernel_fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "1024") < 0 ||
        kernel_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0700") < 0 ||
        kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) < 0)
        return err_make(ERR_SYSTEM, "configure /work with %s bytes", size);

    auto_close int work =
        kernel_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (work < 0)
        return err_make(ERR_SYSTEM, "mount /work");
    if (kernel_move_mount(work, jail->view_fd, "work") < 0)
        return err_make(ERR_SYSTEM, "place /work");
    /* An fsmount descriptor is O_PATH-like; a plain one creates and opens files. */
    *out_fd = openat(work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out_fd < 0)
        return err_make(ERR_SYSTEM, "open /work");
    return err_none();
}

struct err jail_work_unmount(const struct jail *jail)
{
    (void)jail; /* there is one view, at a fixed place */
    if (umount2("/view/work", MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
        return err_make(ERR_SYSTEM, "unmount /work");
    return err_none();
}

/* What the view will show, while the host can still be seen. */
static struct err find_parts(const struct jail_options *options, struct jail_parts **out)
{
    struct jail_tools tools;
    if (options->view == SLOT_VIEW_NONE)
        return err_none();
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return err_make(ERR_SYSTEM, "memory for the parts of the view");
    if (options->view == SLOT_VIEW_GPU)
        return gpu_parts(options->gpu, *out);
    struct err err = jail_tools_find(&tools);
    return err_is(err) ? err : jail_parts_find(&tools, *out);
}

static void release_parts(struct jail_parts *parts)
{
    for (size_t i = 0; parts != NULL && i < parts->count; i++) {
        if (parts->at[i].text_fd >= 0)
            (void)close(parts->at[i].text_fd); /* was only read */
    }
    free(parts);
}

static struct err enter(const struct jail_options *options, const struct jail_parts *parts,
                        struct jail *out_jail)
{
    enum slot_step fail_step = options->fail_step;
    struct err err = err_none();
    if (options->network_fd >= 0 && setns(options->network_fd, CLONE_NEWNET) < 0)
        err = err_make(ERR_SYSTEM, "%s", step_words(STEP_NAMESPACES));
    if (!err_is(err))
        err = step_end(become_nobody(options->id), STEP_IDENTITY, fail_step);
    if (!err_is(err))
        err = enter_namespaces(options->network_fd >= 0, fail_step);
    if (!err_is(err))
        err = step_end(make_root(), STEP_ROOT, fail_step);
    if (!err_is(err) && parts != NULL)
        err = step_end(make_view(parts), STEP_VIEW, fail_step);
    if (!err_is(err))
        err = step_end(pivot(), STEP_PIVOT, fail_step);
    if (!err_is(err))
        err = step_end(give_up_privileges(), STEP_PRIVILEGES, fail_step);
    if (!err_is(err))
        err = open_roots(parts != NULL, out_jail);
    return err;
}

static struct err become_nobody(uint32_t id)
{
    if (id != SLOT_SAME_ID &&
        (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0))
        return err_make(ERR_SYSTEM, "become user %u", id);
    /* The change of user made us undumpable and forgot whom to die with. */
    if (prctl(PR_SET_DUMPABLE, 1) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return err_make(ERR_SYSTEM, "tie the slot to its parent");
    return err_none();
}

static struct err enter_namespaces(bool has_network, enum slot_step fail_step)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (unshare(CLONE_NEWUSER) < 0)
        return user_namespace_error();
    struct err err = step_end(err_none(), STEP_USER_NAMESPACE, fail_step);
    if (!err_is(err))
        err = step_end(write_maps(uid, gid), STEP_ID_MAPS, fail_step);
    if (err_is(err))
        return err;
    int flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (unshare(has_network ? flags : flags | CLONE_NEWNET) < 0)
        return err_make(ERR_SYSTEM, "%s (kernel.apparmor_restrict_unprivileged_userns=1?)",
                        step_words(STEP_NAMESPACES));
    return step_end(err_none(), STEP_NAMESPACES, fail_step);
}

/* Says which switch keeps us out, as far as it can be read. */
static struct err user_namespace_error(void)
{
    static const struct gate {
        const char *path;
        char closed;
        const char *name;
    } gates[] = {
        {"/proc/sys/user/max_user_namespaces", '0', "user.max_user_namespaces is 0"},
        {"/proc/sys/kernel/unprivileged_userns_clone", '0',
         "kernel.unprivileged_userns_clone is 0"},
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
         "kernel.apparmor_restrict_unprivileged_userns is 1"},
    };
    int saved = errno;
    const char *name = "a seccomp filter or a container forbids it";
    for (size_t i = 0; i < COUNT(gates); i++) {
        auto_close int fd = open(gates[i].path, O_RDONLY | O_CLOEXEC);
        char first = '\0';
        if (fd >= 0 && read(fd, &first, 1) == 1 && first == gates[i].closed)
            name = gates[i].name;
    }
    errno = saved;
    return err_make(ERR_SYSTEM, "%s (%s)", step_words(STEP_USER_NAMESPACE), name);
}

static struct err write_maps(uid_t uid, gid_t gid)
{
    char text[64];
    struct err err = write_text("/proc/self/setgroups", "deny");
    (void)snprintf(text, sizeof text, "%d %u 1\n", INSIDE_ID, uid);
    if (!err_is(err))
        err = write_text("/proc/self/uid_map", text);
    (void)snprintf(text, sizeof text, "%d %u 1\n", INSIDE_ID, gid);
    if (!err_is(err))
        err = write_text("/proc/self/gid_map", text);
    return err;
}

static struct err write_text(const char *path, const char *text)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "open '%s'", path);
    if (write(fd, text, strlen(text)) < 0)
        return err_make(ERR_SYSTEM, "write '%s'", path);
    return err_none();
}

static struct err make_root(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return err_make(ERR_SYSTEM, "make the mounts private");
    if (mount("root", BASE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m,nr_inodes=512") < 0)
        return err_make(ERR_SYSTEM, "mount the empty root");
    if (mkdir(BASE "/void", 0555) < 0)
        return err_make(ERR_SYSTEM, "make the empty root's directory");
    return err_none();
}

static struct err make_view(const struct jail_parts *parts)
{
    static const char *const directories[] = {"/view", "/view/work", "/view/usr", "/view/usr/lib",
                                              "/view/usr/lib64"};
    static const struct link {
        const char *path, *target;
    } links[] = {{"/view/lib", "usr/lib"}, {"/view/lib64", "usr/lib64"}};

    for (size_t i = 0; i < COUNT(directories); i++) {
        char path[64];
        (void)snprintf(path, sizeof path, BASE "%s", directories[i]);
        if (mkdir(path, 0755) < 0)
            return err_make(ERR_SYSTEM, "make '%s'", directories[i]);
    }
    for (size_t i = 0; i < COUNT(links); i++) {
        char path[64];
        (void)snprintf(path, sizeof path, BASE "%s", links[i].path);
        if (symlink(links[i].target, path) < 0)
            return err_make(ERR_SYSTEM, "link '%s'", links[i].path);
    }
    for (size_t i = 0; i < parts->count; i++) {
        struct err err = show_part(&parts->at[i]);
        if (err_is(err))
            return err;
    }
    return err_none();
}

static struct err show_part(const struct jail_part *part)
{
    char target[JAIL_PATH_MAX + 32];
    (void)snprintf(target, sizeof target, BASE "/view%s", part->path);
    struct err err = make_parents(target);
    if (err_is(err))
        return err;
    bool directory = part->kind == PART_DIRECTORY;
    int status = directory ? mkdir(target, 0755) : mknod(target, S_IFREG | 0444, 0);
    if (status < 0 && errno == EEXIST && part->kind == PART_FILE)
        return err_none(); /* shown by its other name: /lib leads to /usr/lib */
    if (status < 0)
        return err_make(ERR_SYSTEM, "place for '%s'", part->path);
    if (part->kind == PART_TEXT)
        return copy_text(part, target);

    auto_close int tree =
        kernel_open_tree(AT_FDCWD, part->source,
                         (unsigned)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW));
    /* A node can be written on a read-only mount: what is written is not the file system. */
    uint64_t no_device = part->kind == PART_DEVICE ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | no_device};
    if (tree < 0 || kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &attributes) < 0 ||
        kernel_move_mount(tree, AT_FDCWD, target) < 0)
        return err_make(ERR_SYSTEM, "show '%s'", part->path);
    return err_none();
}

static struct err copy_text(const struct jail_part *part, const char *target)
{
    char text[GPU_TEXT_BYTES_MAX];
    auto_close int to = open(target, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t got = to < 0 ? -1 : read(part->text_fd, text, sizeof text);
    if (got < 0)
        return err_make(ERR_SYSTEM, "copy '%s'", part->path);
    return fdio_write(to, text, (size_t)got);
}

static struct err make_parents(char *path)
{
    for (char *at = strchr(path + sizeof BASE "/view", '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        int status = mkdir(path, 0755);
        *at = '/';
        if (status < 0 && errno != EEXIST)
            return err_make(ERR_SYSTEM, "parents of '%s'", path);
    }
    return err_none();
}

static struct err pivot(void)
{
    struct mount_attr attributes = {.attr_set =
                                        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    if (chdir(BASE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
        return err_make(ERR_SYSTEM, "pivot_root");
    /* The old root lies over the new one at the same place; away with all of it. */
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return err_make(ERR_SYSTEM, "let go of the host's root");
    if (kernel_mount_setattr(AT_FDCWD, "/", 0, &attributes) < 0)
        return err_make(ERR_SYSTEM, "make the root read-only");
    return err_none();
}

/* For good, for us and for all that we start: no program gets anything back by an exec. Our own
 * capabilities in our own user namespace stay; each program drops them itself. */
static struct err give_up_privileges(void)
{
    int capability = 0; /* up to the last that this kernel has */
    while (capability <= 63 && prctl(PR_CAPBSET_DROP, capability) == 0)
        capability++;
    if (capability <= CAP_LAST_CAP || (capability <= 63 && errno != EINVAL))
        return err_make(ERR_SYSTEM, "drop capability %d", capability);
    if (prctl(PR_SET_SECUREBITS, SECURE_ALL_BITS | SECURE_ALL_LOCKS) < 0)
        return err_make(ERR_SYSTEM, "lock the secure bits");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_make(ERR_SYSTEM, "no_new_privs");
    if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
        return err_make(ERR_SYSTEM, "no huge pages");
    return err_none();
}

static struct err open_roots(bool with_view, struct jail *out_jail)
{
    out_jail->void_fd = open("/void", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    out_jail->view_fd = with_view ? open("/view", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (out_jail->void_fd < 0 || (with_view && out_jail->view_fd < 0))
        return err_make(ERR_SYSTEM, "open the roots");
    return err_none();
}
