/* Landlock by its three calls; Debian 12's header knows the first version only, hence our struct.
 */
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As of version 6; older kernels take the size that they know. */
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

static struct err ruleset_make(struct ruleset_attributes *out_handled, int *out_fd);
static struct err ruleset_allow(int ruleset, int directory, uint64_t access);

#define READ_ONLY                                                                                  \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define REFER (1ULL << 13)    /* version 2 */
#define TRUNCATE (1ULL << 14) /* version 3 */
#define IOCTL (1ULL << 15)    /* version 5 */
#define DEVICES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | IOCTL)
#define PROGRAM (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define WORK                                                                                       \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |  \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | TRUNCATE)

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : (int)version;
}

struct err landlock_nothing(int *out_fd)
{
    struct ruleset_attributes handled;
    return ruleset_make(&handled, out_fd);
}

struct err landlock_program(int program_fd, int *out_fd)
{
    struct ruleset_attributes handled;
    auto_close int ruleset = -1;
    struct err err = ruleset_make(&handled, &ruleset);
    if (!err_is(err) && ruleset >= 0)
        err = ruleset_allow(ruleset, program_fd, PROGRAM);
    if (err_is(err))
        return err;
    *out_fd = ruleset;
    ruleset = -1; /* the caller's now */
    return err_none();
}

struct err landlock_gpu(int view_fd, int program_fd, int *out_fd)
{
    struct ruleset_attributes handled;
    auto_close int ruleset = -1;
    *out_fd = -1;
    struct err err = ruleset_make(&handled, &ruleset);
    if (err_is(err) || ruleset < 0)
        return err;
    auto_close int devices = openat(view_fd, "dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (devices < 0)
        return err_make(ERR_SYSTEM, "open /dev of the view");
    err = ruleset_allow(ruleset, view_fd, READ_ONLY);
    if (!err_is(err))
        err = ruleset_allow(ruleset, devices, DEVICES & handled.handled_access_fs);
    if (!err_is(err) && program_fd >= 0)
        err = ruleset_allow(ruleset, program_fd, PROGRAM);
    if (!err_is(err)) {
        *out_fd = ruleset;
        ruleset = -1; /* the caller's now */
    }
    return err;
}

struct err landlock_compile(int view_fd, int work_fd, int *out_fd)
{
    struct ruleset_attributes handled;
    auto_close int ruleset = -1;
    struct err err = ruleset_make(&handled, &ruleset);
    if (err_is(err) || ruleset < 0) {
        *out_fd = -1;
        return err;
    }
    err = ruleset_allow(ruleset, view_fd, READ_ONLY);
    if (!err_is(err))
        err = ruleset_allow(ruleset, work_fd, WORK & handled.handled_access_fs);
    if (!err_is(err)) {
        *out_fd = ruleset;
        ruleset = -1; /* the caller's now */
    }
    return err;
}

static struct err ruleset_make(struct ruleset_attributes *out_handled, int *out_fd)
{
    int version = landlock_version();
    *out_handled = (struct ruleset_attributes){
        .handled_access_fs = (1ULL << 13) - 1, /* version 1: thirteen rights */
    };
    size_t size = sizeof out_handled->handled_access_fs;
    if (version == 0) {
        *out_fd = -1;
        return err_none();
    }
    if (version >= 2)
        out_handled->handled_access_fs |= REFER;
    if (version >= 3)
        out_handled->handled_access_fs |= TRUNCATE;
    if (version >= 4) {
        out_handled->handled_access_net = 3; /* bind and connect */
        size = offsetof(struct ruleset_attributes, scoped);
    }
    if (version >= 5)
        out_handled->handled_access_fs |= IOCTL;
    if (version >= 6) {
        out_handled->scoped = 3; /* abstract sockets and signals outside the domain */
        size = sizeof *out_handled;
    }
    long fd = syscall(SYS_landlock_create_ruleset, out_handled, size, 0);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "Landlock rule set");
    *out_fd = (int)fd; /* close-on-exec by itself */
    return err_none();
}

static struct err ruleset_allow(int ruleset, int directory, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = directory};
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return err_make(ERR_SYSTEM, "Landlock rule");
    return err_none();
}
