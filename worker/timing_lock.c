/* flock on a file that nobody writes. */
#include "worker/timing_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct err timing_lock_take(const char *path, enum timing_lock how, int *out_fd)
{
    static const int operations[] = {[TIMING_LOCK_WAIT] = LOCK_EX,
                                     [TIMING_LOCK_TRY] = LOCK_EX | LOCK_NB,
                                     [TIMING_LOCK_SHARED] = LOCK_SH | LOCK_NB};
    /* Another user's worker may have made it: opened as it is, and made only if missing. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    *out_fd = -1;
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd >= 0)
            (void)fchmod(fd, 0644); /* whatever the umask; readable is enough for a lock */
    }
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
