/* A growable byte buffer with a bound.
 *
 * Invariants: `at` is never NULL after buf_init and at[size] is always 0, so text needs no extra
 * care. Past `max` bytes, or out of memory, nothing more is appended and `failed` stays set:
 * append freely, look once at the end.
 *
 * Life: 1. buf_init  2. append, read at/size  3. buf_clear to reuse  4. buf_release. */
#ifndef SANDBOX_BASE_BUF_H
#define SANDBOX_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *at;    /* size bytes and a 0; owned by the buffer */
    size_t size; /* bytes in use, without the 0 */
    bool failed; /* something did not fit; sticky until buf_clear */
    /* private */
    size_t capacity;
    size_t max;
};

/* An empty buffer that will never hold more than max bytes. Allocates nothing. buf_init is the
 * same for one that is a member of something. */
struct buf buf_of(size_t max);
void buf_init(struct buf *buf, size_t max);

/* Frees; the struct is then as after buf_init. */
void buf_release(struct buf *buf);

/* Empty again, memory kept, `failed` reset. */
void buf_clear(struct buf *buf);

/* Appends bytes, all or nothing. */
void buf_append(struct buf *buf, const void *bytes, size_t size);

/* Appends a C string. */
void buf_text(struct buf *buf, const char *text);

/* Appends formatted text. */
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Drops the first `size` bytes (at most all of them). Cost: a move of the rest. */
void buf_consume(struct buf *buf, size_t size);

/* Hands the bytes to the caller, who frees them; the buffer is empty then. Never NULL unless out
 * of memory. */
char *buf_take(struct buf *buf);

/* `auto_buf struct buf text = buf_of(max);`: released at the end of its scope. Never without the
 * initialiser (tests/lint looks): a return before a later buf_init would free what it finds there.
 */
#define auto_buf __attribute__((cleanup(buf_release)))

#endif
