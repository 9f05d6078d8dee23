/* Descriptor helpers that everybody needs and that are easy to get subtly wrong. */
#include "sandbox/base/fdio.h"

#include "sandbox/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct err fdio_read(int fd, void *bytes, size_t size, size_t *out_size)
{
    size_t have = 0;
    struct err err = err_none();
    while (have < size) {
        ssize_t got = read(fd, (char *)bytes + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err = err_make(ERR_SYSTEM, "read");
            break;
        }
        if (got == 0) {
            err = err_make(ERR_INPUT, "end of file");
            break;
        }
        have += (size_t)got;
    }
    if (out_size != NULL)
        *out_size = have;
    return err;
}

struct err fdio_write(int fd, const void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t put = write(fd, (const char *)bytes + done, size - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_make(ERR_SYSTEM, "write");
        done += (size_t)put;
    }
    return err_none();
}

struct err fdio_read_file(const char *path, struct buf *out)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "open '%s'", path);

    for (;;) {
        char piece[16384];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_make(ERR_SYSTEM, "read '%s'", path);
        if (got == 0)
            return err_none();
        buf_append(out, piece, (size_t)got);
        if (out->failed)
            return err_make(ERR_LIMIT, "'%s' is too large", path);
    }
}

struct err fdio_read_start(int fd, struct buf *out, size_t max, bool *out_cut)
{
    char piece[16384];
    off_t at = 0;
    size_t left = max;
    while (left > 0) {
        ssize_t got = pread(fd, piece, left < sizeof piece ? left : sizeof piece, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_make(ERR_SYSTEM, "read back a descriptor");
        if (got == 0)
            break;
        buf_append(out, piece, (size_t)got);
        at += got;
        left -= (size_t)got;
    }
    if (out_cut != NULL) {
        struct stat info;
        *out_cut = fstat(fd, &info) == 0 && info.st_size > at;
    }
    return out->failed ? err_make(ERR_LIMIT, "buffer for a descriptor's text") : err_none();
}

struct err fdio_write_file(const char *path, const void *bytes, size_t size, mode_t mode)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp.%d", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return err_make(ERR_LIMIT, "path too long: '%.80s'", path);

    auto_close int fd =
        open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "create '%s'", temporary);
    struct err err = fdio_write(fd, bytes, size);
    if (!err_is(err) && fsync(fd) < 0)
        err = err_make(ERR_SYSTEM, "fsync '%s'", temporary);
    if (!err_is(err) && rename(temporary, path) < 0)
        err = err_make(ERR_SYSTEM, "rename to '%s'", path);
    if (err_is(err))
        (void)unlink(temporary); /* best effort: the first failure is the one to tell */
    return err;
}

struct err fdio_memfd(const char *name, size_t size, int *out_fd)
{
    auto_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return err_make(ERR_SYSTEM, "memfd '%s'", name);
    if (ftruncate(fd, (off_t)size) < 0)
        return err_make(ERR_SYSTEM, "size memfd '%s' to %zu bytes", name, size);
    *out_fd = fd;
    fd = -1; /* the caller's now; auto_close reads it: NOLINT(clang-analyzer-deadcode.DeadStores) */
    return err_none();
}

struct err fdio_seal(int fd, const char *name)
{
    const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    const int64_t until_ms = clock_ms() + FDIO_SEAL_MS;

    while (fcntl(fd, F_ADD_SEALS, seals) < 0) {
        if (errno != EBUSY || clock_ms() >= until_ms)
            return err_make(ERR_SYSTEM, "seal memfd '%s'", name);
        (void)poll(NULL, 0, 1); /* a millisecond's sleep; a shorter one does no harm */
    }
    return err_none();
}

struct err fdio_memfd_sealed(const char *name, const void *bytes, size_t size, int *out_fd)
{
    auto_close int fd = -1;
    struct err err = fdio_memfd(name, 0, &fd);
    if (!err_is(err))
        err = fdio_write(fd, bytes, size);
    if (!err_is(err))
        err = fdio_seal(fd, name);
    if (err_is(err))
        return err;
    *out_fd = fd;
    fd = -1; /* the caller's now */
    return err_none();
}

struct err fdio_send(int socket, const void *bytes, size_t size, const int *fds, size_t fds_count)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int) * FDIO_PASSED_MAX)];
    } control;
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

    if (fds_count > FDIO_PASSED_MAX)
        return err_make(ERR_INTERNAL, "%zu descriptors in one packet", fds_count);
    if (fds_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.space;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds_count);
        struct cmsghdr *header = &control.align; /* where CMSG_FIRSTHDR looks, and never NULL */
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fds_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fds_count);
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? err_make(ERR_SYSTEM, "send a packet of %zu bytes", size) : err_none();
}

struct err fdio_receive(int socket, void *bytes, size_t max, size_t *out_size, int *out_fds,
                        size_t *out_fds_count)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int) * FDIO_PASSED_MAX)];
    } control;
    struct iovec piece = {.iov_base = bytes, .iov_len = max};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control.space,
                             .msg_controllen = sizeof control.space};
    ssize_t got;
    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_make(ERR_SYSTEM, "receive a packet");

    size_t count = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(out_fds + count, CMSG_DATA(header), here * sizeof(int));
        count += here;
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        for (size_t i = 0; i < count; i++)
            (void)close(out_fds[i]); /* nothing of a broken packet is kept */
        *out_fds_count = 0;
        return err_make(ERR_INPUT, "packet larger than %zu bytes or %d descriptors", max,
                        FDIO_PASSED_MAX);
    }
    *out_size = (size_t)got;
    *out_fds_count = count;
    return err_none();
}

struct err fdio_wait(int fd, int64_t timeout_ms, bool *out_ready)
{
    int64_t until = clock_ms() + timeout_ms;
    for (;;) {
        int64_t left = timeout_ms < 0 ? -1 : until - clock_ms();
        struct pollfd ask = {.fd = fd, .events = POLLIN};
        int ready = poll(&ask, 1, left < 0 && timeout_ms >= 0 ? 0 : (int)left);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0)
            return err_make(ERR_SYSTEM, "poll");
        *out_ready = ready > 0;
        return err_none();
    }
}
