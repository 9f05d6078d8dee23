/* Descriptors: whole reads and writes, small files, memfds, and packets with descriptors. */
#ifndef SANDBOX_BASE_FDIO_H
#define SANDBOX_BASE_FDIO_H

#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FDIO_PASSED_MAX 24 /* descriptors in one packet */

/* Reads or writes exactly size bytes, across EINTR and short counts. End of file before that is
 * ERR_INPUT with the text "end of file" (out_size of fdio_read then says how far it got). */
struct err fdio_read(int fd, void *bytes, size_t size, size_t *out_size);
struct err fdio_write(int fd, const void *bytes, size_t size);

/* Appends a whole regular file; ERR_LIMIT if it does not fit the buffer. */
struct err fdio_read_file(const char *path, struct buf *out);

/* Appends what a seekable descriptor (a memfd, a file) holds from its start, at most max bytes.
 * out_cut (may be NULL) says whether there was more. The offset of the descriptor is not used. */
struct err fdio_read_start(int fd, struct buf *out, size_t max, bool *out_cut);

/* Writes a file at once or not at all: temporary name beside it, fsync, rename. */
struct err fdio_write_file(const char *path, const void *bytes, size_t size, mode_t mode);

/* A new memfd of this size with close-on-exec. It may still be sealed. The caller closes it. */
struct err fdio_memfd(const char *name, size_t size, int *out_fd);

/* Seals a memfd against every change. The kernel says EBUSY while somebody may still write, also
 * for a moment in which its own memory management holds a page: tried again for FDIO_SEAL_MS. */
#define FDIO_SEAL_MS 2000
struct err fdio_seal(int fd, const char *name);

/* A memfd that holds these bytes and is sealed against every change. */
struct err fdio_memfd_sealed(const char *name, const void *bytes, size_t size, int *out_fd);

/* Sends one packet with descriptors (borrowed) over a SOCK_SEQPACKET socket. */
struct err fdio_send(int socket, const void *bytes, size_t size, const int *fds, size_t fds_count);

/* Receives one packet. out_fds holds FDIO_PASSED_MAX; the caller closes what came (close-on-exec).
 * A packet longer than max, or with more descriptors, is ERR_INPUT and nothing is kept.
 * An orderly end is out_size 0 and no error. Blocks; use fdio_wait first for a deadline. */
struct err fdio_receive(int socket, void *bytes, size_t max, size_t *out_size, int *out_fds,
                        size_t *out_fds_count);

/* Waits until fd is readable or has hung up; timeout_ms < 0 waits for ever. */
struct err fdio_wait(int fd, int64_t timeout_ms, bool *out_ready);

#endif
