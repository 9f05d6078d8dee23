/* flock on a file that nobody writes. */
#include "worker/timing_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock_open(const char *path);

struct err timing_lock_take(const char *path, enum timing_lock how, int *out_fd)
{
    static const int operations[] = {
        [TIMING_LOCK_TRY] = LOCK_EX | LOCK_NB, [TIMING_LOCK_SHARED] = LOCK_SH | LOCK_NB};
    const int fd = lock_open(path);

    *out_fd = -1;
    if (fd < 0)
        return err_make(ERR_SYSTEM, "open the timing lock '%s'", path);
    int code;
    do
        code = flock(fd, operations[how]);
    while (code < 0 && errno == EINTR);
    if (code == 0) {
        *out_fd = fd;
        return err_none();
    }
    struct err err = errno == EWOULDBLOCK ? err_make(ERR_BUSY, "somebody else measures")
                                          : err_make(ERR_SYSTEM, "take the timing lock '%s'", path);
    (void)close(fd); /* nothing was written */
    return err;
}

/* Another user's worker may have made it: opened as it is, and made only if missing. Anybody may
 * put something else in its place: no link is followed, no pipe waited for, and nothing is ever
 * written.
 */
static int lock_open(const char *path)
{
    const int how = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    struct stat info;
    int fd = open(path, how);

    if (fd < 0 && errno == ENOENT) {
        fd = open(path, how | O_CREAT | O_EXCL, 0644);
        if (fd >= 0)
            (void)fchmod(fd, 0644); /* whatever the umask; readable is enough for a lock */
        else if (errno == EEXIST)
            fd = open(path, how); /* somebody was quicker */
    }
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    if (fd >= 0) {
        (void)close(fd); /* nothing was written */
        errno = EINVAL;
    }
    return -1;
}
